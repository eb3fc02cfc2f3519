import { annotations, commands } from "../../model/index.js";
import type { Command, ReleaseStatus } from "../../model/index.js";
import { FencedError, TransientError } from "../../ports/index.js";
import type { ReleaseObject } from "../../ports/index.js";
import type { ApiServer } from "./api-server.js";
import { NotFoundError } from "./errors.js";
import { anything, releaseObject, releaseStatus } from "./schemas.js";
import { releasePlace } from "./target.js";
import type { Target } from "./target.js";

const tries = 5;

interface Found {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly status: ReleaseStatus | undefined;
}

/** Our own object: the journal in its status, and what people ask for in its annotations. */
export class ReleaseObjects {
  private readonly api: ApiServer;
  private readonly target: Target;

  constructor(api: ApiServer, target: Target) {
    this.api = api;
    this.target = target;
  }

  async read(signal: AbortSignal): Promise<ReleaseObject | undefined> {
    const found = await this.find(signal);
    if (found === undefined) return undefined;
    return { uid: found.uid, status: found.status, commands: commandsIn(found.annotations) };
  }

  /** Replaces the status, unless a run with a newer fencing token has written it. */
  async writeStatus(status: ReleaseStatus, signal: AbortSignal): Promise<void> {
    try {
      // The usual case in one request: the fence is what this run wrote last.
      const test = { op: "test", path: "/status/fence", value: status.fence };
      if (await this.patchStatus([test, { op: "add", path: "/status", value: status }], signal)) return;
      await this.writeStatusAsRead(status, signal);
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  }

  async clearCommand(command: Command, signal: AbortSignal): Promise<void> {
    const body = { metadata: { annotations: { [annotations[command]]: null } } };
    const place = releasePlace(this.target);
    try {
      await this.api.do({ verb: "patch", ...place, patch: "merge", body }, anything, signal);
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  }

  private async writeStatusAsRead(status: ReleaseStatus, signal: AbortSignal): Promise<void> {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const found = await this.find(signal);
      if (found === undefined) return;
      if ((found.status?.fence ?? 0) > status.fence) throw new FencedError(status.fence);
      const test = { op: "test", path: "/metadata/resourceVersion", value: found.resourceVersion };
      if (await this.patchStatus([test, { op: "add", path: "/status", value: status }], signal)) return;
    }
    throw new TransientError("the status of the release is being changed by others all the time");
  }

  private patchStatus(body: readonly unknown[], signal: AbortSignal): Promise<boolean> {
    const place = releasePlace(this.target);
    const call = { verb: "patch", ...place, subresource: "status", patch: "json", test: true, body } as const;
    return this.api.tryWrite(call, anything, signal);
  }

  private async find(signal: AbortSignal): Promise<Found | undefined> {
    const found = await this.api.find({ verb: "get", ...releasePlace(this.target) }, releaseObject, signal);
    if (found === undefined) return undefined;
    const { uid, resourceVersion, annotations: texts } = found.metadata;
    return { uid, resourceVersion, annotations: texts, status: parseStatus(found.status) };
  }
}

/** What people ask for, by command. */
export function commandsIn(texts: Readonly<Record<string, string>>): ReleaseObject["commands"] {
  const asked = commands.flatMap((command) => {
    const text = texts[annotations[command]];
    return text === undefined ? [] : [[command, text] as const];
  });
  return Object.fromEntries(asked);
}

/** Nothing written yet is not an error; something unreadable is, since acting on a guess could harm users. */
export function parseStatus(status: unknown): ReleaseStatus | undefined {
  if (typeof status !== "object" || status === null || !("phase" in status)) return undefined;
  const parsed = releaseStatus.safeParse(status);
  if (parsed.success) return parsed.data;
  const at = parsed.error.issues[0]?.path.map(String).join(".") ?? "";
  throw new Error(`the status of the CanaryRelease can't be read at ${at}: was it edited by hand?`);
}
