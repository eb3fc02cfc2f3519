import * as pulumi from "@pulumi/pulumi";
import type { CanaryReleaseArgs } from "./args.js";
import type { RuntimeInputs, RuntimeSettings } from "./dynamic.js";

/** What the component has made of the arguments. */
type Identity = Pick<RuntimeSettings, "name" | "namespace" | "revision" | "routeName"> & { readonly name: string };

/** What the runtime is told of a release; what the user left out gets its default there. */
export function runtimeSettings(identity: Identity, args: CanaryReleaseArgs): RuntimeInputs["settings"] {
  return {
    ...identity,
    service: { name: args.service.name ?? identity.name, port: args.service.port },
    ...replicasOf(args),
    analysis: pulumi.secret(args.analysis),
    ...prometheusOf(args),
    ...(args.platform === undefined ? {} : { scrapeInterval: args.platform.scrapeIntervalSeconds }),
    ...(args.skipAnalysis === undefined ? {} : { skipAnalysis: args.skipAnalysis }),
    ...(args.progressDeadline === undefined ? {} : { progressDeadline: args.progressDeadline }),
    ...(args.drain === undefined ? {} : { drain: args.drain }),
    ...(args.handover === undefined ? {} : { handover: args.handover }),
    ...(args.deadline === undefined ? {} : { deadline: args.deadline }),
    ...(args.leaseDuration === undefined ? {} : { leaseDuration: args.leaseDuration }),
  };
}

/** A Prometheus that the release names itself is none of the platform's credentials' business. */
function prometheusOf({
  prometheusUrl,
  platform,
}: CanaryReleaseArgs): Pick<RuntimeSettings, "prometheusUrl" | "prometheus" | "metricPrefix"> {
  const metricPrefix = platform?.metricPrefix === undefined ? {} : { metricPrefix: platform.metricPrefix };
  if (prometheusUrl !== undefined || platform === undefined)
    return { prometheusUrl: prometheusUrl ?? "", ...metricPrefix };
  const access = platform.prometheus === undefined ? {} : { prometheus: pulumi.secret(platform.prometheus) };
  return { prometheusUrl: platform.prometheusUrl, ...access, ...metricPrefix };
}

function replicasOf({
  autoscaler,
  replicas,
}: CanaryReleaseArgs): Pick<RuntimeSettings, "replicas" | "autoscaler" | "primaryReplicas"> {
  if (autoscaler === "external") return { replicas: replicas ?? 1, autoscaler };
  if (autoscaler !== undefined) return { replicas: autoscaler.minReplicas, autoscaler: "managed" };
  return replicas === undefined ? { replicas: 1 } : { replicas, primaryReplicas: replicas };
}
