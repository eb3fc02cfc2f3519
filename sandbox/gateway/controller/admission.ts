// Stand-in for the APISIX ingress controller 2.2: what its webhook says about an object.
import type { z } from "zod";
import type { Resources } from "../adc/protocol.js";
import { assemble } from "./assemble.js";
import type { ClusterCache } from "./cluster-cache.js";
import type { ControllerConfig } from "./config.js";
import type { Executor } from "./executor.js";
import { InvalidSpec } from "./expressions.js";
import { classOf, proxyOf, targetOf } from "./gateway-target.js";
import type { GatewayTarget } from "./gateway-target.js";
import { apisixRouteSchema, apisixTlsSchema } from "./resources.js";
import type { ApisixRoute, ApisixTls } from "./resources.js";
import { translateRoute } from "./translate-route.js";
import { certificateHash, normalizedHosts, translateTls } from "./translate-tls.js";

/** The verdict; warnings are shown to whoever applies the object, whatever the verdict. */
export type Admission =
  | { readonly kind: "allowed"; readonly warnings: readonly string[] }
  | { readonly kind: "denied"; readonly warnings: readonly string[]; readonly code: number; readonly message: string };

/**
 * Denied: what can't be read (a bad duration), what can't be translated, and what a gateway would refuse. A pattern
 * that can't be compiled, an empty `set` and a missing Service are none of these. Allowed, too, when nobody can tell:
 * no gateway, no ADC, no room for the temporary file.
 */
export async function admitRoute(
  object: unknown,
  config: ControllerConfig,
  cache: ClusterCache,
  executor: Executor,
): Promise<Admission> {
  const parsed = parse(apisixRouteSchema, object);
  if ("kind" in parsed) {
    return parsed;
  }
  const route = parsed.value;
  const ingressClass = classOf(route.spec.ingressClassName, config.controller_name, cache);
  if (ingressClass === undefined) {
    return allowed();
  }
  const warnings = routeWarnings(route, cache);
  const target = targetOfClass(route.spec.ingressClassName, config, cache);
  return judge(warnings, target, executor, (proxy) => assemble(proxy, [translateRoute(route, cache)], [], [], cache));
}

/** Two ApisixTlses may not show different certificates for one host. Nothing else is checked without the Secret. */
export async function admitTls(
  object: unknown,
  config: ControllerConfig,
  cache: ClusterCache,
  executor: Executor,
): Promise<Admission> {
  const parsed = parse(apisixTlsSchema, object);
  if ("kind" in parsed) {
    return parsed;
  }
  const tls = parsed.value;
  if (classOf(tls.spec.ingressClassName, config.controller_name, cache) === undefined) {
    return allowed();
  }
  const conflicts = tlsConflicts(tls, cache);
  if (conflicts.length > 0) {
    return denied(403, `SSL configuration conflicts detected:${conflicts.map((line) => `\n- ${line}`).join("")}`, []);
  }
  const { namespace, name } = tls.spec.secret;
  if (cache.secret(namespace, name) === undefined) {
    return allowed([`Referenced Secret '${namespace}/${name}' not found`]);
  }
  const target = targetOfClass(tls.spec.ingressClassName, config, cache);
  return judge([], target, executor, (proxy) => assemble(proxy, [], [translateTls(tls, cache)], [], cache));
}

async function judge(
  warnings: readonly string[],
  target: GatewayTarget | undefined,
  executor: Executor,
  translate: (proxy: GatewayTarget["proxy"]) => Resources,
): Promise<Admission> {
  if (target === undefined) {
    return allowed(warnings);
  }
  try {
    // Only the object itself is looked at, without the plugins that the GatewayProxy adds for all.
    const verdict = await executor.validate(target, translate({ ...target.proxy, spec: { provider: undefined } }));
    if (verdict.kind === "unavailable") {
      console.error(`ADC validation unavailable, allowing admission: ${verdict.message}`);
    }
    return verdict.kind === "invalid" ? denied(403, verdict.message, warnings) : allowed(warnings);
  } catch (error) {
    if (error instanceof InvalidSpec) {
      return denied(403, error.message, warnings);
    }
    throw error;
  }
}

function parse<T>(schema: z.ZodType<T>, object: unknown): { readonly value: T } | Admission {
  const parsed = schema.safeParse(object);
  if (parsed.success) {
    return { value: parsed.data };
  }
  const issue = parsed.error.issues[0];
  const isDuration = issue?.message.startsWith("time: ") === true;
  const where = isDuration ? "" : `${issue?.path.join(".") ?? ""}: `;
  return denied(400, `${where}${issue?.message ?? "invalid"}`, []);
}

function targetOfClass(
  className: string | null | undefined,
  config: ControllerConfig,
  cache: ClusterCache,
): GatewayTarget | undefined {
  const ingressClass = classOf(className, config.controller_name, cache);
  const proxy = ingressClass === undefined ? undefined : proxyOf(ingressClass, cache);
  const target = proxy === undefined ? undefined : targetOf(proxy, cache);
  return typeof target === "string" ? undefined : target;
}

function routeWarnings({ metadata: { namespace }, spec }: ApisixRoute, cache: ClusterCache): readonly string[] {
  const rules = spec.http ?? [];
  const services = rules.flatMap(({ backends }) => (backends ?? []).map(({ serviceName }) => serviceName));
  const plugins = rules.flatMap((rule) => (rule.plugins ?? []).filter(({ enable }) => enable));
  const secrets = plugins.flatMap(({ secretRef }) =>
    secretRef === null || secretRef === undefined ? [] : [secretRef],
  );
  const missing = (kind: string, names: readonly string[], found: (name: string) => unknown): readonly string[] =>
    [...new Set(names)]
      .filter((name) => name !== "" && found(name) === undefined)
      .map((name) => `Referenced ${kind} '${namespace}/${name}' not found`);
  return [
    ...missing("Service", services, (name) => cache.service(namespace, name)),
    ...missing("Secret", secrets, (name) => cache.secret(namespace, name)),
  ];
}

function tlsConflicts(tls: ApisixTls, cache: ClusterCache): readonly string[] {
  const hash = certificateHash(tls, cache);
  const { namespace, name } = tls.metadata;
  const others = cache.tlses.all().filter(({ metadata }) => metadata.namespace !== namespace || metadata.name !== name);
  return normalizedHosts(tls.spec.hosts).flatMap((host) => {
    const other = others.find(
      (candidate) => normalizedHosts(candidate.spec.hosts).includes(host) && certificateHash(candidate, cache) !== hash,
    );
    const where = other === undefined ? "" : `ApisixTls/${other.metadata.namespace}/${other.metadata.name}`;
    return where === "" || hash === undefined
      ? []
      : [`Host '${host}' is already configured with a different certificate in ${where}`];
  });
}

function allowed(warnings: readonly string[] = []): Admission {
  return { kind: "allowed", warnings };
}

function denied(code: number, message: string, warnings: readonly string[]): Admission {
  return { kind: "denied", code, message, warnings };
}
