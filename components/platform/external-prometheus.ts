import * as pulumi from "@pulumi/pulumi";
import { orRefuse, refusal } from "../errors/index.js";
import type { Refuse } from "../errors/index.js";
import { httpUrl, prometheusAccess } from "../../release/settings/index.js";
import type { PrometheusAccess } from "../../release/settings/index.js";
import { argument } from "../arguments/index.js";
import type { Shape } from "../arguments/index.js";

/** A Prometheus (or Mimir, Thanos, VictoriaMetrics …) that scrapes the gateway already. Credentials are kept secret. */
export interface ExternalPrometheus {
  /** Its query API, below any path: `https://prometheus.example.com/prom`. In-cluster names work from anywhere. */
  readonly url: pulumi.Input<string>;
  /** Sent with each query. */
  readonly headers?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Give this or `basicAuth`. */
  readonly bearerToken?: pulumi.Input<string>;
  /** Sent as Authorization: Basic. Give this or `bearerToken`. */
  readonly basicAuth?: {
    /** Without a colon. */
    readonly username: pulumi.Input<string>;
    /** Kept secret. */
    readonly password: pulumi.Input<string>;
  };
  /** Authority of its certificate, PEM. Default: the system's. */
  readonly ca?: pulumi.Input<string>;
  /** Sent as X-Scope-OrgID, as Mimir, Cortex and Thanos take it. */
  readonly tenant?: pulumi.Input<string>;
  /** Seconds between two of its scrapes of the gateway: decisions are never faster. Default 15. */
  readonly scrapeIntervalSeconds?: number;
}

export const externalPrometheus = prometheusAccess.safeExtend({
  url: httpUrl,
  scrapeIntervalSeconds: argument.seconds,
} satisfies Shape<Omit<ExternalPrometheus, keyof PrometheusAccess>>);

/** What a binding says of it. */
export function boundPrometheus(
  given: ExternalPrometheus,
  refuse: Refuse,
): {
  readonly prometheusUrl: pulumi.Output<string>;
  readonly prometheus?: pulumi.Output<PrometheusAccess>;
  readonly scrapeIntervalSeconds: number;
} {
  const { url, scrapeIntervalSeconds = 15, ...access } = given;
  const isOpen = Object.values(access).every((each) => each === undefined);
  return {
    // A URL may hold a user and a password.
    prometheusUrl: pulumi.output(url).apply((plain) => (hasUser(plain) ? pulumi.secret(plain) : pulumi.output(plain))),
    ...(isOpen ? {} : { prometheus: secretAccess(access, refuse) }),
    scrapeIntervalSeconds,
  };
}

/** Checked once more when all of it is known: tokens are outputs as a rule. */
function secretAccess(access: object, refuse: Refuse): pulumi.Output<PrometheusAccess> {
  return pulumi.secret(pulumi.output(access).apply(orRefuse(refuse, accessOf)));
}

function accessOf(plain: unknown): PrometheusAccess {
  const parsed = prometheusAccess.safeParse(plain);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `prometheus.${path.join(".")}: ${message}`);
  throw refusal(problems.join("; "));
}

function hasUser(url: string): boolean {
  return URL.canParse(url) && new URL(url).username !== "";
}
