import { z } from "zod";
import type { CanaryReleaseArgs } from "../../../components/index.js";

export const namespaceName = "tour";

/** What each release ships, by its name: of a version, and whether that fails its requests. */
export const shipped = z.record(z.string(), z.object({ version: z.string(), fails: z.boolean() }));
export type Shipped = z.infer<typeof shipped>;

/** People who come while a revision is shipped. */
export interface Visitors {
  readonly kind: "stream" | "sessions";
  readonly who: string;
  readonly host: string;
  readonly perSecond: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One stop of the tour. */
export interface Stop {
  /** Name of its release, or of its train. */
  readonly name: string;
  /** Releases of a train; of a revision that fails the last one does. */
  readonly members?: readonly string[];
  readonly title: string;
  readonly analysis: CanaryReleaseArgs["analysis"];
  readonly visitors: readonly Visitors[];
}

/** Names of the releases of a stop. */
export function releasesOf({ name, members = [name] }: Stop): readonly string[] {
  return members;
}

/** People with cookie jars of their own come again and again. */
export const sessionUsers = 200;

const quick = {
  interval: "2s",
  checkInterval: "500ms",
  threshold: 3,
  minRequests: 1,
  metrics: [
    { name: "request-success-rate", thresholdRange: { min: 99 }, interval: "10s" },
    { name: "request-duration", thresholdRange: { max: 500 }, interval: "10s" },
  ],
} satisfies Partial<CanaryReleaseArgs["analysis"]>;

export function hostOf(name: string): string {
  return `${name}.example.com`;
}

function stream(
  name: string,
  who: string,
  perSecond: number,
  headers: Readonly<Record<string, string>> = {},
): Visitors {
  return { kind: "stream", who, host: hostOf(name), perSecond, headers };
}

export const stops: readonly Stop[] = [
  {
    name: "steps",
    title: "Canary, step by step",
    analysis: { ...quick, steps: [{ weight: 5, for: "4s" }, { weight: 25 }, { pause: "2s" }, { weight: 50 }] },
    visitors: [stream("steps", "users", 40)],
  },
  {
    name: "ab",
    title: "A/B",
    analysis: { ...quick, iterations: 5, match: [{ headers: { "X-Insider": { exact: "yes" } } }] },
    visitors: [stream("ab", "everybody else", 25), stream("ab", "insiders", 15, { "X-Insider": "yes" })],
  },
  {
    name: "bluegreen",
    title: "Blue/green",
    analysis: { ...quick, iterations: 4, preview: { header: { name: "X-Preview", value: "bluegreen" } } },
    visitors: [stream("bluegreen", "users", 25), stream("bluegreen", "testers", 15, { "X-Preview": "bluegreen" })],
  },
  {
    name: "mirrored",
    title: "Mirroring",
    analysis: { ...quick, iterations: 4, mirror: { percent: 50 } },
    visitors: [stream("mirrored", "users", 40)],
  },
  {
    name: "affinity",
    title: "Affinity",
    analysis: { ...quick, stepWeights: [10, 25, 50], sessionAffinity: { cookieName: "tour-affinity" } },
    visitors: [{ kind: "sessions", who: "people with cookies", host: hostOf("affinity"), perSecond: 50 }],
  },
  {
    name: "train",
    title: "Train",
    members: ["cart", "shop"],
    analysis: { ...quick, stepWeights: [10, 25, 50] },
    visitors: [stream("cart", "users of the cart", 20), stream("shop", "users of the shop", 20)],
  },
];
