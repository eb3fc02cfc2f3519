import type * as k8s from "@pulumi/kubernetes";
import { analysis as analysisSchema, check } from "../../release/settings/index.js";
import type { AnalysisInput } from "../../release/settings/index.js";
import { expectedSeconds } from "../../release/strategy/index.js";
import { deploymentName, serviceName } from "../../release/model/index.js";
import type { Role } from "../../release/model/index.js";
import type { AutoscalerArgs, ServiceArgs } from "./args.js";
import { selectorFor } from "./template.js";

/** Our runtime and the HPA write these objects too; without it an update of the program would conflict with them. */
export const sharedOwnership = { "pulumi.com/patchForce": "true" } as const;
/** The runtime waits for it, not the engine: a wait that fails there would keep the runtime from ever running. */
export const notAwaited = { "pulumi.com/skipAwait": "true" } as const;

/** Spec of one of the three Services; the apex selects the primary. */
export function serviceSpec(
  release: string,
  role: Role | "apex",
  service: ServiceArgs,
): k8s.types.input.core.v1.ServiceSpec {
  const name = service.portName ?? "http";
  return {
    type: "ClusterIP",
    selector: selectorFor(role === "canary" ? "canary" : "primary", release),
    ports: [{ name, port: service.port, targetPort: service.targetPort ?? service.port, protocol: "TCP" }],
  };
}

export function objectName(release: string, role: Role | "apex", service: ServiceArgs): string {
  const base = service.name ?? release;
  return role === "apex" ? base : serviceName(base, role);
}

/**
 * The autoscaler of one role. The primary must stay able to carry all traffic while the canary has some, so it does
 * not scale down within the planned length of a run.
 */
export function autoscalerSpec(
  release: string,
  role: Role,
  scaler: AutoscalerArgs,
  plannedSeconds: number,
): k8s.types.input.autoscaling.v2.HorizontalPodAutoscalerSpec {
  const target = { type: "Utilization", averageUtilization: scaler.cpuUtilization ?? 80 };
  return {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: deploymentName(release, role) },
    minReplicas: scaler.minReplicas,
    maxReplicas: scaler.maxReplicas,
    metrics: [{ type: "Resource", resource: { name: "cpu", target } }],
    ...(role === "primary" ? { behavior: { scaleDown: { stabilizationWindowSeconds: plannedSeconds } } } : {}),
  };
}

const longestStabilizationSeconds = 3600;

/** Seconds a run takes when every step holds its interval, with half of that as slack; what an HPA allows at most. */
export function plannedRunSeconds(input: AnalysisInput): number {
  const checked = check(analysisSchema, input);
  if (checked.kind !== "valid") return longestStabilizationSeconds;
  const seconds = expectedSeconds(checked.settings);
  return Math.min(longestStabilizationSeconds, Math.max(300, Math.ceil(seconds * 1.5)));
}

/** Spec of our own object: what people see with kubectl; no URL, no secret. */
export function releaseObjectSpec(release: string, routeName: string, service: ServiceArgs): Record<string, unknown> {
  return {
    targetRef: { apiVersion: "apps/v1", kind: "Deployment", name: release },
    routeRef: { apiVersion: "apisix.apache.org/v2", kind: "ApisixRoute", name: routeName },
    service: { name: service.name ?? release, port: service.port },
  };
}
