import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectSchema } from "./apisix-schemas.js";

interface Kind {
  readonly version: "v2" | "v1alpha1";
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames?: readonly string[];
}

const group = "apisix.apache.org";

/** The controller watches all of these and does not start while one is missing. */
export const apisixKinds: readonly Kind[] = [
  { version: "v2", kind: "ApisixRoute", plural: "apisixroutes", singular: "apisixroute", shortNames: ["ar"] },
  { version: "v2", kind: "ApisixUpstream", plural: "apisixupstreams", singular: "apisixupstream", shortNames: ["au"] },
  {
    version: "v2",
    kind: "ApisixPluginConfig",
    plural: "apisixpluginconfigs",
    singular: "apisixpluginconfig",
    shortNames: ["apc"],
  },
  {
    version: "v2",
    kind: "ApisixGlobalRule",
    plural: "apisixglobalrules",
    singular: "apisixglobalrule",
    shortNames: ["agr"],
  },
  { version: "v2", kind: "ApisixTls", plural: "apisixtlses", singular: "apisixtls", shortNames: ["atls"] },
  { version: "v2", kind: "ApisixConsumer", plural: "apisixconsumers", singular: "apisixconsumer", shortNames: ["ac"] },
  { version: "v1alpha1", kind: "GatewayProxy", plural: "gatewayproxies", singular: "gatewayproxy" },
  { version: "v1alpha1", kind: "Consumer", plural: "consumers", singular: "consumer" },
  { version: "v1alpha1", kind: "PluginConfig", plural: "pluginconfigs", singular: "pluginconfig" },
  {
    version: "v1alpha1",
    kind: "BackendTrafficPolicy",
    plural: "backendtrafficpolicies",
    singular: "backendtrafficpolicy",
  },
  { version: "v1alpha1", kind: "HTTPRoutePolicy", plural: "httproutepolicies", singular: "httproutepolicy" },
  { version: "v1alpha1", kind: "L4RoutePolicy", plural: "l4routepolicies", singular: "l4routepolicy" },
];

/** All kinds of `apisix.apache.org` that ingress controller 2.2 needs. */
export class ApisixDefinitions extends pulumi.ComponentResource {
  readonly definitions: readonly pulumi.Resource[];

  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("apisix-canary:index:ApisixDefinitions", name, {}, opts);
    this.definitions = apisixKinds.map((each) => define(name, each, { parent: this }));
    this.registerOutputs({});
  }
}

function define(
  name: string,
  { version, kind, plural, singular, shortNames }: Kind,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return new k8s.apiextensions.v1.CustomResourceDefinition(
    `${name}-${plural}`,
    {
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: "Namespaced",
        names: {
          kind,
          plural,
          singular,
          listKind: `${kind}List`,
          ...(shortNames === undefined ? {} : { shortNames: [...shortNames] }),
        },
        versions: [
          {
            name: version,
            served: true,
            storage: true,
            subresources: { status: {} },
            schema: { openAPIV3Schema: objectSchema(kind) },
          },
        ],
      },
    },
    opts,
  );
}
