import { setTimeout as pause } from "node:timers/promises";
import { Watch } from "@kubernetes/client-node";
import type { KubeConfig } from "@kubernetes/client-node";
import { at, textAt } from "../../side-by-side/objects.js";
import { routeViewOf } from "./route-view.js";
import type { RouteView } from "./route-view.js";

/** What the cluster says of one release, as last seen. */
export interface ReleaseView extends RouteView {
  readonly phase: string;
  readonly message: string;
  /** Kind of the plan's stage that the run is at; "" before its first. */
  readonly doing: string;
  /** Where a member of a train stands; "" of any other release. */
  readonly stands: string;
  /** Revision that passed its analysis; "" where none. */
  readonly passed: string;
  readonly promoted: string;
  /** Revision on the primary's template. */
  readonly primaryRevision: string;
  readonly primaryImage: string;
  readonly canaryReplicas: number;
}

export interface Change extends ReleaseView {
  readonly atMs: number;
}

const nothing: ReleaseView = {
  phase: "",
  message: "",
  doing: "",
  stands: "",
  weight: 0,
  primaryWeight: 0,
  split: "",
  unrest: "",
  passed: "",
  promoted: "",
  primaryRevision: "",
  primaryImage: "",
  canaryReplicas: 0,
};

const retryMs = 200;

/** Follows one release by watches; each change of what matters is kept with its time. */
export class Observer {
  readonly changes: Change[] = [];
  private view: ReleaseView = nothing;
  private readonly listeners = new Set<() => void>();
  private readonly stopping = new AbortController();

  constructor(
    private readonly config: KubeConfig,
    private readonly namespace: string,
    private readonly name: string,
  ) {
    const { namespace: home } = this;
    void this.follow(`/apis/apisix-canary.io/v1/namespaces/${home}/canaryreleases`, (found) => this.statusOf(found));
    void this.follow(`/apis/apisix.apache.org/v2/namespaces/${home}/apisixroutes`, (found) => this.routeOf(found));
    void this.follow(`/apis/apps/v1/namespaces/${home}/deployments`, (found, gone) => this.workloadOf(found, gone));
  }

  get now(): ReleaseView {
    return this.view;
  }

  /** Resolves as soon as the condition holds; false after `milliseconds` without. */
  async until(condition: (view: ReleaseView) => boolean, milliseconds: number): Promise<boolean> {
    if (condition(this.view)) return true;
    const over = AbortSignal.timeout(Math.max(0, milliseconds));
    return new Promise((resolve) => {
      const settle = (answer: boolean): void => {
        this.listeners.delete(listener);
        resolve(answer);
      };
      const listener = (): void => (condition(this.view) ? settle(true) : undefined);
      this.listeners.add(listener);
      over.addEventListener("abort", () => settle(condition(this.view)), { once: true });
    });
  }

  /** Gives everything from now on, beginning with how the release is found. */
  sinceNow(): () => readonly Change[] {
    const first = Math.max(0, this.changes.length - 1);
    return () => this.changes.slice(first);
  }

  stop(): void {
    this.stopping.abort();
  }

  private async follow(path: string, read: (found: unknown, gone: boolean) => Partial<ReleaseView>): Promise<void> {
    const watch = new Watch(this.config);
    while (!this.stopping.signal.aborted) {
      await this.once(watch, path, read).catch(() => undefined);
      await pause(retryMs);
    }
  }

  private once(watch: Watch, path: string, read: (found: unknown, gone: boolean) => Partial<ReleaseView>) {
    return new Promise<void>((resolve, reject) => {
      const seen = (type: string, found: unknown): void => {
        if (type !== "BOOKMARK" && type !== "ERROR") this.change(read(found, type === "DELETED"));
      };
      watch
        .watch(path, {}, seen, () => resolve())
        .then(
          (request) => this.stopping.signal.addEventListener("abort", () => request.abort(), { once: true }),
          reject,
        );
    });
  }

  private change(part: Partial<ReleaseView>): void {
    const next = { ...this.view, ...part };
    if (JSON.stringify(next) === JSON.stringify(this.view)) return;
    this.view = next;
    this.changes.push({ ...next, atMs: Date.now() });
    [...this.listeners].forEach((listener) => listener());
  }

  private statusOf(found: unknown): Partial<ReleaseView> {
    if (textAt(found, "metadata", "name") !== this.name) return {};
    const status = at(found, "status");
    const passed = textAt(status, "judged", "verdict") === "passed" ? textAt(status, "judged", "revision") : "";
    return {
      phase: textAt(status, "phase"),
      message: textAt(status, "message"),
      doing: textAt(status, "strategy", "doing"),
      stands: textAt(status, "train", "stands"),
      promoted: textAt(status, "promotedRevision"),
      passed,
    };
  }

  private routeOf(route: unknown): Partial<ReleaseView> {
    return routeViewOf(route, this.name) ?? {};
  }

  private workloadOf(found: unknown, gone: boolean): Partial<ReleaseView> {
    const replicas = at(found, "spec", "replicas");
    const template = at(found, "spec", "template");
    switch (textAt(found, "metadata", "name")) {
      case this.name:
        return { canaryReplicas: gone || typeof replicas !== "number" ? 0 : replicas };
      case `${this.name}-primary`:
        return {
          primaryRevision: textAt(template, "metadata", "annotations", "apisix-canary.io/revision"),
          primaryImage: textAt(template, "spec", "containers", 0, "image"),
        };
      default:
        return {};
    }
  }
}
