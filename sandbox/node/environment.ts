// Stand-in for a kubelet: the environment of a container, as Kubernetes defines it.
import type { V1ConfigMap, V1Container, V1Pod, V1Secret } from "@kubernetes/client-node";
import { CannotCreate } from "./refusal.js";

/** Where ConfigMaps and Secrets come from; undefined where there is none of that name. */
export interface ConfigurationSource {
  configMap(namespace: string, name: string): Promise<V1ConfigMap | undefined>;
  secret(namespace: string, name: string): Promise<V1Secret | undefined>;
}

/** All variables of a container; `image` are those that the image brings. @throws CannotCreate */
export async function environmentOf(
  pod: V1Pod,
  container: V1Container,
  image: Readonly<Record<string, string>>,
  home: string,
  podIp: string,
  source: ConfigurationSource,
): Promise<Record<string, string>> {
  const namespace = pod.metadata?.namespace ?? "default";
  const env: Record<string, string> = {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: home,
    HOSTNAME: pod.metadata?.name ?? "",
    KUBERNETES_SERVICE_HOST: "10.96.0.1",
    KUBERNETES_SERVICE_PORT: "443",
    ...image,
  };
  for (const from of container.envFrom ?? []) {
    const prefix = from.prefix ?? "";
    const data = await groupOf(namespace, from, source);
    for (const [key, value] of Object.entries(data)) env[prefix + key] = value;
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    if (valueFrom === undefined) env[name] = expand(value ?? "", env);
    else {
      const found = await valueOf(pod, container, valueFrom, podIp, source);
      if (found !== undefined) env[name] = found;
    }
  }
  return env;
}

/** `$(NAME)` is the variable's value where there is one; `$$` is a dollar sign. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([A-Za-z0-9_.-]+)\)/g, (whole, name: string | undefined) =>
    whole === "$$" ? "$" : ((name === undefined ? undefined : env[name]) ?? whole),
  );
}

type EnvFrom = NonNullable<V1Container["envFrom"]>[number];
type ValueFrom = NonNullable<NonNullable<V1Container["env"]>[number]["valueFrom"]>;

async function groupOf(namespace: string, from: EnvFrom, source: ConfigurationSource): Promise<Record<string, string>> {
  if (from.configMapRef?.name !== undefined) {
    const found = await source.configMap(namespace, from.configMapRef.name);
    if (found === undefined && from.configMapRef.optional !== true) throw missing("configmap", from.configMapRef.name);
    return found?.data ?? {};
  }
  if (from.secretRef?.name !== undefined) {
    const found = await source.secret(namespace, from.secretRef.name);
    if (found === undefined && from.secretRef.optional !== true) throw missing("secret", from.secretRef.name);
    return Object.fromEntries(Object.entries(found?.data ?? {}).map(([key, value]) => [key, decode(value)]));
  }
  return {};
}

async function valueOf(
  pod: V1Pod,
  container: V1Container,
  from: ValueFrom,
  podIp: string,
  source: ConfigurationSource,
): Promise<string | undefined> {
  const namespace = pod.metadata?.namespace ?? "default";
  if (from.fieldRef !== undefined) return fieldOf(pod, from.fieldRef.fieldPath, podIp);
  if (from.resourceFieldRef !== undefined) {
    const [kind = "", name = ""] = from.resourceFieldRef.resource.split(".");
    const amounts = kind === "limits" ? container.resources?.limits : container.resources?.requests;
    return amounts?.[name] ?? "0";
  }
  if (from.configMapKeyRef !== undefined) {
    const { name = "", key, optional } = from.configMapKeyRef;
    const value = (await source.configMap(namespace, name))?.data?.[key];
    if (value === undefined && optional !== true) throw missing("configmap key", `${name}/${key}`);
    return value;
  }
  if (from.secretKeyRef !== undefined) {
    const { name = "", key, optional } = from.secretKeyRef;
    const value = (await source.secret(namespace, name))?.data?.[key];
    if (value === undefined && optional !== true) throw missing("secret key", `${name}/${key}`);
    return value === undefined ? undefined : decode(value);
  }
  return undefined;
}

/** The downward API's fields. */
export function fieldOf(pod: V1Pod, fieldPath: string, podIp: string): string {
  const indexed = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(fieldPath);
  if (indexed?.[1] === "labels") return pod.metadata?.labels?.[indexed[2] ?? ""] ?? "";
  if (indexed?.[1] === "annotations") return pod.metadata?.annotations?.[indexed[2] ?? ""] ?? "";
  switch (fieldPath) {
    case "metadata.name":
      return pod.metadata?.name ?? "";
    case "metadata.namespace":
      return pod.metadata?.namespace ?? "";
    case "metadata.uid":
      return pod.metadata?.uid ?? "";
    case "spec.nodeName":
      return pod.spec?.nodeName ?? "";
    case "spec.serviceAccountName":
      return pod.spec?.serviceAccountName ?? "default";
    case "status.podIP":
    case "status.podIPs":
      return podIp;
    case "status.hostIP":
      return "10.244.0.1";
    default:
      return "";
  }
}

function decode(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}

function missing(kind: string, name: string): CannotCreate {
  return new CannotCreate(`${kind} "${name}" not found`);
}
