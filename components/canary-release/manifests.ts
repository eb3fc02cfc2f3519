import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { analysis as analysisSchema, check } from "../../release/settings/index.js";
import { expectedSeconds } from "../../release/strategy/index.js";
import { deploymentName, serviceName } from "../../release/model/index.js";
import type { Role } from "../../release/model/index.js";
import { selectorFor } from "../../release/template/index.js";
import { whenKnown } from "../arguments/index.js";
import type { AutoscalerArgs, DeploymentArgs, ServiceArgs, ServicePort } from "./args.js";

type ServiceSpec = k8s.types.input.core.v1.ServiceSpec;
type AutoscalerSpec = k8s.types.input.autoscaling.v2.HorizontalPodAutoscalerSpec;
type Behavior = k8s.types.input.autoscaling.v2.HorizontalPodAutoscalerBehavior;

/** Our runtime and the HPA write these objects too; without it an update of the program would conflict with them. */
export const sharedOwnership = { "pulumi.com/patchForce": "true" } as const;
/** The runtime waits for it, not the engine: a wait that fails there would keep the runtime from ever running. */
export const notAwaited = { "pulumi.com/skipAwait": "true" } as const;

/** Spec of one of the three Services; the apex selects the primary. */
export function serviceSpec(release: string, role: Role | "apex", service: ServiceArgs) {
  const { portName: name = "http", port, targetPort, appProtocol, additionalPorts } = service;
  const main = portSpec({ name, port, ...given({ targetPort, appProtocol }) });
  return {
    type: "ClusterIP",
    selector: selectorFor(role === "canary" ? "canary" : "primary", release),
    ports:
      additionalPorts === undefined
        ? [main]
        : whenKnown(additionalPorts, (more) => [main, ...more.map((each) => portSpec(each))]),
  } satisfies ServiceSpec;
}

function portSpec({ name, port, targetPort, protocol, appProtocol }: ServicePort) {
  return {
    name,
    port,
    targetPort: targetPort ?? port,
    protocol: protocol ?? "TCP",
    ...given({ appProtocol }),
  } satisfies k8s.types.input.core.v1.ServicePort;
}

/** What is said of something, without what isn't. */
export function given<T extends object>(fields: T): { [Name in keyof T]?: Exclude<T[Name], undefined> };
export function given(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

export function objectName(release: string, role: Role | "apex", service: ServiceArgs): string {
  const base = service.name ?? release;
  return role === "apex" ? base : serviceName(base, role);
}

/** What the program says of a Deployment beside selector, template and replicas. */
export function deploymentSpec({ strategy, minReadySeconds, revisionHistoryLimit }: DeploymentArgs = {}) {
  return {
    strategy: strategy ?? { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    ...given({ minReadySeconds, revisionHistoryLimit }),
  };
}

/**
 * The autoscaler of one role. The primary must stay able to carry all traffic while the canary has some, so it does
 * not scale down within the planned length of a run.
 */
export function autoscalerSpec(
  release: string,
  role: Role,
  scaler: AutoscalerArgs,
  plannedSeconds: pulumi.Input<number>,
): AutoscalerSpec {
  const { minReplicas, maxReplicas, metrics, cpuUtilization, behavior } = scaler;
  const target = { type: "Utilization", averageUtilization: cpuUtilization ?? 80 };
  const byCpu = { type: "Resource", resource: { name: "cpu", target } };
  const more = metrics === undefined ? [byCpu] : withMore(cpuUtilization === undefined ? [] : [byCpu], metrics);
  return {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: deploymentName(release, role) },
    minReplicas,
    maxReplicas,
    metrics: more,
    ...given({ behavior: role === "primary" ? steady(behavior, plannedSeconds) : behavior }),
  };
}

type Metrics = NonNullable<AutoscalerArgs["metrics"]>;

function withMore(own: k8s.types.input.autoscaling.v2.MetricSpec[], metrics: Metrics): NonNullable<Metrics> {
  return whenKnown(metrics, (known) => [...own, ...known]);
}

function steady(given: AutoscalerArgs["behavior"], planned: pulumi.Input<number>): pulumi.Input<Behavior> {
  return whenKnown({ given, planned }, ({ given: known, planned: seconds }) => {
    const asked = known?.scaleDown?.stabilizationWindowSeconds ?? 0;
    return { ...known, scaleDown: { ...known?.scaleDown, stabilizationWindowSeconds: Math.max(asked, seconds) } };
  });
}

/** Kubernetes' own limit to how long an autoscaler keeps pods that nobody asks for. */
export const longestStabilizationSeconds = 3600;

/** Seconds a run takes when every step holds its interval, with half of that as slack; what an HPA allows at most. */
export function plannedRunSeconds(input: unknown): number {
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
