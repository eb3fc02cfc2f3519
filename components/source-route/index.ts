/** The ApisixRoute that a release takes its share of: read by the runtime, at each preview and update. */
import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamic/index.js";

export interface SourceRouteInputs {
  readonly namespace: pulumi.Input<string>;
  /** Of the release. */
  readonly name: string;
  /** The ApisixRoute; without one only the ApisixUpstream of the Service is read. */
  readonly source?: string;
  /** The weighted route that its rules are for. */
  readonly routeName: string;
  readonly service: {
    readonly name: string;
    readonly port: pulumi.Input<number>;
    readonly portName: pulumi.Input<string>;
  };
  readonly ingressClassName: pulumi.Input<string>;
  /** Objects under the release's names are taken over: they are no collisions. */
  readonly takesOver?: boolean;
  readonly kubeconfig?: pulumi.Input<string | undefined>;
  readonly context?: pulumi.Input<string | undefined>;
  readonly cluster?: pulumi.Input<string | undefined>;
}

/** One http rule of an ApisixRoute v2, open for what we don't touch. */
export type HttpRule = Readonly<Record<string, unknown>>;

/**
 * Rules of a route that lead to a release, as the release has them, and the settings of its Service's ApisixUpstream.
 * What is read are its inputs: a preview shows it where there is a cluster, and the next update follows the source.
 */
export class SourceRoute extends DynamicResource {
  declare readonly http: pulumi.Output<readonly HttpRule[]>;
  declare readonly upstream: pulumi.Output<Readonly<Record<string, unknown>>>;

  constructor(name: string, inputs: SourceRouteInputs, opts: pulumi.CustomResourceOptions) {
    const runtime = { name: "sourceRoute", methods: ["check", "diff", "create", "update"] } as const;
    const secret = pulumi.mergeOptions(opts, { additionalSecretOutputs: ["kubeconfig"] });
    super("SourceRoute", runtime, name, inputs, ["http", "upstream"], secret);
  }
}
