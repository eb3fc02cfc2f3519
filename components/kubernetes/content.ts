import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { canonicalJson } from "../../release/model/index.js";

/** The identity of a value's content: ten hex digits, the same for the same JSON whatever the order of its keys. */
export function contentHash(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex").slice(0, 10);
}

/**
 * A ConfigMap of one file whose name tells its content, so that pods which read it once are replaced with it. The hash
 * stands in the logical name too: another content is then another resource, not a replacement, and going back is
 * clean. A content that is an output can't name a resource: there it is in the object's name alone.
 */
export function contentConfigMap(
  prefix: string,
  base: string,
  namespace: pulumi.Input<string>,
  file: string,
  text: string | pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.ConfigMap {
  const logical = typeof text === "string" ? `${prefix}-${contentHash(text)}` : prefix;
  const name = pulumi.output(text).apply((known) => `${base}-${contentHash(known)}`);
  return new k8s.core.v1.ConfigMap(logical, { metadata: { name, namespace }, data: { [file]: text } }, opts);
}
