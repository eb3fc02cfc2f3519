import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { argument } from "../arguments/index.js";
import type { Shape } from "../arguments/index.js";

type PodSpec = k8s.types.input.core.v1.PodSpec;
type Container = k8s.types.input.core.v1.Container;
type Resources = k8s.types.input.core.v1.ResourceRequirements;
type Spread = k8s.types.input.core.v1.TopologySpreadConstraint;
type Inputs<T> = pulumi.Input<pulumi.Input<T>[]>;

/** How the pods of one part of the platform are pulled, placed, sized and marked; the same for every part. */
export interface PodOptions {
  /**
   * Registry (and path) in place of the one that the default images name, for a mirror: with "registry.local/hub",
   * `ghcr.io/api7/adc` becomes `registry.local/hub/api7/adc`, and an official image `registry.local/hub/library/NAME`.
   * An image given by `image` is taken as it is. Default: the images' own registries.
   */
  readonly imageRegistry?: pulumi.Input<string>;
  /** Default: Kubernetes' own (IfNotPresent for a tag). */
  readonly imagePullPolicy?: pulumi.Input<"Always" | "IfNotPresent" | "Never">;
  /** Names of Secrets in the part's namespace that open the registry. Default: none. */
  readonly imagePullSecrets?: Inputs<string>;
  /** Of the part's main container. Default: requests that fit its usual work, and a memory limit. */
  readonly resources?: pulumi.Input<Resources>;
  /** Labels that a node must have. Default: any node. */
  readonly nodeSelector?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Taints that the pods bear. Default: none. */
  readonly tolerations?: Inputs<k8s.types.input.core.v1.Toleration>;
  /** Default: none. */
  readonly affinity?: pulumi.Input<k8s.types.input.core.v1.Affinity>;
  /** Default: the gateway's pods over nodes where they can be; the other parts' as the scheduler likes. */
  readonly topologySpreadConstraints?: Inputs<Spread>;
  /** Default: the cluster's default class. */
  readonly priorityClassName?: pulumi.Input<string>;
  /** Added to ours. */
  readonly podAnnotations?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Added to ours; what selectors use (`app`) stays. */
  readonly podLabels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * How many pods may be away by a drain: a count or a percentage; `false`: no budget.
   * Default: `{ maxUnavailable: 1 }` for 2 replicas or more, else none.
   */
  readonly podDisruptionBudget?: false | DisruptionBudget;
}

/** One of the two, as a PodDisruptionBudget has them. */
export interface DisruptionBudget {
  /** Pods that must stay: a count or a percentage. */
  readonly minAvailable?: pulumi.Input<number | string>;
  /** Pods that may be away: a count or a percentage. */
  readonly maxUnavailable?: pulumi.Input<number | string>;
}

const pods = z.union([z.int().min(0), z.string().regex(/^\d+%$/, 'must be a number of pods or like "50%"')]).optional();

/** Schemas of `PodOptions`, for the arguments of a part. */
export const podOptionsShape = {
  imageRegistry: z
    .string()
    .regex(/^[^\s/]+(\/[^\s/]+)*$/, "must be a registry, with or without a path, like registry.local/hub")
    .optional(),
  imagePullPolicy: z.enum(["Always", "IfNotPresent", "Never"]).optional(),
  imagePullSecrets: argument.texts,
  resources: argument.manifest,
  nodeSelector: argument.labels,
  tolerations: argument.manifests,
  affinity: argument.manifest,
  topologySpreadConstraints: argument.manifests,
  priorityClassName: argument.text,
  podAnnotations: argument.labels,
  podLabels: argument.labels,
  podDisruptionBudget: z
    .union([
      z.literal(false),
      z
        .strictObject({ minAvailable: pods, maxUnavailable: pods })
        .refine((budget) => (budget.minAvailable === undefined) !== (budget.maxUnavailable === undefined), {
          message: "needs minAvailable or maxUnavailable, not both",
        }),
    ])
    .optional(),
} satisfies Shape<PodOptions>;

/** What of the options concerns every container; `own` is its image as the user gave it. */
export function imageOf(
  options: PodOptions,
  own: pulumi.Input<string> | undefined,
  standard: string,
): Pick<Container, "image" | "imagePullPolicy"> {
  const { imageRegistry, imagePullPolicy } = options;
  const mirrored =
    imageRegistry === undefined ? standard : pulumi.output(imageRegistry).apply((at) => inRegistry(standard, at));
  return {
    image: own ?? mirrored,
    ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }),
  };
}

/** The same image below another registry. */
export function inRegistry(image: string, registry: string): string {
  const [first = "", ...rest] = image.split("/");
  // As Docker tells a registry from a user: by a dot, a port, or its one well-known name.
  const isRegistry = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const repository = isRegistry ? rest.join("/") : rest.length === 0 ? `library/${image}` : image;
  return `${registry}/${repository}`;
}

/** The spec with what the options say of the whole pod; what they leave open stays as it is. */
export function placed(spec: PodSpec, options: PodOptions): PodSpec {
  const { nodeSelector, tolerations, affinity, topologySpreadConstraints, priorityClassName } = options;
  const secrets = options.imagePullSecrets;
  return {
    ...spec,
    ...given({ nodeSelector, tolerations, affinity, topologySpreadConstraints, priorityClassName }),
    ...(secrets === undefined
      ? {}
      : { imagePullSecrets: pulumi.output(secrets).apply((names) => names.map((name) => ({ name }))) }),
  };
}

/** The pods of one app over nodes, as far as that is possible: a cluster of one node runs them all the same. */
export function overNodes(app: string): Spread {
  return {
    maxSkew: 1,
    topologyKey: "kubernetes.io/hostname",
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: { app } },
  };
}

/** Labels and annotations of the pods: ours win, selectors rest on them. */
export function podMetadata(
  options: PodOptions,
  own: { readonly labels: Record<string, string>; readonly annotations?: Record<string, pulumi.Input<string>> },
): k8s.types.input.meta.v1.ObjectMeta {
  const labels = merged(options.podLabels, own.labels);
  const annotations = merged(options.podAnnotations, own.annotations ?? {});
  const isBare = options.podAnnotations === undefined && Object.keys(own.annotations ?? {}).length === 0;
  // An empty map would be a permanent difference between the program and the object.
  return isBare ? { labels } : { labels, annotations };
}

type Texts = Record<string, pulumi.Input<string>>;

function merged(theirs: pulumi.Input<Texts> | undefined, ours: Texts): pulumi.Input<Texts> {
  if (theirs === undefined) return ours;
  return pulumi.all([theirs, ours]).apply(([given, own]) => ({ ...given, ...own }));
}

/** Without the properties that nobody gave. */
function given<T extends object>(values: T): Partial<T> {
  const known: Partial<T> = {};
  for (const key in values) if (values[key] !== undefined) known[key] = values[key];
  return known;
}

/** The options of one part over those that hold for all parts: a part's own win. */
export function withDefaults<T extends PodOptions>(own: T, common: PodOptions | undefined): T {
  return { ...given(common ?? {}), ...own };
}
