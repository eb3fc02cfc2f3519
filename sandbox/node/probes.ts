// Stand-in for a kubelet: probes of a container.
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { V1Container, V1Probe } from "@kubernetes/client-node";

export interface ProbeTarget {
  readonly ip: string;
  readonly container: V1Container;
  execute(argv: readonly string[], timeoutMs: number): Promise<number>;
}

/** How a probe's results in a row change what it says; pure. */
export interface ProbeState {
  readonly healthy: boolean;
  readonly streak: number;
}

function nextProbeState(state: ProbeState, success: boolean, probe: V1Probe): ProbeState {
  if (success === state.healthy) return { healthy: state.healthy, streak: 0 };
  const needed = success ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
  const streak = state.streak + 1;
  return streak >= needed ? { healthy: success, streak: 0 } : { healthy: state.healthy, streak };
}

/** Probes until the signal is aborted, and tells each change of what the probe says, and why one failed. */
export async function runProbe(
  probe: V1Probe,
  target: ProbeTarget,
  initiallyHealthy: boolean,
  onChange: (healthy: boolean) => void,
  onFailure: (why: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let state: ProbeState = { healthy: initiallyHealthy, streak: 0 };
  await sleep((probe.initialDelaySeconds ?? 0) * 1000, signal);
  while (!signal.aborted) {
    const trouble = await probeOnce(probe, target);
    if (signal.aborted) return;
    const success = trouble === undefined;
    if (!success) onFailure(trouble);
    const before = state.healthy;
    state = nextProbeState(state, success, probe);
    if (state.healthy !== before) onChange(state.healthy);
    // A container that is not ready yet is asked more often, so that it serves as soon as it can.
    const periodMs = (probe.periodSeconds ?? 10) * 1000;
    await sleep(initiallyHealthy || state.healthy ? periodMs : Math.min(periodMs, 250), signal);
  }
}

async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  await pause(milliseconds, undefined, { signal }).catch(() => undefined);
}

/** Undefined where it succeeded, else why it did not. */
function probeOnce(probe: V1Probe, target: ProbeTarget): Promise<string | undefined> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.httpGet !== undefined) return probeHttp(probe.httpGet, target, timeoutMs);
  if (probe.tcpSocket !== undefined)
    return probeTcp(probe.tcpSocket.host ?? target.ip, portOf(probe.tcpSocket.port, target.container), timeoutMs);
  if (probe.exec?.command !== undefined)
    return target
      .execute(probe.exec.command, timeoutMs)
      .then((code) => (code === 0 ? undefined : `command ended with exit code ${code}`));
  return Promise.resolve(undefined);
}

function portOf(port: number | string, container: V1Container): number {
  if (typeof port === "number") return port;
  return container.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port);
}

type HttpGet = NonNullable<V1Probe["httpGet"]>;

function probeHttp(get: HttpGet, { ip, container }: ProbeTarget, timeoutMs: number): Promise<string | undefined> {
  const headers = Object.fromEntries((get.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  const options = {
    host: get.host ?? ip,
    port: portOf(get.port, container),
    path: get.path ?? "/",
    headers,
    timeout: timeoutMs,
    agent: false,
  };
  return new Promise((resolve) => {
    const done = (response: http.IncomingMessage): void => {
      response.resume();
      const status = response.statusCode ?? 0;
      resolve(status >= 200 && status < 400 ? undefined : `HTTP probe failed with statuscode: ${status}`);
    };
    const request =
      get.scheme === "HTTPS" ? https.get({ ...options, rejectUnauthorized: false }, done) : http.get(options, done);
    request.on("timeout", () => request.destroy(new Error(`no answer within ${timeoutMs}ms`)));
    request.on("error", (error) => resolve(error.message));
  });
}

function probeTcp(host: string, port: number, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: timeoutMs });
    const end = (trouble?: string): void => {
      socket.destroy();
      resolve(trouble);
    };
    socket.once("connect", () => end());
    socket.once("timeout", () => end(`no connection within ${timeoutMs}ms`));
    socket.once("error", (error) => end(error.message));
  });
}
