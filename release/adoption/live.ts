import * as z from "zod";

const texts = z.record(z.string(), z.string());

export const liveMetadata = z.object({
  name: z.string().default(""),
  uid: z.string().default(""),
  resourceVersion: z.string().default(""),
  labels: texts.default({}),
  annotations: texts.default({}),
  ownerReferences: z
    .array(
      z.looseObject({
        apiVersion: z.string().default(""),
        kind: z.string().default(""),
        name: z.string().default(""),
        uid: z.string().default(""),
        controller: z.boolean().optional(),
      }),
    )
    .default([]),
  finalizers: z.array(z.string()).default([]),
  managedFields: z
    .array(
      z.looseObject({
        manager: z.string().default(""),
        operation: z.string().default(""),
        subresource: z.string().optional(),
        fieldsV1: z.record(z.string(), z.unknown()).default({}),
      }),
    )
    .default([]),
});

export const labelSelector = z.object({
  matchLabels: texts.default({}),
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).default([]) }))
    .default([]),
});

const podTemplate = z.looseObject({
  metadata: z.looseObject({ labels: texts.default({}), annotations: texts.default({}) }).prefault({}),
  spec: z.looseObject({
    containers: z.array(
      z.looseObject({
        ports: z.array(z.looseObject({ name: z.string().optional(), containerPort: z.int() })).optional(),
      }),
    ),
  }),
});

export const liveDeployment = z.object({
  metadata: liveMetadata,
  spec: z.object({
    replicas: z.int().default(1),
    paused: z.boolean().default(false),
    selector: labelSelector,
    template: podTemplate,
  }),
});

const servicePort = z.looseObject({
  name: z.string().optional(),
  port: z.int(),
  targetPort: z.union([z.int(), z.string()]).optional(),
  protocol: z.string().default("TCP"),
});

export const liveService = z.object({
  metadata: liveMetadata,
  spec: z
    .object({
      type: z.string().default("ClusterIP"),
      selector: texts.default({}),
      ports: z.array(servicePort).default([]),
    })
    .prefault({}),
});

/** Whatever scales, protects or walls in pods, as far as a takeover looks at it. */
export const liveScaler = z.object({
  metadata: liveMetadata,
  spec: z
    .object({
      scaleTargetRef: z.object({ kind: z.string().default("Deployment"), name: z.string().default("") }).prefault({}),
    })
    .prefault({}),
});
export const livePolicy = z.object({
  metadata: liveMetadata,
  spec: z.object({ podSelector: labelSelector.optional(), selector: labelSelector.optional() }).prefault({}),
});

export const liveFlaggerCanary = z.object({
  metadata: liveMetadata,
  spec: z.object({
    suspend: z.boolean().default(false),
    provider: z.string().default(""),
    targetRef: z.object({ kind: z.string().default(""), name: z.string().default("") }).prefault({}),
    routeRef: z.object({ name: z.string().default("") }).optional(),
    service: z.object({ name: z.string().optional(), port: z.int().optional() }).prefault({}),
  }),
  status: z.object({ phase: z.string().default(""), canaryWeight: z.int().default(0) }).prefault({}),
});

export type LiveMetadata = z.output<typeof liveMetadata>;
export type LabelSelector = z.output<typeof labelSelector>;
export type LiveDeployment = z.output<typeof liveDeployment>;
export type LiveService = z.output<typeof liveService>;
export type LiveScaler = z.output<typeof liveScaler>;
export type LivePolicy = z.output<typeof livePolicy>;
export type LiveFlaggerCanary = z.output<typeof liveFlaggerCanary>;

type Labels = Readonly<Record<string, string>>;

/** Whether a selector of a Service, which is never everything, selects pods with these labels. */
export function selects(selector: Labels, labels: Labels): boolean {
  const pairs = Object.entries(selector);
  return pairs.length > 0 && pairs.every(([key, value]) => labels[key] === value);
}

/** The same for a Deployment's, an autoscaler's or a policy's selector. */
export function matches({ matchLabels, matchExpressions }: LabelSelector, labels: Labels): boolean {
  const equal = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return equal && matchExpressions.every((each) => holds(each, labels[each.key]));
}

function holds({ operator, values }: LabelSelector["matchExpressions"][number], value: string | undefined): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    default:
      return value === undefined;
  }
}

/** As people write selectors: `app=web,tier in (a,b)`. */
export function selectorText({ matchLabels, matchExpressions }: LabelSelector): string {
  const equal = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const others = matchExpressions.map(({ key, operator, values }) =>
    operator === "Exists"
      ? key
      : operator === "DoesNotExist"
        ? `!${key}`
        : `${key} ${operator.toLowerCase()} (${values.join(",")})`,
  );
  return [...equal, ...others].join(",");
}

export function scales({ spec }: LiveScaler, deployment: string): boolean {
  const { kind, name } = spec.scaleTargetRef;
  return kind === "Deployment" && name === deployment;
}
