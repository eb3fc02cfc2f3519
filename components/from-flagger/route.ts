import { Shape } from "./draft.js";
import type { Draft } from "./draft.js";
import { corsOf, headersOf, rewriteOf } from "./plugins.js";
import { isText } from "./reader.js";
import type { Reader } from "./reader.js";

/** `routeRef` of the arguments, or a `route` of our own made of what other gateways are told in `service`. */
export function routeOf(spec: Reader, service: Reader): Readonly<Record<string, Draft>> {
  for (const key of ofOthers) service.at(key)?.leaveOut("is left out: it is of other gateways");
  const reference = spec.at("routeRef");
  if (reference !== undefined) return { routeRef: referenceOf(reference, service) };
  if (service.items("hosts").length > 0) return { route: ownRoute(service, spec.text("provider")?.value ?? "") };
  spec.missing("routeRef", "an ApisixRoute, or service.hosts for a route of its own");
  return {};
}

/** What a source route says itself. */
const routing = [
  "backendTimeout",
  "corsPolicy",
  "headers",
  "hosts",
  "match",
  "mirror",
  "retries",
  "rewrite",
  "timeout",
  "trafficPolicy",
] as const;
/** Of meshes and the Gateway API: nothing that a gateway of APISIX is told. */
const ofOthers = ["backends", "delegation", "gatewayRefs", "gateways", "meshName"] as const;

function referenceOf(reference: Reader, service: Reader): Draft {
  const kind = reference.text("kind");
  if (kind !== undefined && kind.value !== "ApisixRoute") reference.at("kind")?.problem("must be ApisixRoute");
  for (const key of ["apiVersion", "kind"]) reference.at(key)?.understand();
  const name = reference.needText("name");
  const route = name === undefined ? "the ApisixRoute" : `ApisixRoute ${name.value}`;
  for (const key of routing)
    service.at(key)?.leaveOut(`is left out: the rules of ${route} hold, as with Flagger on APISIX`);
  return new Shape(reference, { name });
}

function ownRoute(service: Reader, provider: string): Draft {
  service.at("timeout")?.leaveOut("is left out: say it in an ApisixUpstream of the Services (timeout.read)");
  service.at("retries")?.leaveOut("is left out: say it in an ApisixUpstream of the Services (retries)");
  service.at("trafficPolicy")?.leaveOut("is left out: say it in an ApisixUpstream of the Services");
  service.at("backendTimeout")?.leaveOut("is left out: say it in an ApisixUpstream of the Services (timeout.read)");
  service.at("mirror")?.leaveOut("is left out: a copy that answers slowly would slow the users down");
  const matches = service.items("match");
  const plugins = [...rewriteOf(service, matches, provider), ...headersOf(service), ...corsOf(service)];
  return new Shape(service, {
    hosts: service.texts("hosts"),
    paths: matches.length === 0 ? undefined : matches.map(pathOf),
    methods: methodsOf(service, matches),
    plugins: plugins.length === 0 ? undefined : plugins,
  });
}

/** Exact or by prefix; every other condition of the entry must be taken too, or the route would match more than it. */
function pathOf(entry: Reader): Draft {
  entry.takeAll("is a condition that a route of our own can't have: name an ApisixRoute that has it (spec.routeRef)");
  entry.at("name")?.understand();
  const uri = entry.at("uri");
  const exact = uri?.at("exact")?.as("text", isText);
  const prefix = uri?.at("prefix")?.as("text", isText);
  if (exact !== undefined && prefix !== undefined) return uri?.problem("needs one of exact and prefix");
  if (/[:*]/.test(exact?.value ?? prefix?.value ?? ""))
    return uri?.problem("has a ':' or '*', which APISIX takes for a pattern");
  return exact ?? prefix?.map((path) => `${path}*`) ?? "/*";
}

/** One rule has one list of methods: all entries must agree. */
function methodsOf(service: Reader, matches: readonly Reader[]): Draft {
  const methods = matches.map((entry) => entry.at("method")?.at("exact")?.as("text", isText));
  const [first] = methods;
  if (methods.some((each) => each?.value !== first?.value)) {
    matches.forEach((entry) => entry.at("method")?.understand());
    return service.at("match")?.problem("its entries name different methods: a route of our own has one rule");
  }
  return first === undefined ? undefined : [first.with(...methods)];
}
