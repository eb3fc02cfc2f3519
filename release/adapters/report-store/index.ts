import { z } from "zod";
import { apiGroup, apiVersion, fieldManager, releaseKind, releasePlural, reportName } from "../../model/index.js";
import type { RunEnd } from "../../ports/index.js";
import { continues, joined, writtenReport } from "../../report/index.js";
import type { WrittenReport } from "../../report/index.js";
import type { ApiServer } from "../kubernetes/index.js";
import { pack, unpack } from "./pack.js";

/** The last run's report of one release, in the ConfigMap `<name>-report` next to it. */
export interface ReportStore {
  /** JSON text of the report; undefined where there is none. @throws Error of one line. */
  readonly read: (signal: AbortSignal) => Promise<string | undefined>;
  /**
   * Replaces the report of the run before; a promotion's is added to that of its analysis. Does nothing where the
   * CanaryRelease object is gone. @throws Error of one line, also where that name is somebody else's.
   */
  readonly write: (report: WrittenReport, part: RunEnd["part"], signal: AbortSignal) => Promise<void>;
}

const key = "report.json.br";
const managedBy = "app.kubernetes.io/managed-by";

const configMap = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()).default({}) }),
  binaryData: z.record(z.string(), z.string()).default({}),
});
const owner = z.object({ metadata: z.object({ uid: z.string() }) });
const anything = z.unknown();

interface Of {
  readonly name: string;
  readonly namespace: string;
}

export function createReportStore(api: ApiServer, { name, namespace }: Of): ReportStore {
  const place = { group: "", version: "v1", plural: "configmaps", namespace } as const;
  const find = (signal: AbortSignal) => api.find({ verb: "get", ...place, name: reportName(name) }, configMap, signal);
  const findOwner = (signal: AbortSignal) =>
    api.find(
      { verb: "get", group: apiGroup, version: apiVersion, plural: releasePlural, namespace, name },
      owner,
      signal,
    );
  const read = async (signal: AbortSignal): Promise<string | undefined> => textOf(await find(signal));
  /** What a promotion goes on with, as it was before this run wrote the first time. */
  let earlier: Promise<WrittenReport | undefined> | undefined;
  return {
    read,
    write: async (report, part, signal) => {
      const [found, release] = await Promise.all([find(signal), findOwner(signal)]);
      if (release === undefined) return;
      if (found !== undefined && found.metadata.labels[managedBy] !== fieldManager)
        throw new Error(`ConfigMap ${reportName(name)} is somebody else's: rename that one to have reports`);
      const whole = part === "promotion" ? continued(await (earlier ??= reportIn(found)), report) : report;
      const body = objectOf(name, namespace, release.metadata.uid, whole, await pack(whole));
      signal.throwIfAborted();
      if (found === undefined) await api.do({ verb: "create", ...place, body }, anything, signal);
      else await api.do({ verb: "patch", ...place, name: reportName(name), patch: "merge", body }, anything, signal);
    },
  };
}

async function textOf(found: z.output<typeof configMap> | undefined): Promise<string | undefined> {
  const packed = found?.binaryData[key];
  return packed === undefined ? undefined : unpack(packed);
}

/** A stored report that can't be read is no reason to lose the new one. */
async function reportIn(found: z.output<typeof configMap> | undefined): Promise<WrittenReport | undefined> {
  const text = await textOf(found).catch(() => undefined);
  return text === undefined ? undefined : writtenReport.safeParse(JSON.parse(text)).data;
}

function continued(earlier: WrittenReport | undefined, report: WrittenReport): WrittenReport {
  return earlier !== undefined && continues(earlier, report) ? joined(earlier, report) : report;
}

function objectOf(name: string, namespace: string, uid: string, report: WrittenReport, packed: string): object {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: reportName(name),
      namespace,
      labels: { [managedBy]: fieldManager },
      ownerReferences: [{ apiVersion: `${apiGroup}/${apiVersion}`, kind: releaseKind, name, uid }],
    },
    data: {
      outcome: report.outcome,
      revision: report.revision,
      endedAt: report.endedAt,
      reason: report.reason,
      "read-it-with": `apisix-canary report ${name} -n ${namespace}`,
    },
    binaryData: { [key]: packed },
  };
}
