import * as pulumi from "@pulumi/pulumi";
import { isComputed, lazily } from "../arguments/index.js";
import { transferred } from "../../release/settings/index.js";
import type { Transferred } from "../../release/settings/index.js";
import { mapParts } from "../../release/template/index.js";
import type { CanaryReleaseArgs } from "./args.js";
import type { RuntimeSettings } from "./dynamic.js";

/** What the component has made of the arguments. */
type Identity = Pick<RuntimeSettings, "namespace" | "revision" | "routeName"> & { readonly name: string };

/** What the runtime is told of a release; what the user left out gets its default there. */
export function runtimeSettings(identity: Identity, args: CanaryReleaseArgs): Transferred {
  return transferred(settingsOf(identity, args), apart);
}

/** Outputs as they are, and what whoever has it may call, as a secret. */
function apart(value: unknown, key: string): unknown {
  if (value === undefined) return undefined;
  if (secretKeys.has(key)) return pulumi.secret(value);
  return isComputed(value) ? sealed(value) : undefined;
}

function settingsOf(identity: Identity, args: CanaryReleaseArgs): RuntimeSettings {
  const { skipAnalysis, progressDeadline, drain, handover, deadline, leaseDuration } = args;
  return {
    ...identity,
    ...{ skipAnalysis, progressDeadline, drain, handover, deadline, leaseDuration },
    service: { name: args.service.name ?? identity.name, port: args.service.port },
    analysis: args.analysis,
    scrapeInterval: args.platform?.scrapeIntervalSeconds,
    ...replicasOf(args),
    ...prometheusOf(args),
  };
}

/** Whoever has them may call what is behind them. */
const secretKeys: ReadonlySet<string> = new Set(["url", "address", "headers"]);

/** The analysis with its addresses and headers as secrets; the rest shows in a diff. */
function sealed(value: unknown, key = ""): unknown {
  return lazily(value, (known) =>
    known !== undefined && secretKeys.has(key) ? pulumi.secret(known) : mapParts(known, sealed),
  );
}

type Prometheus = Pick<RuntimeSettings, "prometheusUrl" | "prometheus" | "metricPrefix">;

/** A Prometheus that the release names itself is none of the platform's credentials' business. */
function prometheusOf({ prometheusUrl, platform }: CanaryReleaseArgs): Prometheus {
  const metricPrefix = platform?.metricPrefix;
  if (prometheusUrl !== undefined || platform === undefined)
    return { prometheusUrl: pulumi.secret(prometheusUrl ?? ""), metricPrefix };
  const prometheus = platform.prometheus === undefined ? undefined : pulumi.secret(platform.prometheus);
  return { prometheusUrl: platform.prometheusUrl, prometheus, metricPrefix };
}

function replicasOf({
  autoscaler,
  replicas,
}: CanaryReleaseArgs): Pick<RuntimeSettings, "replicas" | "autoscaler" | "primaryReplicas"> {
  if (autoscaler === "external") return { replicas: replicas ?? 1, autoscaler };
  if (autoscaler !== undefined) return { replicas: autoscaler.minReplicas, autoscaler: "managed" };
  return replicas === undefined ? { replicas: 1 } : { replicas, primaryReplicas: replicas };
}
