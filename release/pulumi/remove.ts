import * as pulumi from "@pulumi/pulumi";
import { createKubernetesAdapters } from "../adapters/kubernetes/index.js";
import { ReleaseFailed, sentenceOf } from "../machine/failure.js";
import { proveRemoval } from "../machine/ownership.js";
import type { ReleaseSettings } from "../settings/index.js";

/** A cluster that can't be asked can't be deleted from either. */
const patienceMs = 15_000;

/**
 * Before the objects of a release are deleted: refuses where one of them is not this release's any more, and takes back
 * the Events about it, which the Kubernetes provider would show once more, as if its removal had failed.
 * @throws ReleaseFailed
 */
export async function beforeRemoval(settings: ReleaseSettings): Promise<void> {
  const signal = AbortSignal.timeout(patienceMs);
  const { cluster, lock, events } = createKubernetesAdapters({ settings });
  try {
    const here = await proveRemoval(settings, { cluster, lock }, settings.autoscaler === "managed", signal);
    if (here) await events.clear(signal);
  } catch (error) {
    if (error instanceof ReleaseFailed) throw error;
    await pulumi.log.debug(`${settings.name}.${settings.namespace}: ${sentenceOf(error)}`);
  }
}
