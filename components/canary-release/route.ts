import * as pulumi from "@pulumi/pulumi";
import { annotations, serviceName } from "../../release/model/index.js";
import { apisixTls } from "../crds/index.js";
import { SourceRoute } from "../source-route/index.js";
import type { HttpRule } from "../source-route/index.js";
import type { ReleaseRoute } from "../adoption/index.js";
import { whenKnown } from "../arguments/index.js";
import type { OwnedRoute, RoutePlugin } from "./args.js";
import type { Making } from "./making.js";
import { given, sharedOwnership } from "./manifests.js";

const prometheus: RoutePlugin = { name: "prometheus", enable: true, config: { prefer_name: true } };

/** `<route>-<release>-canary`, as Flagger names it. */
export function weightedRouteName(base: string, release: string): string {
  return `${base}-${release}-canary`;
}

/** The weighted route at rest, with what it needs: rules of its own, or those of a source that lead to the release. */
export function createWeightedRoute(
  making: Making,
  routeName: string,
  dependsOn: readonly pulumi.Resource[],
): ReleaseRoute {
  const { release, logical, args } = making;
  const ingressClassName = classOf(making);
  const create = (
    http: pulumi.Input<readonly HttpRule[]>,
    more: Readonly<Record<string, string>>,
    after: typeof dependsOn,
  ) =>
    making.objects.apisix(
      `${logical}-route`,
      "ApisixRoute",
      {
        metadata: making.metadata(routeName, { ...sharedOwnership, ...more }),
        spec: { ingressClassName, http },
      },
      making.after(after),
    );
  if (args.route !== undefined) {
    createTls(making, routeName, args.route, dependsOn);
    const upstreams = args.service.scheme === undefined ? [] : createUpstreams(making, {}, dependsOn);
    const rules = ownedRules(release, args.service.name ?? release, args.service.port, args.route);
    return create(rules, {}, [...dependsOn, ...upstreams]);
  }
  const source = sourceOf(making, routeName, dependsOn);
  const upstreams = createUpstreams(making, source.upstream, [source]);
  const named = args.routeRef === undefined ? {} : { [annotations.source]: args.routeRef.name };
  return create(source.http, named, [...dependsOn, ...upstreams]);
}

function classOf({ args }: Making): pulumi.Output<string> {
  return pulumi.output(args.ingressClassName ?? args.platform?.ingressClassName ?? "apisix");
}

function createTls(
  making: Making,
  routeName: string,
  { hosts, tls }: OwnedRoute,
  dependsOn: readonly pulumi.Resource[],
): void {
  if (tls === undefined) return;
  const { name, ...metadata } = making.metadata(routeName);
  const ingressClassName = classOf(making);
  apisixTls(
    `${making.logical}-tls`,
    { name, ...metadata, ingressClassName, hosts, secretName: tls.secretName },
    making.after(dependsOn),
  );
}

function sourceOf(making: Making, routeName: string, dependsOn: readonly pulumi.Resource[]): SourceRoute {
  const { release, logical, args, namespace, access } = making;
  const { kubeconfig, context, cluster } = access;
  const inputs = {
    namespace,
    name: release,
    routeName,
    service: { name: args.service.name ?? release, port: args.service.port, portName: args.service.portName ?? "http" },
    ingressClassName: classOf(making),
    ...(args.routeRef === undefined ? {} : { source: args.routeRef.name }),
    ...{ kubeconfig, context, cluster },
    ...(making.objects.takesOver ? { takesOver: true } : {}),
  };
  return new SourceRoute(`${logical}-source-route`, inputs, making.after(dependsOn));
}

/**
 * An ApisixUpstream is found by the name of its Service: primary and canary get what a source's Service has, and the scheme
 * that the program says. They are there also where a source has none, so that a later one is followed.
 */
function createUpstreams(
  making: Making,
  carried: pulumi.Input<Readonly<Record<string, unknown>>>,
  dependsOn: readonly pulumi.Resource[],
): readonly pulumi.Resource[] {
  const { release, logical, args } = making;
  const { scheme } = args.service;
  const ingressClassName = classOf(making);
  return (["primary", "canary"] as const).map((role) => {
    const name = serviceName(args.service.name ?? release, role);
    const spec = pulumi
      .all([carried, ingressClassName])
      .apply(([known, own]) => ({ ...known, ...given({ scheme }), ingressClassName: own }));
    const manifest = { metadata: making.metadata(name), spec };
    return making.objects.apisix(`${logical}-${role}-upstream`, "ApisixUpstream", manifest, making.after(dependsOn));
  });
}

/** The rules of an owned route at rest: everything to the primary. */
export function ownedRules(
  release: string,
  service: string,
  port: pulumi.Input<number>,
  route: OwnedRoute,
): readonly HttpRule[] {
  const { ruleName, priority, hosts, paths = ["/*"], methods, websocket, plugins = [] } = route;
  return [
    {
      name: ruleName ?? release,
      ...given({ priority, websocket }),
      match: { hosts, paths, ...given({ methods }) },
      backends: backendsAtRest(service, port),
      plugins: whenKnown(plugins, withPrometheus),
    },
  ];
}

/** Always both backends, in this order: adding one under load can give brief errors. */
function backendsAtRest(service: string, port: pulumi.Input<number>): readonly unknown[] {
  return [
    { serviceName: serviceName(service, "primary"), servicePort: port, weight: 100 },
    { serviceName: serviceName(service, "canary"), servicePort: port, weight: 0 },
  ];
}

function withPrometheus<Plugin extends { readonly name: string }>(
  plugins: readonly Plugin[],
): readonly (Plugin | RoutePlugin)[] {
  return plugins.some((plugin) => plugin.name === prometheus.name) ? plugins : [...plugins, prometheus];
}
