import * as pulumi from "@pulumi/pulumi";
import { objectSchema } from "./apisix-schemas.js";
import { createDefinition } from "./definition.js";
import type { DefinitionOptions } from "./definition.js";

interface Kind {
  readonly version: "v2" | "v1alpha1";
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames?: readonly string[];
  /** Whether the controller writes a status of its own. */
  readonly status: boolean;
  /** What `kubectl get` prints beside the name: title to path. */
  readonly columns?: Readonly<Record<string, string>>;
}

const group = "apisix.apache.org";

const v2 = { version: "v2", status: true } as const;
const alpha = { version: "v1alpha1", status: true } as const;

/** The controller watches all of these and does not start while one is missing. */
const apisixKinds: readonly Kind[] = [
  {
    ...v2,
    kind: "ApisixRoute",
    plural: "apisixroutes",
    singular: "apisixroute",
    shortNames: ["ar"],
    columns: { Hosts: ".spec.http[].match.hosts", URIs: ".spec.http[].match.paths" },
  },
  { ...v2, kind: "ApisixUpstream", plural: "apisixupstreams", singular: "apisixupstream", shortNames: ["au"] },
  {
    ...v2,
    kind: "ApisixPluginConfig",
    plural: "apisixpluginconfigs",
    singular: "apisixpluginconfig",
    shortNames: ["apc"],
  },
  { ...v2, kind: "ApisixGlobalRule", plural: "apisixglobalrules", singular: "apisixglobalrule", shortNames: ["agr"] },
  {
    ...v2,
    kind: "ApisixTls",
    plural: "apisixtlses",
    singular: "apisixtls",
    shortNames: ["atls"],
    columns: { SNIs: ".spec.hosts", "Secret Name": ".spec.secret.name", "Secret Namespace": ".spec.secret.namespace" },
  },
  { ...v2, kind: "ApisixConsumer", plural: "apisixconsumers", singular: "apisixconsumer", shortNames: ["ac"] },
  { ...alpha, kind: "GatewayProxy", plural: "gatewayproxies", singular: "gatewayproxy", status: false },
  { ...alpha, kind: "Consumer", plural: "consumers", singular: "consumer" },
  { ...alpha, kind: "PluginConfig", plural: "pluginconfigs", singular: "pluginconfig", status: false },
  { ...alpha, kind: "BackendTrafficPolicy", plural: "backendtrafficpolicies", singular: "backendtrafficpolicy" },
  { ...alpha, kind: "HTTPRoutePolicy", plural: "httproutepolicies", singular: "httproutepolicy" },
  { ...alpha, kind: "L4RoutePolicy", plural: "l4routepolicies", singular: "l4routepolicy" },
];

/** All kinds of `apisix.apache.org` that ingress controller 2.2 needs. A destroy keeps them unless told otherwise. */
export class ApisixDefinitions extends pulumi.ComponentResource {
  readonly definitions: readonly pulumi.Resource[];

  constructor(name: string, options: DefinitionOptions = {}, opts?: pulumi.ComponentResourceOptions) {
    super("apisix-canary:index:ApisixDefinitions", name, {}, opts);
    this.definitions = apisixKinds.map((each) => define(name, each, options, { parent: this }));
    this.registerOutputs({});
  }
}

function define(
  name: string,
  { version, kind, plural, singular, shortNames, status, columns }: Kind,
  options: DefinitionOptions,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const names = { kind, plural, singular, listKind: `${kind}List` };
  const printed = Object.entries(columns ?? {}).map(([title, jsonPath]) => ({ name: title, type: "string", jsonPath }));
  const spec = {
    group,
    scope: "Namespaced",
    names: { ...names, ...(shortNames === undefined ? {} : { shortNames: [...shortNames] }) },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        ...(status ? { subresources: { status: {} } } : {}),
        ...(printed.length === 0 ? {} : { additionalPrinterColumns: printed }),
        schema: { openAPIV3Schema: objectSchema(kind) },
      },
    ],
  };
  return createDefinition(`${name}-${plural}`, { name: `${plural}.${group}`, spec }, options, opts);
}
