import { Shape } from "./draft.js";
import type { Draft } from "./draft.js";
import { textOf } from "./library.js";
import type { Library } from "./library.js";
import { Leaf } from "./reader.js";
import type { Reader } from "./reader.js";

/** The Deployment that the Canary releases. */
interface Target {
  readonly name: string | undefined;
  readonly namespace: string | undefined;
}

/** Pods are scaled by somebody else: neither the update nor the promotion sets their number. */
const external = "external";

/**
 * `autoscaler` of the arguments: the HorizontalPodAutoscaler that the Canary refers to where the text has it and it
 * scales by CPU, else `"external"`.
 */
export function autoscalerOf(spec: Reader, library: Library, target: Target): Draft {
  const reference = spec.at("autoscalerRef");
  if (reference === undefined) return undefined;
  const kind = reference.needText("kind");
  const name = reference.needText("name");
  if (kind === undefined || name === undefined) return undefined;
  const wanted = { kind: kind.value, name: name.value, namespace: target.namespace };
  for (const key of ["apiVersion", "kind", "name"]) reference.at(key)?.understand();
  if (kind.value !== "HorizontalPodAutoscaler" && kind.value !== "ScaledObject")
    return reference.at("kind")?.problem("must be HorizontalPodAutoscaler or ScaledObject");
  const scaler = library.find(reference, wanted);
  const own =
    kind.value === "ScaledObject" || scaler === undefined ? undefined : ownAutoscaler(reference, scaler, target);
  if (own !== undefined) return own;
  scaler?.at("spec")?.understand();
  const why = scaler === undefined ? ", which is not in the text," : "";
  return outside(reference, `${textOf(wanted)}${why}`, target);
}

function outside(reference: Reader, scaler: string, { name = "" }: Target): Draft {
  for (const key of ["primaryScalerReplicas", "primaryScalerQueries"])
    reference.at(key)?.leaveOut("is left out: say it in the primary's own autoscaler");
  reference.doubt(`to ${scaler} is kept outside ("${external}"): Deployment ${name}-primary needs one of its own`);
  const kind = reference.at("kind");
  return kind === undefined ? external : new Leaf(external, [kind]);
}

function ownAutoscaler(reference: Reader, scaler: Reader, { name }: Target): Draft {
  const spec = scaler.need("spec");
  const scaled = spec.need("scaleTargetRef");
  const scaledName = scaled.needText("name");
  if (scaledName !== undefined && scaledName.value !== name)
    scaled.at("name")?.problem(`must be the Canary's target${name === undefined ? "" : ` ${name}`}`);
  for (const key of ["apiVersion", "kind", "name"]) scaled.at(key)?.understand();
  const { isByCpu, cpuUtilization } = cpuOf(spec);
  if (!isByCpu) return undefined;
  const replicas = reference.at("primaryScalerReplicas");
  if (replicas !== undefined) replicas.doubt("holds for the canary too");
  const limit = (key: "minReplicas" | "maxReplicas"): Draft => {
    const primary = replicas?.count(key);
    if (primary !== undefined) spec.at(key)?.leaveOut("is left out: primaryScalerReplicas holds");
    return primary ?? spec.number(key);
  };
  const maxReplicas = limit("maxReplicas") ?? spec.needNumber("maxReplicas");
  return new Shape(spec, { minReplicas: limit("minReplicas") ?? 1, maxReplicas, cpuUtilization });
}

/** In every version of the API; without any metric Kubernetes scales by CPU. */
function cpuOf(spec: Reader): { readonly isByCpu: boolean; readonly cpuUtilization: Draft } {
  const old = spec.number("targetCPUUtilizationPercentage");
  const metrics = spec.items("metrics");
  if (metrics.length === 0) return { isByCpu: true, cpuUtilization: old };
  const cpu = metrics.find((each) => each.at("type")?.leaf().value === "Resource" && resourceName(each) === "cpu");
  const resource = cpu?.at("resource");
  const target = resource?.at("target");
  const utilization = target?.number("averageUtilization") ?? resource?.number("targetAverageUtilization");
  if (utilization === undefined) return { isByCpu: false, cpuUtilization: undefined };
  cpu?.at("type")?.understand();
  resource?.at("name")?.understand();
  target?.at("type")?.understand();
  return { isByCpu: true, cpuUtilization: utilization };
}

function resourceName(metric: Reader): unknown {
  return metric.at("resource")?.at("name")?.leaf().value;
}
