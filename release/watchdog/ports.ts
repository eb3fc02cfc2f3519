import { realClock } from "../adapters/clock/index.js";
import { send } from "../adapters/http/index.js";
import { ApiServer } from "../adapters/kubernetes/api-server.js";
import { Fleet } from "../adapters/kubernetes/fleet.js";
import { inClusterAccess } from "../adapters/kubernetes/in-cluster-access.js";
import { Lock } from "../adapters/kubernetes/lock.js";
import { createReleaseAdapters } from "../adapters/kubernetes/release-adapters.js";
import type { ReleaseAdapters } from "../adapters/kubernetes/release-adapters.js";
import { watchdogLeasePlace } from "../adapters/kubernetes/target.js";
import { Outbox } from "../adapters/reporter/outbox.js";
import { sentenceOf } from "../machine/failure.js";
import type { MetricsPort, ReporterPort } from "../ports/index.js";
import type { RollbackSettings } from "../settings/index.js";
import { leaderSeconds } from "./watchdog.js";
import type { WatchdogPorts } from "./watchdog.js";

export interface WatchdogPlace {
  /** Undefined: the whole cluster. */
  readonly namespaces: readonly string[] | undefined;
  readonly ownNamespace: string;
  /** Slack-compatible, where rollbacks are told; secret. */
  readonly alertUrl: string | undefined;
}

const alertTimeoutMs = 5_000;
const eventTimeoutMs = 10_000;
const alertAnswerBytes = 16 * 1024;

/** The watchdog's world: the API server by its pod's own account. Only the adapters that it needs are in its bundle. */
export function createWatchdogPorts(place: WatchdogPlace, log: (line: string) => void): WatchdogPorts {
  const api = new ApiServer(inClusterAccess());
  return {
    fleet: new Fleet(api, place.namespaces, log),
    leadership: new Lock(api, watchdogLeasePlace(place.ownNamespace), leaderSeconds),
    nowMs: () => performance.now(),
    log,
    portsOf: (settings) => {
      const { cluster, lock, events } = createReleaseAdapters(api, settings);
      const reporter = reporterOf(settings, events, place.alertUrl, log);
      return { clock: realClock, cluster, lock, metrics: noMetrics, reporter };
    },
  };
}

/** The drain's length is all that the watchdog waits for: it knows no Prometheus. */
const noMetrics: MetricsPort = {
  read: () => Promise.resolve({ kind: "error", message: "the watchdog reads no metrics" }),
};

/** Everything is logged; what alerts are made of also becomes an Event and an alert. */
function reporterOf(
  settings: RollbackSettings,
  events: ReleaseAdapters["events"],
  alertUrl: string | undefined,
  log: (line: string) => void,
): ReporterPort {
  const outbox = new Outbox();
  const complain = (error: unknown): void => log(`not told: ${sentenceOf(error)}`);
  return {
    announce: ({ message, alert }) => {
      log(message);
      if (!alert) return;
      const at = new Date();
      outbox.add(() => events.write("Warning", message, at, AbortSignal.timeout(eventTimeoutMs)), complain);
      if (alertUrl !== undefined) outbox.add(() => sendAlert(alertUrl, settings, message), complain);
    },
    record: () => undefined,
    flush: (milliseconds) => Promise.race([outbox.done(), realClock.sleep(milliseconds, new AbortController().signal)]),
    conclude: () => Promise.resolve(),
  };
}

/** `{text, release, namespace}`; follows no redirect, and the URL never shows in an error. */
async function sendAlert(address: string, { name, namespace }: RollbackSettings, text: string): Promise<void> {
  const exchange = {
    url: new URL(address),
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text, release: name, namespace }),
    timeoutMs: alertTimeoutMs,
    maxBytes: alertAnswerBytes,
    whenTooLarge: "cut",
  } as const;
  const { status } = await send(exchange, new AbortController().signal);
  if (status < 200 || status > 299) throw new Error(`the alert's receiver answers ${status}`);
}
