import * as z from "zod";
import { phases, promotedVerdicts, stallReasons } from "../../model/index.js";
import type { ReleaseStatus } from "../../model/index.js";
import { stageKinds, strategyKinds, trainStandings } from "../../model/index.js";

/** The parts of Kubernetes objects that the runtime reads; everything else passes by. */
const texts = z.record(z.string(), z.string());

export const metadata = z.object({
  name: z.string().default(""),
  namespace: z.string().default(""),
  uid: z.string().default(""),
  resourceVersion: z.string().default(""),
  generation: z.int().default(0),
  annotations: texts.default({}),
  labels: texts.default({}),
  deletionTimestamp: z.string().optional(),
  ownerReferences: z
    .array(z.object({ apiVersion: z.string().default(""), kind: z.string(), name: z.string() }))
    .default([]),
  managedFields: z.array(z.object({ manager: z.string().default("") })).default([]),
});
export type Metadata = z.output<typeof metadata>;

/** For answers that nobody reads. */
export const anything = z.unknown();

const count = z.int().default(0);

const share = z.number().min(0).max(100);
const allOrNothing = z.union([z.literal(0), z.literal(100)]);
const split = z.object({
  base: share.default(0),
  matched: allOrNothing.exactOptional(),
  preview: allOrNothing.exactOptional(),
  mirrorPercent: share.exactOptional(),
  bucketsPercent: share.exactOptional(),
});

/** Our own journal. Fields that an older version did not write get the value of a release that never ran. */
export const releaseStatus: z.ZodType<ReleaseStatus> = z.object({
  phase: z.enum(phases),
  canaryWeight: z.number().default(0),
  split: split.exactOptional(),
  plannedWeight: z.number().default(0),
  plannedSplit: split.exactOptional(),
  strategy: z
    .object({
      kind: z.enum(strategyKinds),
      stage: count,
      stages: count,
      doing: z.enum(stageKinds),
      iteration: z.int().exactOptional(),
      iterations: z.int().exactOptional(),
      background: z.array(z.string()).exactOptional(),
      until: z.string().exactOptional(),
    })
    .exactOptional(),
  train: z
    .object({
      name: z.string(),
      update: z.string(),
      revision: z.string(),
      stands: z.enum(trainStandings),
      why: z.string().exactOptional(),
      follows: z.string().exactOptional(),
    })
    .exactOptional(),
  failedChecks: count,
  iterations: count,
  lastTransitionTime: z.string().default(""),
  revision: z.string().default(""),
  promotedRevision: z.string().exactOptional(),
  promoted: z
    .object({
      revision: z.string(),
      images: z.array(z.object({ container: z.string(), image: z.string() })),
      at: z.string(),
      verdict: z.enum(promotedVerdicts),
      summary: z.string(),
    })
    .exactOptional(),
  formers: z.array(z.object({ revision: z.string(), at: z.string() })).exactOptional(),
  judged: z
    .object({
      revision: z.string(),
      verdict: z.enum(["passed", "failed"]),
      without: z.enum(["skipped", "onRequest"]).exactOptional(),
      reason: z.string(),
      at: z.string(),
    })
    .exactOptional(),
  handoverDeadline: z.string().exactOptional(),
  handoverSeconds: z.number().exactOptional(),
  scaleDownAt: z.string().exactOptional(),
  scaleDownSeconds: z.number().exactOptional(),
  heartbeat: z.object({ holder: z.string(), beat: z.int() }).exactOptional(),
  stalled: z.enum(stallReasons).exactOptional(),
  primaryReplicas: z.int().exactOptional(),
  baseline: z.object({ replicas: z.int(), revision: z.string() }).exactOptional(),
  fence: count,
  drainSeconds: z.number().default(3),
  routeName: z.string().default(""),
  message: z.string().default(""),
  conditions: z
    .array(
      z.object({
        type: z.literal("Promoted"),
        status: z.enum(["True", "False", "Unknown"]),
        reason: z.string(),
        message: z.string(),
        lastTransitionTime: z.string(),
      }),
    )
    .default([]),
  checks: z
    .array(
      z.object({
        metric: z.string(),
        verdict: z.string(),
        value: z.string(),
        limit: z.string(),
        requests: z.number(),
        confidence: z.string().exactOptional(),
      }),
    )
    .default([]),
});

export const releaseObject = z.object({
  metadata,
  status: z.unknown().optional(),
});

const backend = z.object({ serviceName: z.string().default(""), weight: z.int().default(100) });

const text = z.string().default("").catch("");
/** Of plugins and conditions of users' own anything may be there. */
const plugin = z.object({
  name: text,
  enable: z.boolean().default(true),
  config: z
    .object({ path: text, sample_ratio: z.number().default(1).catch(1) })
    .catch({ path: "", sample_ratio: 1 })
    .default({ path: "", sample_ratio: 1 }),
});
const subject = z.object({ scope: text }).catch({ scope: "" }).default({ scope: "" });
const expression = z.object({ subject, op: text, value: text });

const httpRule = z.object({
  name: text,
  backends: z.array(backend).default([]),
  upstreams: z.array(z.unknown()).default([]),
  plugins: z.array(plugin).nullish(),
  match: z.object({ exprs: z.array(expression).nullish() }).nullish(),
});

export const route = z.object({
  metadata,
  spec: z.object({ http: z.array(httpRule).default([]) }),
  status: z
    .object({
      conditions: z
        .array(
          z.object({
            type: z.string(),
            status: z.string(),
            reason: z.string().default(""),
            message: z.string().default(""),
            observedGeneration: z.int().optional(),
          }),
        )
        .default([]),
    })
    .default({ conditions: [] }),
});

const requirement = z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).default([]) });

const labelSelector = z.object({
  matchLabels: texts.default({}),
  matchExpressions: z.array(requirement).default([]),
});

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(""),
  message: z.string().default(""),
});

export const deployment = z.object({
  metadata,
  spec: z.object({
    replicas: z.int().default(1),
    selector: labelSelector,
    template: z.looseObject({
      metadata: z.looseObject({ annotations: texts.default({}) }).optional(),
      spec: z
        .looseObject({
          containers: z.array(z.looseObject({ name: z.string(), image: z.string().optional() })).optional(),
        })
        .optional(),
    }),
  }),
  status: z
    .object({
      observedGeneration: count,
      replicas: count,
      updatedReplicas: count,
      availableReplicas: count,
      conditions: z.array(condition).default([]),
    })
    .default({ observedGeneration: 0, replicas: 0, updatedReplicas: 0, availableReplicas: 0, conditions: [] }),
});

/** What scales something: HorizontalPodAutoscalers, KEDA's ScaledObjects. */
export const scalers = z.object({
  items: z.array(
    z.object({
      metadata,
      spec: z
        .object({
          scaleTargetRef: z
            .object({ kind: z.string().default("Deployment"), name: z.string().default("") })
            .default({ kind: "Deployment", name: "" }),
        })
        .default({ scaleTargetRef: { kind: "Deployment", name: "" } }),
    }),
  ),
});

export const endpointSlices = z.object({
  items: z.array(
    z.object({
      endpoints: z
        .array(
          z.object({
            addresses: z.array(z.string()).default([]),
            conditions: z.object({ ready: z.boolean().nullish(), terminating: z.boolean().nullish() }).default({}),
          }),
        )
        .nullish(),
    }),
  ),
});

const terminated = z.object({ reason: z.string().default(""), exitCode: z.int().default(0) });
const containerState = z.object({
  waiting: z.object({ reason: z.string().default(""), message: z.string().default("") }).optional(),
  terminated: terminated.optional(),
});
const containerStatus = z.object({
  name: z.string().default(""),
  restartCount: count,
  state: containerState.default({}),
  lastState: containerState.default({}),
});

export const pods = z.object({
  items: z.array(
    z.object({
      metadata,
      status: z
        .object({
          podIP: z.string().optional(),
          podIPs: z.array(z.object({ ip: z.string().default("") })).default([]),
          conditions: z.array(condition).default([]),
          containerStatuses: z.array(containerStatus).default([]),
          initContainerStatuses: z.array(containerStatus).default([]),
        })
        .default({ podIPs: [], conditions: [], containerStatuses: [], initContainerStatuses: [] }),
    }),
  ),
});

export const events = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ creationTimestamp: z.string().default("") }).default({ creationTimestamp: "" }),
      reason: z.string().default(""),
      message: z.string().default(""),
      lastTimestamp: z.string().nullish(),
      eventTime: z.string().nullish(),
    }),
  ),
});

export type EventItem = z.output<typeof events>["items"][number];
export type Pod = z.output<typeof pods>["items"][number];
export type Route = z.output<typeof route>;
export type Deployment = z.output<typeof deployment>;

export const lease = z.object({
  metadata,
  spec: z
    .object({
      holderIdentity: z.string().optional(),
      leaseTransitions: z.int().default(0),
      leaseDurationSeconds: z.int().default(15),
    })
    .default({ leaseTransitions: 0, leaseDurationSeconds: 15 }),
});

/** Releases as an observer lists them. */
export const releaseObjects = z.object({
  items: z.array(
    z.object({
      metadata,
      spec: z
        .object({
          service: z.object({ name: z.string().optional() }).default({}),
          routeRef: z.object({ name: z.string().default("") }).default({ name: "" }),
        })
        .default({ service: {}, routeRef: { name: "" } }),
      status: z.unknown().optional(),
    }),
  ),
});

export type ReleaseItem = z.output<typeof releaseObjects>["items"][number];
