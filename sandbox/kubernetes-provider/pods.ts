// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.
import type { ApiClient } from "./client.js";
import { at, listAt, numberAt, objectAt, textAt } from "./values.js";
import type { Value, ValueObject } from "./values.js";

/** What keeps a workload's pods from being ready, one line each. */
export async function podReasons(client: ApiClient, workload: ValueObject): Promise<readonly string[]> {
  const namespace = encodeURIComponent(textAt(workload, "metadata", "namespace") ?? "default");
  const labels = Object.entries(objectAt(workload, "spec", "selector", "matchLabels"));
  const labelSelector = labels.map(([key, value]) => `${key}=${typeof value === "string" ? value : ""}`).join(",");
  const pods = await client.request("GET", `/api/v1/namespaces/${namespace}/pods`, { query: { labelSelector } });
  const lines = listAt(pods, "items").flatMap((pod) =>
    troubles(pod).map((trouble) => `[Pod ${textAt(pod, "metadata", "name") ?? ""}]: ${trouble}`),
  );
  return [...new Set(lines)].slice(0, 10);
}

function troubles(pod: Value): readonly string[] {
  const scheduled = listAt(pod, "status", "conditions").find((item) => textAt(item, "type") === "PodScheduled");
  const waiting = textAt(scheduled, "status") === "False" ? [reasonAndMessage(scheduled)] : [];
  const statuses = [...listAt(pod, "status", "initContainerStatuses"), ...listAt(pod, "status", "containerStatuses")];
  return [...waiting, ...statuses.flatMap(containerTrouble)];
}

function containerTrouble(container: Value): readonly string[] {
  const name = textAt(container, "name") ?? "";
  const state = objectAt(container, "state");
  const last = at(container, "lastState", "terminated");
  const exit = last === undefined ? "" : `, last exit code ${numberAt(last, "exitCode") ?? "?"}`;
  if (state["waiting"] !== undefined) return [`container ${name}: ${reasonAndMessage(state["waiting"])}${exit}`];
  const ended = state["terminated"];
  if (ended !== undefined && numberAt(ended, "exitCode") !== 0) {
    return [`container ${name}: ${reasonAndMessage(ended)}, exit code ${numberAt(ended, "exitCode") ?? "?"}`];
  }
  const isRunning = state["running"] !== undefined;
  return isRunning && at(container, "ready") === false ? [`container ${name}: running but not ready${exit}`] : [];
}

function reasonAndMessage(value: Value | undefined): string {
  const message = textAt(value, "message");
  return `[${textAt(value, "reason") ?? "unknown"}]${message === undefined ? "" : ` ${message}`}`;
}
