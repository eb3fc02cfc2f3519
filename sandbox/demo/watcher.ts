import { CustomObjectsApi, KubeConfig } from "@kubernetes/client-node";
import { setTimeout as pause } from "node:timers/promises";

export interface Seen {
  readonly phase: string;
  readonly weight: number;
  readonly primaryWeight: number;
}

export interface Watcher {
  /** Latest state. */
  last(): Seen | undefined;
  /** Highest canary weight seen. */
  highest(): number;
  stop(): Promise<void>;
}

const api = (): CustomObjectsApi => {
  const config = new KubeConfig();
  config.loadFromDefault();
  return config.makeApiClient(CustomObjectsApi);
};

/** Looks at the release and its route several times a second and tells each change. */
export function watchRelease(tell: (line: string) => void): Watcher {
  const client = api();
  const state: { running: boolean; last: Seen | undefined; highest: number } = {
    running: true,
    last: undefined,
    highest: 0,
  };
  const loop = (async () => {
    while (state.running) {
      const seen = await look(client).catch(() => undefined);
      if (seen !== undefined && JSON.stringify(seen) !== JSON.stringify(state.last)) {
        tell(`podinfo-podinfo-canary: primary ${seen.primaryWeight} canary ${seen.weight}   ${seen.phase}`);
        state.last = seen;
        state.highest = Math.max(state.highest, seen.weight);
      }
      await pause(200);
    }
  })();
  return {
    last: () => state.last,
    highest: () => state.highest,
    stop: async () => {
      state.running = false;
      await loop;
    },
  };
}

async function look(client: CustomObjectsApi): Promise<Seen> {
  const [release, route] = await Promise.all([
    client.getNamespacedCustomObject({
      group: "apisix-canary.io",
      version: "v1",
      namespace: "test",
      plural: "canaryreleases",
      name: "podinfo",
    }) as Promise<unknown>,
    client.getNamespacedCustomObject({
      group: "apisix.apache.org",
      version: "v2",
      namespace: "test",
      plural: "apisixroutes",
      name: "podinfo-podinfo-canary",
    }) as Promise<unknown>,
  ]);
  const phase = at(release, "status", "phase");
  return {
    phase: typeof phase === "string" ? phase : "",
    weight: Number(at(route, "spec", "http", 0, "backends", 1, "weight")),
    primaryWeight: Number(at(route, "spec", "http", 0, "backends", 0, "weight")),
  };
}

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}
