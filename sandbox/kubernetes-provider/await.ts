// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.
import type { Kind } from "./discovery.js";
import type { Cluster, Operation } from "./operations.js";
import type { ValueObject } from "./values.js";

export async function awaitReady(_c: Cluster, _k: Kind, object: ValueObject, _o: Operation): Promise<ValueObject> {
  return Promise.resolve(object);
}
