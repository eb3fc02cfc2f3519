// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.
import { createHash, randomBytes } from "node:crypto";
import type { Discovery } from "./discovery.js";
import { at, objectAt, plain, secretContents, textAt, withValue } from "./values.js";
import type { ValueObject } from "./values.js";

const autonamed = "pulumi.com/autonamed";

export interface CheckRequest {
  readonly logicalName: string;
  readonly olds: ValueObject;
  readonly news: ValueObject;
  readonly seed: Uint8Array;
  readonly defaultNamespace: string;
}

/** A program's inputs with name and namespace; a secret's contents marked. */
export async function checked(request: CheckRequest, discovery: Discovery): Promise<ValueObject> {
  const { news, olds } = request;
  let inputs = news;
  if (at(news, "metadata", "name") === undefined && at(news, "metadata", "generateName") === undefined) {
    const oldName = isAutonamed(olds) ? textAt(olds, "metadata", "name") : undefined;
    inputs = withValue(inputs, ["metadata", "name"], oldName ?? autoname(request.logicalName, request.seed));
    inputs = withValue(inputs, ["metadata", "annotations"], {
      ...objectAt(inputs, "metadata", "annotations"),
      [autonamed]: "true",
    });
  }
  const apiVersion = textAt(news, "apiVersion") ?? "v1";
  if (await discovery.isNamespaced(apiVersion, textAt(news, "kind") ?? "")) {
    const namespace = at(inputs, "metadata", "namespace") ?? "";
    if (namespace === "") inputs = withValue(inputs, ["metadata", "namespace"], request.defaultNamespace);
  } else if (at(inputs, "metadata", "namespace") !== undefined) {
    inputs = withValue(inputs, ["metadata", "namespace"], undefined);
  }
  return secretContents(inputs);
}

export function isAutonamed(inputs: ValueObject): boolean {
  return at(plain(objectAt(inputs, "metadata", "annotations")), autonamed) === "true";
}

function autoname(logicalName: string, seed: Uint8Array): string {
  const bytes = seed.length > 0 ? createHash("sha256").update(seed).digest() : randomBytes(4);
  return `${logicalName.toLowerCase()}-${bytes.toString("hex").slice(0, 8)}`;
}
