import type { SourceUpstream } from "./source.js";

/** What a Service's ApisixUpstream says of how the gateway speaks to its pods. */
export interface Carried {
  /** Spec of the ApisixUpstreams of primary and canary, without a class. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** What isn't taken, one line each. */
  readonly notes: readonly string[];
}

/** Other nodes than the Service's pods: with them the upstream is not of this Service. */
const ofOthers = ["externalNodes", "discovery"] as const;

/**
 * Scheme, time-outs, retries, health checks and whatever else the ApisixUpstream of a Service has, for the Services of
 * primary and canary.
 */
export function carriedUpstream(name: string, source: SourceUpstream | undefined): Carried {
  const { ingressClassName: _class, ...spec } = source?.spec ?? {};
  const left = ofOthers.filter((key) => spec[key] !== undefined && spec[key] !== null);
  const kept = Object.entries(spec).filter(([key, value]) => !left.some((each) => each === key) && value != null);
  return {
    spec: Object.fromEntries(kept),
    notes: left.map(
      (key) =>
        `ApisixUpstream ${name}: spec.${key} is not carried over: primary and canary are the pods of their Services`,
    ),
  };
}
