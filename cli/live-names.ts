import { contextNames } from "../release/adapters/kubernetes/index.js";
import type { Candidate, LiveNames, Typed } from "./completion.js";
import { Releases } from "./releases.js";

/** Nobody waits longer for a TAB. */
const longestMs = 2_000;

/** Names from the cluster and the kubeconfig that the line names so far. */
export const liveNames: LiveNames = {
  releases: (typed) =>
    orNone(async (signal) => {
      const releases = new Releases(sourceOf(typed));
      const namespace = typed["namespace"] ?? (await releases.defaultNamespace());
      const found = await releases.list(namespace, signal);
      return found.map(({ name, status }) => ({ value: name, description: status?.phase ?? "no run yet" }));
    }),
  namespaces: (typed) =>
    orNone(async (signal) => {
      const found = await new Releases(sourceOf(typed)).list(undefined, signal);
      const counts = new Map<string, number>();
      for (const { namespace } of found) counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
      return [...counts].map(([value, count]) => ({
        value,
        description: count === 1 ? "1 release" : `${count} releases`,
      }));
    }),
  contexts: (typed) =>
    orNone(async () => (await contextNames(sourceOf(typed))).map((value) => ({ value, description: "" }))),
};

function sourceOf({ kubeconfig, context }: Typed) {
  return { kubeconfig, context };
}

/** A cluster that is away or forbids it says nothing. */
async function orNone(ask: (signal: AbortSignal) => Promise<readonly Candidate[]>): Promise<readonly Candidate[]> {
  return ask(AbortSignal.timeout(longestMs)).catch(() => []);
}
