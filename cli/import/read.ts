import { z } from "zod";
import { liveMetadata } from "../../release/adoption/index.js";
import type { ApiServer, Call } from "../../release/adapters/kubernetes/index.js";
import { annotations, deploymentName } from "../../release/model/index.js";
import { templateFor } from "../../release/template/index.js";
import type { PlainTemplate } from "../../release/template/index.js";

const reference = z.object({ kind: z.string().default(""), name: z.string(), namespace: z.string().optional() });
const provider = z.object({ name: z.string(), namespace: z.string().optional() });

const canarySchema = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string(), uid: z.string().default("") }),
  spec: z.looseObject({
    targetRef: reference,
    autoscalerRef: reference.optional(),
    routeRef: z.object({ name: z.string() }).optional(),
    analysis: z
      .looseObject({
        metrics: z.array(z.looseObject({ templateRef: provider.optional() })).default([]),
        alerts: z.array(z.looseObject({ providerRef: provider.optional() })).default([]),
      })
      .prefault({}),
  }),
  status: z.looseObject({ phase: z.string().default("") }).prefault({}),
});

const objectSchema = z.looseObject({ metadata: z.looseObject({}), spec: z.looseObject({}).optional() });
const deploymentSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string().default("") }),
  spec: z.looseObject({
    replicas: z.int().default(1),
    template: z.looseObject({ spec: z.looseObject({ containers: z.array(z.record(z.string(), z.unknown())) }) }),
  }),
});
const routeSchema = z.looseObject({ spec: z.looseObject({ ingressClassName: z.string().optional() }).prefault({}) });
const copies = z.object({ items: z.array(z.object({ metadata: liveMetadata })) });

type Canary = z.output<typeof canarySchema>;
type LiveObject = z.output<typeof objectSchema>;

/** A Flagger-managed application as the cluster has it. */
export interface Imported {
  /** Of the Canary's target, and of the release. */
  readonly target: string;
  readonly ingressClassName: string | undefined;
  /** Canary, Deployment, autoscaler, metric templates, alert providers: as people would have written them. */
  readonly objects: readonly object[];
  /** One line each. */
  readonly notes: readonly string[];
}

const flagger = { group: "flagger.app", version: "v1beta1" } as const;
const core = { group: "", version: "v1" } as const;

/** @throws Error of one line where the Canary, or something it refers to, is missing or can't be read */
export async function readCanary(
  api: ApiServer,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<Imported> {
  const reader = new Reader(api, signal);
  const canary = await reader.need("Canary", { ...flagger, plural: "canaries" }, namespace, name, canarySchema);
  const { targetRef, routeRef } = canary.spec;
  if (targetRef.kind !== "Deployment")
    throw new Error(
      `Canary ${name}: its target is ${targetRef.kind} ${targetRef.name}: only a Deployment can be released`,
    );
  const [workload, others, route] = await Promise.all([
    reader.workload(canary, namespace),
    reader.referred(canary, namespace),
    routeRef === undefined ? undefined : reader.need("ApisixRoute", routes, namespace, routeRef.name, routeSchema),
  ]);
  return {
    target: targetRef.name,
    ingressClassName: route?.spec.ingressClassName,
    objects: [canary, workload.deployment, ...others].map(asWritten),
    notes: workload.notes,
  };
}

const routes = { group: "apisix.apache.org", version: "v2", plural: "apisixroutes" } as const;
const deployments = { group: "apps", version: "v1", plural: "deployments" } as const;

class Reader {
  constructor(
    private readonly api: ApiServer,
    private readonly signal: AbortSignal,
  ) {}

  async need<T>(
    kind: string,
    place: Pick<Call, "group" | "version" | "plural">,
    namespace: string,
    name: string,
    schema: z.ZodType<T>,
  ): Promise<T> {
    const found = await this.api.find({ verb: "get", ...place, namespace, name }, schema, this.signal);
    if (found === undefined) throw new Error(`there is no ${kind} ${name} in namespace ${namespace}`);
    return found;
  }

  /** The target's pods; after a failure the primary's, which are what users have. */
  async workload(
    canary: Canary,
    namespace: string,
  ): Promise<{ readonly deployment: object; readonly notes: readonly string[] }> {
    const { name } = canary.spec.targetRef;
    const primaryName = deploymentName(name, "primary");
    const [target, primary] = await Promise.all([
      this.need("Deployment", deployments, namespace, name, deploymentSchema),
      this.need("Deployment", deployments, namespace, primaryName, deploymentSchema),
    ]);
    const failed = canary.status.phase === "Failed";
    const template = failed
      ? await this.primaryTemplate(canary, namespace, primary.spec.template)
      : target.spec.template;
    const spec = { ...target.spec, template, replicas: Math.max(1, primary.spec.replicas) };
    const notes = failed
      ? [`the last revision failed: the program has the pods of ${primaryName}, which serve all users`]
      : [];
    return { deployment: { ...target, kind: "Deployment", apiVersion: "apps/v1", spec }, notes };
  }

  private async primaryTemplate(canary: Canary, namespace: string, template: PlainTemplate): Promise<object> {
    const { name } = canary.spec.targetRef;
    const renames = Object.fromEntries(
      (await this.copiesOf(canary, namespace)).map((copy) => [copy, copy.replace(/-primary$/, "")]),
    );
    const made = templateFor("canary", name, "", template, renames, { from: "primary" });
    const { [annotations.revision]: _revision, "flagger-id": _flaggers, ...texts } = made.metadata?.annotations ?? {};
    return { ...made, metadata: { ...made.metadata, annotations: texts } };
  }

  /** ConfigMaps and Secrets that Flagger has copied for the primary. */
  private async copiesOf(canary: Canary, namespace: string): Promise<readonly string[]> {
    const all = await Promise.all(
      ["configmaps", "secrets"].map((plural) =>
        this.api.do({ verb: "list", ...core, plural, namespace }, copies, this.signal),
      ),
    );
    return all
      .flatMap(({ items }) => items)
      .filter(({ metadata }) => metadata.ownerReferences.some(({ uid }) => uid === canary.metadata.uid))
      .map(({ metadata }) => metadata.name);
  }

  /** Autoscaler, metric templates and alert providers that the Canary names. */
  async referred(canary: Canary, namespace: string): Promise<readonly LiveObject[]> {
    const { autoscalerRef, analysis } = canary.spec;
    const templates = analysis.metrics.flatMap(({ templateRef }) => templateRef ?? []);
    const providers = analysis.alerts.flatMap(({ providerRef }) => providerRef ?? []);
    const found = [
      ...this.all("MetricTemplate", "metrictemplates", templates, namespace),
      ...this.all("AlertProvider", "alertproviders", providers, namespace),
      ...(autoscalerRef?.kind === "HorizontalPodAutoscaler" ? [this.autoscaler(autoscalerRef.name, namespace)] : []),
    ];
    return Promise.all(found);
  }

  private all(
    kind: string,
    plural: string,
    references: readonly z.output<typeof provider>[],
    namespace: string,
  ): readonly Promise<LiveObject>[] {
    const places = new Map(references.map((each) => [`${each.namespace ?? namespace}/${each.name}`, each]));
    return [...places.values()].map(async (each) => {
      const object = await this.need(
        kind,
        { ...flagger, plural },
        each.namespace ?? namespace,
        each.name,
        objectSchema,
      );
      return { apiVersion: "flagger.app/v1beta1", kind, ...object };
    });
  }

  private async autoscaler(name: string, namespace: string): Promise<LiveObject> {
    const place = { group: "autoscaling", version: "v2", plural: "horizontalpodautoscalers" };
    const kind = "HorizontalPodAutoscaler";
    return { apiVersion: "autoscaling/v2", kind, ...(await this.need(kind, place, namespace, name, objectSchema)) };
  }
}

/** What the cluster adds to every object says nothing about what people want. */
const clusters = [
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "managedFields",
  "ownerReferences",
  "finalizers",
  "annotations",
  "labels",
  "selfLink",
];

function asWritten(object: object): object {
  const { status: _status, metadata, ...rest } = object as Record<string, unknown>;
  const kept = Object.entries(metadata ?? {}).filter(([key]) => !clusters.includes(key));
  return { ...rest, metadata: Object.fromEntries(kept) };
}
