import type { Sync } from "../ports/index.js";

/** What a gateway that follows its routes, or doesn't, means for a run. */
export type SyncHealth =
  /** Nothing speaks against what was written being in effect. */
  | { readonly kind: "good" }
  /** The controller has not looked yet. */
  | { readonly kind: "pending" }
  /** Gateways come and go; `forMs` since that began. */
  | { readonly kind: "weather"; readonly forMs: number; readonly message: string }
  /** The configuration is refused, and that may be over in a moment. */
  | { readonly kind: "doubtful"; readonly message: string }
  /** The configuration is refused by every gateway for longer than a moment: nothing takes effect any more. */
  | { readonly kind: "frozen"; readonly message: string };

/** A refusal that lasts so long is none of a moment. */
const lastingMs = 2_000;
/** While a configuration is refused the status says for some 10 ms at a time that it is accepted. */
const flickerMs = 500;

interface Trouble {
  readonly kind: "refused" | "unreachable";
  readonly sinceMs: number;
  readonly message: string;
}

/** Follows the sync of one route, look by look, by its observer's own clock. */
export class SyncWatch {
  private trouble: Trouble | undefined;
  private goodSinceMs: number | undefined;

  /** What all looks so far mean, this one included. */
  see(sync: Sync, nowMs: number): SyncHealth {
    if (sync.kind === "refused" || sync.kind === "unreachable") this.remember(sync, nowMs);
    if (sync.kind === "accepted") this.recover(nowMs);
    const { trouble } = this;
    if (trouble === undefined) return { kind: sync.kind === "pending" ? "pending" : "good" };
    const { kind, message, sinceMs } = trouble;
    const forMs = nowMs - sinceMs;
    if (kind === "unreachable") return { kind: "weather", forMs, message };
    return { kind: sync.kind === "refused" && forMs >= lastingMs ? "frozen" : "doubtful", message };
  }

  private remember({ kind, message }: Pick<Trouble, "kind" | "message">, nowMs: number): void {
    this.goodSinceMs = undefined;
    const sinceMs = this.trouble?.kind === kind ? this.trouble.sinceMs : nowMs;
    this.trouble = { kind, sinceMs, message };
  }

  private recover(nowMs: number): void {
    this.goodSinceMs ??= nowMs;
    if (nowMs - this.goodSinceMs >= flickerMs) this.trouble = undefined;
  }
}
