import { setTimeout as sleep } from "node:timers/promises";
import { sentenceOf } from "../machine/failure.js";
import { Exporter } from "./exporter.js";
import { createWatchdogPorts } from "./ports.js";
import { serve } from "./server.js";
import { Watchdog } from "./watchdog.js";

/** Between two looks. */
const lookEveryMs = 2_000;
/** After so long without a finished round the kubelet may restart this pod. */
const aliveMs = 60_000;

async function main(): Promise<void> {
  const log = (line: string): void => console.log(`${new Date().toISOString()} ${line}`);
  const { watchdogAfterSeconds, podName, ...place } = optionsOf(process.env);
  const ports = createWatchdogPorts(place, log);
  const metrics = new Exporter(
    () => ports.nowMs(),
    (): boolean => watchdog.isLeader,
  );
  const watchdog: Watchdog = new Watchdog(
    { watchdogAfterSeconds, podName },
    { ...ports, fleet: metrics.watching(ports.fleet) },
  );
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());
  let lastRoundMs = performance.now();
  const isAlive = (): boolean => performance.now() - lastRoundMs < aliveMs;
  const server = serve(Number(process.env["HEALTH_PORT"] ?? "8080"), { isAlive, metrics });
  log("watching");
  while (!stop.signal.aborted) {
    await watchdog.look();
    lastRoundMs = performance.now();
    await sleep(lookEveryMs, undefined, { signal: stop.signal }).catch(() => undefined);
  }
  await watchdog.stop();
  server.close();
  log("stopped");
}

function optionsOf(env: NodeJS.ProcessEnv) {
  const after = Number(env["WATCHDOG_AFTER_SECONDS"] ?? "30");
  if (!Number.isFinite(after) || after <= 0) throw new Error("WATCHDOG_AFTER_SECONDS must be a number of seconds");
  const namespaces = (env["NAMESPACES"] ?? "").split(",").filter((each) => each !== "");
  const alertUrl = env["ALERT_URL"] ?? "";
  return {
    watchdogAfterSeconds: after,
    namespaces: namespaces.length === 0 ? undefined : namespaces,
    ownNamespace: env["POD_NAMESPACE"] ?? "default",
    podName: env["POD_NAME"] ?? "unknown",
    alertUrl: alertUrl === "" ? undefined : alertUrl,
  };
}

main().catch((error: unknown) => {
  console.error(sentenceOf(error));
  process.exitCode = 1;
});
