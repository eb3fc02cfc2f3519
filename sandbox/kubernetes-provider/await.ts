// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.
import { setTimeout as sleep } from "node:timers/promises";
import { UnreachableError } from "./client.js";
import { objectPath } from "./discovery.js";
import type { Kind } from "./discovery.js";
import { NotReadyError } from "./failures.js";
import type { Cluster, Operation } from "./contract.js";
import { readinessOf } from "./readiness.js";
import { showWarnings } from "./related-events.js";
import type { Readiness, Verdict } from "./readiness.js";
import { textAt } from "./values.js";
import type { ValueObject } from "./values.js";
import { conditionsOf, waitForReadiness } from "./wait-for.js";

const defaultTimeoutSeconds = 600;

/** How to wait for one object; nothing when it is ready as soon as it is written. */
export interface Wait {
  readonly readiness: Readiness | undefined;
  readonly limitSeconds: number;
}

/** Reads a program's wishes, before anything is written. @throws Error for an annotation that means nothing */
export function plannedWait(kind: Kind, operation: Operation): Wait {
  const annotation = (name: string): string | undefined =>
    textAt(operation.inputs, "metadata", "annotations", `pulumi.com/${name}`);
  const limitSeconds = operation.timeoutSeconds || Number(annotation("timeoutSeconds")) || defaultTimeoutSeconds;
  if (annotation("skipAwait") === "true") return { readiness: undefined, limitSeconds };
  const waitFor = annotation("waitFor");
  const readiness = waitFor === undefined ? readinessOf(kind) : waitForReadiness(conditionsOf(waitFor));
  return { readiness, limitSeconds };
}

/** Waits until a written object is live, and returns it as it is then. @throws NotReadyError */
export async function awaitReady(
  cluster: Cluster,
  kind: Kind,
  written: ValueObject,
  { readiness, limitSeconds }: Wait,
  urn: string,
): Promise<ValueObject> {
  if (readiness === undefined) return written;
  const log = cluster.log.statusOf(urn);
  const startMs = Date.now();
  let live = written;
  for (let waitMs = 100; ; waitMs = Math.min(waitMs * 1.5, 1000)) {
    const waitedSeconds = (Date.now() - startMs) / 1000;
    await showWarnings(cluster.client, live, log);
    const verdict = await judged(readiness, cluster, live, waitedSeconds);
    if (verdict.state === "ready") {
      log.clear();
      return live;
    }
    if (verdict.state === "failed") throw notReady(live, "failed", verdict.reasons);
    if (cluster.signal.aborted) throw notReady(live, "was cancelled while it was waiting to be ready", verdict.reasons);
    if (waitedSeconds >= limitSeconds) {
      throw notReady(live, `timed out waiting to be ready after ${limitSeconds} s`, verdict.reasons);
    }
    await sleep(Math.min(waitMs, Math.max(50, (limitSeconds - waitedSeconds) * 1000)));
    live = await latest(cluster, kind, live);
  }
}

/** The object is written: a question that fails must not lose it. */
async function judged(
  readiness: Readiness,
  cluster: Cluster,
  live: ValueObject,
  waitedSeconds: number,
): Promise<Verdict> {
  try {
    return await readiness(cluster.client, live, waitedSeconds);
  } catch (error) {
    return { state: "waiting", reasons: [error instanceof Error ? error.message : String(error)] };
  }
}

async function latest(cluster: Cluster, kind: Kind, object: ValueObject): Promise<ValueObject> {
  let found: ValueObject | undefined;
  try {
    found = await cluster.client.find(objectPath(kind, object));
  } catch (error) {
    // A moment without an API server must not lose it either.
    if (error instanceof UnreachableError) return object;
    throw notReady(object, "can't be read", [error instanceof Error ? error.message : String(error)]);
  }
  if (found === undefined) throw new Error(`${describe(object)} was deleted while it was waiting to be ready`);
  return found;
}

function notReady(object: ValueObject, what: string, reasons: readonly string[]): NotReadyError {
  const name = textAt(object, "metadata", "name") ?? "";
  const message = `the Kubernetes API server reported that ${describe(object)} failed to fully initialize or become live: '${name}' ${what}`;
  return new NotReadyError(message, object, [message, ...reasons]);
}

function describe(object: ValueObject): string {
  const namespace = textAt(object, "metadata", "namespace");
  return `"${namespace === undefined ? "" : `${namespace}/`}${textAt(object, "metadata", "name") ?? ""}"`;
}
