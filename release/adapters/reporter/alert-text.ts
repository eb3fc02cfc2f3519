import { isUnderWay } from "../../model/index.js";
import type { CheckStatus } from "../../model/index.js";
import type { Announcement } from "../../ports/index.js";
import type { ReleaseSettings } from "../../settings/index.js";

/** What an alert is about. */
export type AlertSource = Pick<ReleaseSettings, "name" | "namespace" | "revision" | "routeName"> & {
  /** Image of the revision, where the settings name it. */
  readonly image?: string | undefined;
};

export type Severity = "info" | "warning" | "critical";

/** What an alert says, independent of who takes it. All of it is plain text. */
export interface AlertText {
  /** `podinfo.test`. */
  readonly release: string;
  readonly severity: Severity;
  readonly message: string;
  /** One sentence; "" where the message says all. */
  readonly reason: string;
  /** The checks that count, by their metrics. */
  readonly findings: readonly (AlertField & { readonly check: CheckStatus })[];
  readonly fields: readonly AlertField[];
  /** What to type to see more, or to step in. */
  readonly hints: readonly AlertField[];
}

export interface AlertField {
  readonly title: string;
  readonly value: string;
}

const severities = { info: "info", warning: "warning", error: "critical" } as const;
/** More would hide the reason on a phone. */
const mostChecks = 4;

export function alertText(source: AlertSource, announcement: Announcement): AlertText {
  const { name, namespace, revision, routeName, image } = source;
  const { level, message, phase, canaryWeight, reason = "", checks = [] } = announcement;
  return {
    release: `${name}.${namespace}`,
    severity: severities[level],
    message,
    reason: message.includes(reason) ? "" : reason,
    findings: toldChecks(checks, level).map((check) => ({ title: check.metric, value: figuresOf(check), check })),
    fields: [
      { title: "Phase", value: phase },
      { title: "Canary weight", value: `${canaryWeight}%` },
      ...(image === undefined ? [] : [{ title: "Image", value: image }]),
      { title: "Revision", value: revision },
      { title: "Route", value: routeName },
    ],
    hints: hintsFor(announcement, `${name} -n ${namespace}`),
  };
}

/** What speaks against a revision most comes first. */
const order: readonly string[] = ["failNow", "fail", "breached", "error", "noData", "inconclusive", "pass"];

/** Bad news name what spoke against the revision, good news what was found of it. */
function toldChecks(checks: readonly CheckStatus[], level: Announcement["level"]): readonly CheckStatus[] {
  const told = level === "info" ? checks : checks.filter(({ verdict }) => verdict !== "pass");
  return told.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict)).slice(0, mostChecks);
}

/** `97.01% (limit 99%), 836 requests, 99.97% confidence`. */
function figuresOf({ value, limit, requests, confidence = "0%", verdict }: CheckStatus): string {
  const found = value === "-" ? verdict : value;
  const sure = confidence === "0%" ? "" : `, ${confidence} confidence`;
  return `${found} (limit ${limit}), ${requests} requests${sure}`;
}

function hintsFor({ phase, level }: Announcement, release: string): readonly AlertField[] {
  if (isUnderWay(phase) && phase !== "Finalising" && level !== "error")
    return [
      { title: "Watch it", value: `apisix-canary dashboard ${release}` },
      { title: "Take it back", value: `apisix-canary abort ${release}` },
    ];
  return [{ title: "See all of it", value: `apisix-canary report ${release} --html report.html` }];
}
