import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { argument } from "../arguments/index.js";
import type { Shape } from "../arguments/index.js";
import { podOptionsShape, serviceOptionsShape } from "../kubernetes/index.js";
import type { PodOptions, ServiceOptions } from "../kubernetes/index.js";

/** One scrape that is larger counts as failed, and releases wait: far above what a full gateway shows. */
export interface ScrapeLimits {
  /** Default 1,000,000. */
  readonly samples?: pulumi.Input<number>;
  /** Default 512. */
  readonly megabytes?: pulumi.Input<number>;
}

/** What can be said of it. */
export interface PrometheusArgs extends PodOptions {
  /** Where it runs. */
  readonly namespace: pulumi.Input<string>;
  /** Name of its Service; the article's URLs use this one. Default "flagger-prometheus". */
  readonly name?: pulumi.Input<string>;
  /** Default `prom/prometheus:v3.16.0`. */
  readonly image?: pulumi.Input<string>;
  /** Namespaces whose annotated pods are scraped; its permissions end there. Default: its own. */
  readonly scrapeNamespaces?: readonly pulumi.Input<string>[];
  /** Seconds between two scrapes. Default 2. */
  readonly scrapeIntervalSeconds?: number;
  /** Above these a scrape counts as failed. */
  readonly scrapeLimits?: ScrapeLimits;
  /** How long samples are kept. Default "2h". */
  readonly retention?: pulumi.Input<string>;
  /** How much is kept at most, like "4GB". Default: as much as `retention` makes. */
  readonly retentionSize?: pulumi.Input<string>;
  /** Further flags of the program, like `--web.enable-admin-api`. Default: none. */
  readonly extraArgs?: pulumi.Input<readonly string[]>;
  /** Its Service; `port` is also the port in `url`. */
  readonly service?: ServiceOptions & {
    /** Default 9090. */
    readonly port?: pulumi.Input<number>;
  };
}

/** Flags that we set ourselves. */
const ownFlags = /^--?(config\.file|storage\.tsdb\.path|storage\.tsdb\.retention\.(time|size)|web\.listen-address)\b/;

export const prometheusArguments = z.strictObject({
  ...podOptionsShape,
  namespace: argument.text,
  name: argument.text,
  image: argument.text,
  scrapeNamespaces: argument.texts,
  scrapeIntervalSeconds: argument.seconds,
  scrapeLimits: z
    .strictObject({ samples: argument.count, megabytes: argument.count } satisfies Shape<ScrapeLimits>)
    .optional(),
  retention: z
    .string()
    .regex(/^(\d+(ms|[smhdwy]))+$/, 'must be a duration like "2h", "15d" or "1y"')
    .optional(),
  retentionSize: z
    .string()
    .regex(/^\d+(B|KB|MB|GB|TB)$/, 'must be a size like "512MB" or "4GB"')
    .optional(),
  extraArgs: z
    .array(
      z
        .string()
        .startsWith("-", "must be a flag of Prometheus")
        .refine((flag) => !ownFlags.test(flag), { message: "is set here already: give retention or service" }),
    )
    .optional(),
  service: z.strictObject({ ...serviceOptionsShape, port: argument.port }).optional(),
} satisfies Shape<PrometheusArgs>);
