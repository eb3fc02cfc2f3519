import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Role } from "../../release/model/index.js";
import type { CanaryReleaseArgs } from "./args.js";
import { contentHash } from "../kubernetes/index.js";
import type { Renames } from "./template.js";

/** The copies of ConfigMaps and Secrets that belong to one role. */
export interface Configuration {
  readonly renames: Renames;
  readonly resources: readonly pulumi.Resource[];
}

/** A copy's name: content hash in it, so that a change is a new object and going back is clean. */
export function copyName(source: string, role: Role, data: unknown): string {
  return `${source}-${role}-${contentHash(data)}`;
}

/**
 * One copy of each ConfigMap and Secret for this role. The primary's copies are made after the analysis, so its
 * configuration changes only at promotion.
 */
export function copyConfiguration(
  release: string,
  role: Role,
  args: Pick<CanaryReleaseArgs, "configs" | "secrets" | "namespace">,
  opts: pulumi.CustomResourceOptions,
): Configuration {
  const configs = Object.entries(args.configs ?? {}).map(([source, data]) => {
    const name = copyName(source, role, data);
    const metadata = { name, namespace: args.namespace };
    return { source, name, resource: new k8s.core.v1.ConfigMap(`${release}-${name}`, { metadata, data }, opts) };
  });
  const secrets = Object.entries(args.secrets ?? {}).map(([source, data]) => {
    const name = copyName(source, role, data);
    const stringData = pulumi.secret({ ...data });
    const metadata = { name, namespace: args.namespace };
    return { source, name, resource: new k8s.core.v1.Secret(`${release}-${name}`, { metadata, stringData }, opts) };
  });
  const copies = [...configs, ...secrets];
  return {
    renames: Object.fromEntries(copies.map(({ source, name }) => [source, name])),
    resources: copies.map(({ resource }) => resource),
  };
}
