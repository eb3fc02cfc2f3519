import { z } from "zod";
import { trainOrders } from "../model/index.js";
import { analysis } from "./analysis.js";
import { durationAtLeast } from "./duration.js";
import { dnsLabel, httpUrl, metricPrefix, objectName } from "./names.js";
import { prometheusAccess } from "./prometheus.js";

const port = z.int("must be a whole number").min(1, "must be 1 to 65535").max(65535, "must be 1 to 65535");

/**
 * What the runtime (Preparation, Analysis, Promotion) is told of one release. The component writes it,
 * the dynamic resources parse it at their border, and everything inside trusts it.
 */
export const release = z.strictObject({
  name: dnsLabel
    .max(40, "must have at most 40 characters")
    .meta({ description: "Name of the release: Deployment and apex Service of that name." }),
  namespace: dnsLabel,
  /** Hash of the pod template with its configuration; also the value of the revision annotation on the template. */
  revision: z
    .string()
    .max(63, "must have at most 63 characters")
    .regex(/^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/, "must be a label value"),
  routeName: objectName.meta({ description: "The weighted ApisixRoute." }),
  service: z.strictObject({ name: dnsLabel, port }),
  replicas: z
    .int("must be a whole number")
    .min(1, "must be at least 1")
    .default(1)
    .meta({ description: "Pods of the canary while it is in analysis." }),
  primaryReplicas: z.int().min(1).optional().meta({
    description: "Pods of the primary as the program asks for them; left to others where nothing is said.",
  }),
  /** Who scales the pods: autoscalers of this release, or somebody outside of it. Nobody where it is left out. */
  autoscaler: z.enum(["managed", "external"]).optional(),
  analysis,
  skipAnalysis: z.boolean().default(false),
  progressDeadline: durationAtLeast(1).default(600),
  drain: durationAtLeast(0)
    .default(3)
    .meta({ description: "At least so long between weight 0 and scale-down. Default 3s." }),
  handover: durationAtLeast(1)
    .default(300)
    .meta({ description: "How long a passed canary may wait for its promotion. Default 5m." }),
  deadline: durationAtLeast(1).optional().meta({
    description:
      "Of the whole analysis; time at gates and in pauses does not count. Default: three times what the plan needs at the traffic that is observed, and at least 1h.",
  }),
  leaseDuration: durationAtLeast(1).default(15),
  prometheusUrl: httpUrl,
  prometheus: prometheusAccess.optional().meta({ description: "How it is asked beside its URL; secret." }),
  metricPrefix: metricPrefix
    .default("apisix_")
    .meta({ description: "What the names of the gateway's metrics begin with. Default apisix_." }),
  scrapeInterval: durationAtLeast(0.1).default(2),
  /** Of a member of a train, in the train's order and with this one: what the program asks of each. Never compared. */
  train: z
    .strictObject({
      name: z.string(),
      order: z.enum(trainOrders),
      releases: z.array(z.strictObject({ namespace: z.string(), name: z.string(), revision: z.string() })),
    })
    .optional(),
  kubeconfig: z.string().optional().meta({ description: "Content or path; secret. Default: the environment's." }),
  context: z.string().optional(),
  /** Cluster within it, in place of the context's. */
  cluster: z.string().optional(),
  /** Of the objects that Pulumi created: they prove the cluster. Unknown in a first preview, and never compared. */
  releaseUid: z.string().optional(),
  routeUid: z.string().optional(),
});

export type ReleaseSettings = z.output<typeof release>;
export type ReleaseInput = z.input<typeof release>;

/** What a rollback needs to know of a release, and all that an observer from outside does know. */
export type RollbackSettings = Pick<
  ReleaseSettings,
  | "name"
  | "namespace"
  | "revision"
  | "routeName"
  | "drain"
  | "leaseDuration"
  | "progressDeadline"
  | "scrapeInterval"
  | "releaseUid"
  | "routeUid"
> & {
  readonly service: Pick<ReleaseSettings["service"], "name">;
  /** Of a run alone. */
  readonly analysis?: Pick<ReleaseSettings["analysis"], "baseline">;
};
