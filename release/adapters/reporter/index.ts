import type {
  Announcement,
  Clock,
  ClusterPort,
  ReleaseObject,
  ReporterPort,
  RunEnd,
  WebhookPort,
  Workload,
} from "../../ports/index.js";
import { Recorder, scrubber } from "../../report/index.js";
import type { WrittenReport } from "../../report/index.js";
import type { AlertSettings, ReleaseSettings, WebhookSettings } from "../../settings/index.js";
import { planStages } from "../../strategy/index.js";
import { quote } from "../http/index.js";
import type { ServiceAccess } from "../service-access/index.js";
import { alertRequest } from "./alert-payloads.js";
import type { AlertRequest } from "./alert-payloads.js";
import { Outbox } from "./outbox.js";
import { Progress } from "./progress.js";

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
  /** The same while the run goes on; undefined: only its end is stored. */
  readonly storeProgress?: StoreReport;
  /** Who runs the update, where; for the report. */
  readonly startedBy?: string;
}

export interface Reporter extends ReporterPort {
  /** What people ask of the run now, for its report. */
  heard(commands: ReleaseObject["commands"]): void;
  /** The canary as it is. */
  saw(canary: CarryingImages): void;
}

/** As far as it was read. */
type CarryingImages = Workload & { readonly images?: readonly { readonly image: string }[] };

/** The same cluster; what people ask on it, and which images the canary has, is told to the reporter. */
export function heardBy(reporter: Reporter, cluster: ClusterPort): ClusterPort {
  return {
    ...cluster,
    readWorkload: async (role, signal) => {
      const found = await cluster.readWorkload(role, signal);
      if (found !== undefined && role === "canary") reporter.saw(found);
      return found;
    },
    readRelease: async (signal) => {
      const found = await cluster.readRelease(signal);
      if (found !== undefined) reporter.heard(found.commands);
      return found;
    },
  };
}

const alertTimeoutMs = 5_000;
/** Of one record of a run that goes on. */
const progressTimeoutMs = 5_000;
/** Whatever one receiver does, the next announcement gets its turn. */
const eventTimeoutMs = 10_000;
const alertAnswerBytes = 16 * 1024;

/** Tells people: the live line at once; Events, `event` webhooks and alerts in the background, each in its order. */
export function createReporter(settings: ReleaseSettings, world: ReporterWorld): Reporter {
  const events = new Outbox();
  const hooks = new Outbox();
  const alerts = new Outbox();
  const recorder = new Recorder(settings, world.startedBy);
  const missed = complainOnce(world.log);
  const notStored = missed("the report", "could not be stored");
  const scrub = scrubber(settings);
  const progress = new Progress(
    world.clock,
    (report, part) => world.storeProgress?.(report, part, AbortSignal.timeout(progressTimeoutMs)) ?? Promise.resolve(),
    notStored,
  );
  return {
    announce: (announcement) => {
      const at = new Date(world.clock.nowMs());
      const source = { ...settings, image: recorder.image };
      recorder.announce(announcement, at.getTime());
      world.log(announcement.message, announcement.level);
      events.add(() => writeEvent(world, announcement, at), missed("Kubernetes Events"));
      for (const webhook of listenersTo(announcement, settings))
        hooks.add(() => callHook(world, webhook, announcement, at), missed(`webhook ${quote(webhook.name)}`));
      for (const alert of settings.analysis.alerts.filter((each) => concerns(each, announcement)))
        alerts.add(
          () => sendAlert(world, alertRequest(source, alert, scrubbed(announcement, scrub), at)),
          missed(`alert ${quote(alert.name)}`),
        );
    },
    record: (check) => {
      recorder.record(check);
      if (world.storeProgress === undefined || !check.observation.intervalEnds) return;
      const part = check.subject === "canary" ? "analysis" : "promotion";
      progress.offer(part, () => recorder.report({ outcome: "running", reason: "" }, world.clock.nowMs()));
    },
    heard: (commands) => recorder.heard(commands, world.clock.nowMs()),
    saw: ({ images = [], revision }) => {
      if (images.length > 0 && revision === settings.revision) recorder.carries(images.map(({ image }) => image));
    },
    flush: (milliseconds) =>
      atMost(world.clock, milliseconds, () => Promise.all([events.done(), hooks.done(), alerts.done()])),
    conclude: async (end, milliseconds) => {
      if (recorder.isEmpty) return;
      const store = async (signal: AbortSignal): Promise<void> => {
        await progress.end();
        await world.storeReport(recorder.report(end, world.clock.nowMs()), end.part, signal);
      };
      await atMost(world.clock, milliseconds, (signal) => store(signal).catch(notStored));
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

/** Those of the stage that the run is in hear what is said in it. */
function listenersTo({ stage }: Announcement, { analysis }: ReleaseSettings): readonly WebhookSettings[] {
  const own = stage === undefined ? [] : (planStages(analysis)[stage - 1]?.webhooks ?? []);
  return [...analysis.webhooks, ...own].filter(({ type }) => type === "event");
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
  webhook: WebhookSettings,
  { message, level, phase }: Announcement,
  at: Date,
): Promise<void> {
  const told = { eventMessage: message, eventType: typeOf(level), timestamp: String(at.getTime()) };
  const metadata = { ...webhook.metadata, ...told };
  const answer = await world.webhooks.call({ ...webhook, metadata }, phase, new AbortController().signal);
  if (answer.kind === "refused") throw new Error(answer.message);
}

/** Whatever quotes a receiver's or a provider's answer may quote the address it was asked at. */
function scrubbed(announcement: Announcement, scrub: (text: string) => string): Announcement {
  const { message, reason } = announcement;
  return { ...announcement, message: scrub(message), ...(reason === undefined ? {} : { reason: scrub(reason) }) };
}

async function sendAlert({ serviceAccess }: ReporterWorld, request: AlertRequest): Promise<void> {
  const exchange = {
    url: request.url,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request.payload),
    timeoutMs: alertTimeoutMs,
    maxBytes: alertAnswerBytes,
    whenTooLarge: "cut",
  } as const;
  const { status } = await serviceAccess(exchange, new AbortController().signal);
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
