import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Role } from "../../release/model/index.js";
import type { Renames } from "../../release/template/index.js";
import type { Making } from "./making.js";

type Data = pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;
type Copy = k8s.core.v1.ConfigMap | k8s.core.v1.Secret;

/** The copies of ConfigMaps and Secrets that belong to one role. */
export interface Configuration {
  readonly renames: Renames;
  /** Where a name depends on outputs, its copy is made when they are known. */
  readonly copies: readonly pulumi.Input<Copy>[];
}

/**
 * One copy of each ConfigMap and Secret for this role. The primary's copies are made after the analysis, so its
 * configuration changes only at promotion. A copy has its content's identity in both of its names, so that a change is a
 * new object and going back is clean.
 */
export function copyConfiguration(making: Making, role: Role, opts: pulumi.CustomResourceOptions): Configuration {
  const { configs = {}, secrets = {} } = making.args;
  const copies = [
    ...Object.entries(configs).map(([source, data]) => copyOf(making, role, source, data, false, opts)),
    ...Object.entries(secrets).map(([source, data]) => copyOf(making, role, source, data, true, opts)),
  ];
  return {
    renames: Object.fromEntries(copies.map(({ source, name }) => [source, name])),
    copies: copies.map(({ copy }) => copy),
  };
}

function copyOf(
  making: Making,
  role: Role,
  source: string,
  data: Data,
  isSecret: boolean,
  opts: pulumi.CustomResourceOptions,
): { readonly source: string; readonly name: pulumi.Input<string>; readonly copy: pulumi.Input<Copy> } {
  const identity = making.identity.of(data, { isSecret });
  const nameOf = (hash: string): string => `${source}-${role}-${hash}`;
  const create = (hash: string): Copy => {
    const name = nameOf(hash);
    const logical = `${making.logical}-${name}`;
    const metadata = making.metadata(name);
    return isSecret
      ? new k8s.core.v1.Secret(logical, { metadata, stringData: pulumi.secret(data) }, opts)
      : new k8s.core.v1.ConfigMap(logical, { metadata, data }, opts);
  };
  return typeof identity === "string"
    ? { source, name: nameOf(identity), copy: create(identity) }
    : { source, name: identity.apply(nameOf), copy: identity.apply(create) };
}
