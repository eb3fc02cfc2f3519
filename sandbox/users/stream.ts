/** A steady stream of requests. */
import http from "node:http";
import https from "node:https";
import { setTimeout as pause } from "node:timers/promises";

/** What users got, by the version that answered. */
export interface Tally {
  total: number;
  failed: number;
  /** Answers that took longer than half a second, failed ones included. */
  slow: number;
  /** Asked once more since the connection, kept from an earlier answer, was closed at that very moment. */
  retried: number;
  /** How long each answer took. */
  readonly tookMs: number[];
  /** Failed answers, a few of them, for the error message of a test. */
  readonly samples: string[];
  readonly byVersion: Map<string, { total: number; failed: number }>;
}

export interface Traffic {
  readonly tally: Tally;
  /** Ends the stream and waits for the requests under way. */
  stop(): Promise<Tally>;
}

export interface TrafficOptions {
  readonly host: string;
  readonly perSecond: number;
  readonly path?: string;
  /** Beside the host: what makes these users others than the rest. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default true; false opens a connection for each request. */
  readonly keepAlive?: boolean;
  readonly gateway?: string;
  /** Default 80, with `ca` 443. */
  readonly port?: number;
  /** They speak https, and take the certificates of this authority (PEM) for the host. */
  readonly ca?: string;
  /** Told of each failed request, with the version that answered ("": none did). */
  readonly onFailure?: (failure: { readonly atMs: number; readonly version: string; readonly text: string }) => void;
  /** Told of each answer, with the version that gave it. */
  readonly onAnswer?: (answer: { readonly atMs: number; readonly version: string }) => void;
}

/** A steady stream of users through the gateway, until stopped. */
export function startTraffic(options: TrafficOptions): Traffic {
  const kept = { keepAlive: options.keepAlive ?? true, maxSockets: 64 };
  const agent = options.ca === undefined ? new http.Agent(kept) : new https.Agent(kept);
  const tally: Tally = { total: 0, failed: 0, slow: 0, retried: 0, tookMs: [], samples: [], byVersion: new Map() };
  const pending = new Set<Promise<void>>();
  const state = { running: true };
  const send = (): void => {
    const started = performance.now();
    const request = askAsClientsDo(options, agent, () => (tally.retried += 1)).then((answer) => {
      count(tally, answer, performance.now() - started);
      tell(options, answer);
    });
    pending.add(request);
    void request.finally(() => pending.delete(request));
  };
  const loop = pace(options.perSecond, send, () => state.running);
  return {
    tally,
    stop: async () => {
      state.running = false;
      await loop;
      await Promise.all(pending);
      agent.destroy();
      return tally;
    },
  };
}

export function tell(options: TrafficOptions, { ok, version, text }: Answer): void {
  const atMs = Date.now();
  if (version !== "") options.onAnswer?.({ atMs, version });
  if (!ok) options.onFailure?.({ atMs, version, text });
}

export async function pace(perSecond: number, send: () => void, running: () => boolean): Promise<void> {
  const started = performance.now();
  for (let sent = 0; running(); sent++) {
    const due = started + (sent * 1000) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await pause(wait);
    send();
  }
}

export interface Answer {
  readonly ok: boolean;
  readonly version: string;
  readonly text: string;
  /** As `Set-Cookie` says them. */
  readonly cookies?: readonly string[];
  /** The server closed a kept connection before it said anything. */
  readonly closedEarly?: boolean;
}

/**
 * A server may close a kept connection at any time, also while a request is on its way; so HTTP lets a client repeat
 * such a request once on a fresh connection (RFC 9112, 9.3.1), and browsers and HTTP libraries do.
 */
export async function askAsClientsDo(options: TrafficOptions, agent: http.Agent, onRetry: () => void): Promise<Answer> {
  const first = await ask(options, agent);
  if (first.closedEarly !== true) return first;
  onRetry();
  return ask(options, false);
}

function ask(
  {
    host,
    path = "/api/info",
    gateway = "apisix-gateway.apisix",
    ca,
    port = ca === undefined ? 80 : 443,
    headers: own = {},
  }: TrafficOptions,
  agent: http.Agent | false,
): Promise<Answer> {
  const headers = { ...own, host };
  return new Promise((resolve) => {
    const lost = (error: Error): Answer => ({ ok: false, version: "", text: error.message });
    const asked = { host: gateway, port, path, agent, headers, timeout: 10_000 };
    const options = ca === undefined ? asked : { ...asked, ca, servername: host };
    const request = (ca === undefined ? http : https).get(options, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("end", () =>
        resolve({ ...answered(response.statusCode ?? 0, body), cookies: response.headers["set-cookie"] ?? [] }),
      );
      response.on("error", (error) => resolve(lost(error)));
    });
    request.on("timeout", () => request.destroy(new Error("no answer for 10s")));
    request.on("error", (error: NodeJS.ErrnoException) =>
      resolve({ ...lost(error), closedEarly: request.reusedSocket && closing.has(error.code ?? "") }),
    );
  });
}

const closing: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);

function answered(status: number, body: string): Answer {
  return { ok: status < 400, version: versionIn(body), text: `${status} ${body.slice(0, 80)}` };
}

function versionIn(body: string): string {
  return /"version":\s*"([^"]*)"/.exec(body)?.[1] ?? "";
}

const slowMs = 500;

function count(tally: Tally, answer: Answer, tookMs: number): void {
  const version = tally.byVersion.get(answer.version) ?? { total: 0, failed: 0 };
  const failed = answer.ok ? 0 : 1;
  tally.byVersion.set(answer.version, { total: version.total + 1, failed: version.failed + failed });
  tally.total += 1;
  tally.tookMs.push(tookMs);
  if (tookMs > slowMs) tally.slow += 1;
  tally.failed += failed;
  if (!answer.ok && tally.samples.length < 5) tally.samples.push(`${new Date().toISOString()} ${answer.text}`);
}

/** So many percent of the answers took no longer; 0 where there was none. */
export function percentileMs({ tookMs }: Pick<Tally, "tookMs">, percent: number): number {
  const sorted = [...tookMs].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0;
}
