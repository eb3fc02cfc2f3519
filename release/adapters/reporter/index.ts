import type { Announcement, Clock, ReporterPort, RunEnd, WebhookPort } from "../../ports/index.js";
import { Recorder } from "../../report/index.js";
import type { WrittenReport } from "../../report/index.js";
import type { AlertSettings, ReleaseSettings } from "../../settings/index.js";
import { quote } from "../http/index.js";
import type { ServiceAccess } from "../service-access/index.js";
import { alertRequest } from "./alert-payloads.js";
import { Outbox } from "./outbox.js";

export type Log = (line: string, level: "info" | "warning" | "error") => void;

/** Writes one Kubernetes Event. */
export type WriteEvent = (type: "Normal" | "Warning", message: string, at: Date, signal: AbortSignal) => Promise<void>;

/** Keeps the report where `apisix-canary report` finds it; what the promotion adds goes on the analysis' own. */
export type StoreReport = (report: WrittenReport, part: RunEnd["part"], signal: AbortSignal) => Promise<void>;

export interface ReporterWorld {
  readonly log: Log;
  readonly writeEvent: WriteEvent;
  readonly webhooks: WebhookPort;
  readonly serviceAccess: ServiceAccess;
  readonly clock: Clock;
  readonly storeReport: StoreReport;
}

const alertTimeoutMs = 5_000;
/** Whatever one receiver does, the next announcement gets its turn. */
const eventTimeoutMs = 10_000;
const alertAnswerBytes = 16 * 1024;

/** Tells people: the live line at once; Events, `event` webhooks and alerts in the background, each in its order. */
export function createReporter(settings: ReleaseSettings, world: ReporterWorld): ReporterPort {
  const events = new Outbox();
  const hooks = new Outbox();
  const alerts = new Outbox();
  const recorder = new Recorder(settings);
  const missed = complainOnce(world.log);
  return {
    announce: (announcement) => {
      const at = new Date(world.clock.nowMs());
      recorder.announce(announcement, at.getTime());
      world.log(announcement.message, announcement.level);
      events.add(() => writeEvent(world, announcement, at), missed("Kubernetes Events"));
      for (const webhook of settings.analysis.webhooks.filter(({ type }) => type === "event"))
        hooks.add(() => callHook(world, webhook, announcement, at), missed(`webhook ${quote(webhook.name)}`));
      for (const alert of settings.analysis.alerts.filter((each) => concerns(each, announcement)))
        alerts.add(() => sendAlert(settings, world, alert, announcement, at), missed(`alert ${quote(alert.name)}`));
    },
    record: (check) => recorder.record(check),
    flush: (milliseconds) =>
      atMost(world.clock, milliseconds, () => Promise.all([events.done(), hooks.done(), alerts.done()])),
    conclude: async (end, milliseconds) => {
      if (recorder.isEmpty) return;
      const store = async (signal: AbortSignal): Promise<void> => {
        await world.storeReport(recorder.report(end, world.clock.nowMs()), end.part, signal);
      };
      await atMost(world.clock, milliseconds, (signal) =>
        store(signal).catch(missed("the report", "could not be stored")),
      );
    },
  };
}

/** Waits for `work`, but no longer than that; what is late is aborted. */
async function atMost(
  clock: Clock,
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const timer = new AbortController();
  const late = new AbortController();
  const over = clock.sleep(milliseconds, timer.signal).then(
    () => late.abort(new Error(`not done within ${milliseconds / 1000}s`)),
    () => undefined,
  );
  await Promise.race([work(late.signal), over]);
  timer.abort();
}

function concerns(alert: AlertSettings, { alert: wanted, level }: Announcement): boolean {
  if (!wanted) return false;
  switch (alert.severity) {
    case "info":
      return true;
    case "warn":
      return level !== "info";
    case "error":
      return level === "error";
  }
}

function writeEvent(world: ReporterWorld, { level, message }: Announcement, at: Date): Promise<void> {
  return world.writeEvent(typeOf(level), message, at, AbortSignal.timeout(eventTimeoutMs));
}

async function callHook(
  world: ReporterWorld,
  webhook: ReleaseSettings["analysis"]["webhooks"][number],
  { message, level, phase }: Announcement,
  at: Date,
): Promise<void> {
  const told = { eventMessage: message, eventType: typeOf(level), timestamp: String(at.getTime()) };
  const metadata = { ...webhook.metadata, ...told };
  const answer = await world.webhooks.call({ ...webhook, metadata }, phase, new AbortController().signal);
  if (answer.kind === "refused") throw new Error(answer.message);
}

async function sendAlert(
  settings: ReleaseSettings,
  world: ReporterWorld,
  alert: AlertSettings,
  announcement: Announcement,
  at: Date,
): Promise<void> {
  const request = alertRequest(settings, alert, announcement, at);
  if (request === undefined) return;
  const exchange = {
    url: request.url,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request.payload),
    timeoutMs: alertTimeoutMs,
    maxBytes: alertAnswerBytes,
    whenTooLarge: "cut",
  } as const;
  const { status } = await world.serviceAccess(exchange, new AbortController().signal);
  if (status < 200 || status > 299) throw new Error(`it answers ${status}`);
}

function typeOf(level: Announcement["level"]): "Normal" | "Warning" {
  return level === "info" ? "Normal" : "Warning";
}

/** One line per receiver is enough: it may be away for the whole run. */
function complainOnce(log: Log): (receiver: string, fate?: string) => (error: unknown) => void {
  const complained = new Set<string>();
  return (receiver, fate = "could not be told") =>
    (error) => {
      if (complained.has(receiver)) return;
      complained.add(receiver);
      const reason = error instanceof Error ? quote(error.message, 200) : "no reason given";
      log(`${receiver} ${fate}: ${reason}`, "warning");
    };
}
