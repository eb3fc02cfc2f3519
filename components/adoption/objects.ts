import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { whenKnown } from "../arguments/index.js";
import { programManager } from "../../release/model/index.js";

/** Whose the objects of a release were before, and whose they are after it. */
export interface Custody {
  /** They may exist already: each is applied over what is there. */
  readonly takesOver: boolean;
  /** A plain Deployment and its Service stay when the release is deleted; the runtime sees to everything. */
  readonly givesBack: boolean;
}

type Texts = pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;

interface Metadata {
  readonly name: pulumi.Input<string>;
  readonly namespace: pulumi.Input<string>;
  readonly labels?: Texts;
  readonly annotations: Texts;
}

/** Created, or applied over what was there. */
export type ReleaseService = k8s.core.v1.Service | k8s.core.v1.ServicePatch;
/** Created, or applied over what was there. */
export type ReleaseDeployment = k8s.apps.v1.Deployment | k8s.apps.v1.DeploymentPatch;
/** Created, or applied over what was there. */
export type ReleaseAutoscaler =
  k8s.autoscaling.v2.HorizontalPodAutoscaler | k8s.autoscaling.v2.HorizontalPodAutoscalerPatch;
/** Created, or applied over what was there. */
export type ReleaseRoute = k8s.apiextensions.CustomResource | k8s.apiextensions.CustomResourcePatch;

interface Manifest<Spec> {
  readonly metadata: Metadata;
  readonly spec: Spec;
}

type Spec<T> = pulumi.Input<T>;

/**
 * The Kubernetes objects of a release, in one of two ways: created, as usual; or applied server-side over what may be
 * there, which the provider does for `…Patch` resources. The latter, and those of a release that is given back, are
 * deleted by the runtime alone, in an order in which nobody loses an answer. An object has two types over its life, so
 * each is the other's alias.
 */
export class ReleaseObjects {
  constructor(private readonly custody: Custody) {}

  get takesOver(): boolean {
    return this.custody.takesOver;
  }

  service(
    name: string,
    manifest: Manifest<Spec<k8s.types.input.core.v1.ServiceSpec>>,
    opts: pulumi.CustomResourceOptions,
  ): ReleaseService {
    const token = "kubernetes:core/v1:Service";
    return this.custody.takesOver
      ? new k8s.core.v1.ServicePatch(name, this.over(manifest), this.retained(opts, token))
      : new k8s.core.v1.Service(name, manifest, this.own(opts, token));
  }

  deployment(
    name: string,
    manifest: Manifest<k8s.types.input.apps.v1.DeploymentSpec>,
    opts: pulumi.CustomResourceOptions,
  ): ReleaseDeployment {
    const token = "kubernetes:apps/v1:Deployment";
    if (!this.custody.takesOver) return new k8s.apps.v1.Deployment(name, manifest, this.own(opts, token));
    // Pods are scaled by others from the first moment on: a field that an apply has and then drops would be reset.
    const { replicas: _replicas, ...spec } = manifest.spec;
    return new k8s.apps.v1.DeploymentPatch(name, this.over({ ...manifest, spec }), this.retained(opts, token));
  }

  autoscaler(
    name: string,
    manifest: Manifest<Spec<k8s.types.input.autoscaling.v2.HorizontalPodAutoscalerSpec>>,
    opts: pulumi.CustomResourceOptions,
  ): ReleaseAutoscaler {
    const token = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler";
    return this.custody.takesOver
      ? new k8s.autoscaling.v2.HorizontalPodAutoscalerPatch(name, this.over(manifest), this.retained(opts, token))
      : new k8s.autoscaling.v2.HorizontalPodAutoscaler(name, manifest, this.own(opts, token));
  }

  /** An object of APISIX's. */
  apisix(
    name: string,
    kind: "ApisixRoute" | "ApisixUpstream",
    manifest: Manifest<pulumi.Input<Readonly<Record<string, unknown>>>>,
    opts: pulumi.CustomResourceOptions,
  ): ReleaseRoute {
    const apiVersion = "apisix.apache.org/v2";
    const token = `kubernetes:${apiVersion}:${kind}`;
    return this.custody.takesOver
      ? new k8s.apiextensions.CustomResourcePatch(
          name,
          { apiVersion, kind, ...this.over(manifest) },
          this.retained(opts, token),
        )
      : new k8s.apiextensions.CustomResource(name, { apiVersion, kind, ...manifest }, this.own(opts, token));
  }

  private over<S>({ metadata, spec }: Manifest<S>): Manifest<S> {
    const patch = { "pulumi.com/patchForce": "true", "pulumi.com/patchFieldManager": programManager };
    const annotations = whenKnown(metadata.annotations, (known) => ({ ...known, ...patch }));
    return { metadata: { ...metadata, annotations }, spec };
  }

  private retained(opts: pulumi.CustomResourceOptions, token: string): pulumi.CustomResourceOptions {
    return pulumi.mergeOptions(opts, { aliases: [{ type: token }], retainOnDelete: true });
  }

  private own(opts: pulumi.CustomResourceOptions, token: string): pulumi.CustomResourceOptions {
    const aliased = pulumi.mergeOptions(opts, { aliases: [{ type: `${token}Patch` }] });
    // Users are with the primary until the runtime has led them to the Deployment that stays.
    return this.custody.givesBack ? { ...aliased, retainOnDelete: true } : aliased;
  }
}
