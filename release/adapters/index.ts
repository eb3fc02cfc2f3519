import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
/** The real world behind the runtime's ports. */
import type { Clock, ClusterPort, LockPort, MetricsPort, ReporterPort, WebhookPort } from "../ports/index.js";
import type { ReleaseSettings } from "../settings/index.js";
import { realClock } from "./clock/index.js";
import { createKubernetesAdapters } from "./kubernetes/index.js";
import { createPrometheus } from "./prometheus/index.js";
import { createServiceAccess } from "./service-access/index.js";
import { createReportStore } from "./report-store/index.js";
import { createReporter, heardBy } from "./reporter/index.js";
import type { Log } from "./reporter/index.js";
import { createWebhooks } from "./webhooks/index.js";

export type { Log } from "./reporter/index.js";

/** All ports but the judge, which is pure. */
export interface AdapterPorts {
  readonly cluster: ClusterPort;
  readonly lock: LockPort;
  readonly metrics: MetricsPort;
  readonly webhooks: WebhookPort;
  readonly reporter: ReporterPort;
  readonly clock: Clock;
  /** Which update this is: one process runs all releases of a program. */
  readonly update: string;
}

const thisUpdate = randomUUID();

/** Connects nothing yet: wrong credentials or an absent cluster show at the first call, as an error of one line. */
export function createPorts(settings: ReleaseSettings, { log }: { readonly log: Log }): AdapterPorts {
  const { api, cluster, lock, events, serviceProxyFetch } = createKubernetesAdapters({ settings });
  const serviceAccess = createServiceAccess({ namespace: settings.namespace, serviceProxyFetch });
  const webhooks = createWebhooks(settings, serviceAccess);
  const writeEvent: Parameters<typeof createReporter>[1]["writeEvent"] = (...event) => events.write(...event);
  const { write: storeReport } = createReportStore(api, settings);
  const reporter = createReporter(settings, {
    log,
    writeEvent,
    webhooks,
    serviceAccess,
    clock: realClock,
    storeReport,
    storeProgress: storeReport,
    startedBy: whoRuns(),
  });
  return {
    cluster: heardBy(reporter, cluster),
    lock,
    metrics: createPrometheus({ settings, serviceAccess }),
    webhooks,
    reporter,
    clock: realClock,
    update: thisUpdate,
  };
}

/** `alice on build-7`. */
function whoRuns(): string {
  try {
    return `${userInfo().username} on ${hostname()}`;
  } catch {
    // A user without an entry in the system's list, as in many containers.
    return hostname();
  }
}
