import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import { liveMetadata } from "../../../adoption/index.js";
import type { LiveMetadata } from "../../../adoption/index.js";
import { annotations, programManager, releaseMark } from "../../../model/index.js";
import { TransientError } from "../../../ports/index.js";
import { describe } from "../call.js";
import { NotFoundError } from "../errors.js";
import { anything } from "../schemas.js";
import type { AdoptionReader, Kind } from "./reader.js";

const tries = 5;
const pollMs = 300;
const goneMs = 120_000;

const written = {
  deployments: { apiVersion: "apps/v1", kind: "Deployment" },
  services: { apiVersion: "v1", kind: "Service" },
} as const;

const onlyMetadata = z.object({ metadata: liveMetadata });

export interface Operation {
  readonly op: "add" | "test" | "remove";
  readonly path: string;
  readonly value?: unknown;
}

export interface Live {
  readonly metadata: LiveMetadata;
}

/** Writes that a takeover makes, each of them tried again where somebody else writes at the same moment. */
export class AdoptionWriter {
  constructor(private readonly reader: AdoptionReader) {}

  get mark(): Readonly<Record<string, string>> {
    const { namespace, name } = this.reader.target;
    return { [annotations.release]: releaseMark(namespace, name) };
  }

  isOurs({ metadata }: Live): boolean {
    return metadata.annotations[annotations.release] === this.mark[annotations.release];
  }

  /** Server-side, as the program's own resources write it later. */
  async apply(
    kind: keyof typeof written,
    name: string,
    spec: object,
    more: object,
    signal: AbortSignal,
  ): Promise<void> {
    const metadata = { name, annotations: { ...this.mark, ...more } };
    const body = { ...written[kind], metadata, spec };
    const call = {
      verb: "patch",
      ...this.reader.place(kind, name),
      patch: "apply",
      manager: programManager,
      body,
    } as const;
    await this.reader.api.do(call, anything, signal);
  }

  /** A JSON patch of the very object that was read; nothing where there is none, or nothing to be changed. */
  async change<T extends Live>(
    kind: Kind,
    name: string,
    read: () => Promise<T | undefined>,
    operations: (found: T) => readonly Operation[],
    signal: AbortSignal,
  ): Promise<void> {
    const call = { verb: "patch", ...this.reader.place(kind, name), patch: "json", test: true } as const;
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const found = await read();
      const changes = found === undefined ? [] : operations(found);
      if (found === undefined || changes.length === 0) return;
      const test = { op: "test", path: "/metadata/resourceVersion", value: found.metadata.resourceVersion };
      if (await this.reader.api.tryWrite({ ...call, body: [test, ...changes] }, anything, signal)) return;
    }
    throw new TransientError(`${describe(call)} is being changed by others all the time`);
  }

  /** Deletes the object with what it owns, and waits until it is gone; one that is not this release's stays. */
  async remove(
    kind: Kind,
    name: string,
    found: Live | undefined,
    signal: AbortSignal,
    propagation = "Background",
  ): Promise<void> {
    if (found === undefined) return;
    const { uid } = found.metadata;
    const body = { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: propagation, preconditions: { uid } };
    const call = { verb: "delete", ...this.reader.place(kind, name), body } as const;
    try {
      await this.reader.api.do(call, anything, signal);
    } catch (error) {
      if (error instanceof NotFoundError) return;
      throw error;
    }
    await this.untilGone(kind, name, uid, signal);
  }

  private async untilGone(kind: Kind, name: string, uid: string, signal: AbortSignal): Promise<void> {
    const place = this.reader.place(kind, name);
    for (const endMs = Date.now() + goneMs; Date.now() < endMs;) {
      const found = await this.reader.find(kind, name, onlyMetadata, signal);
      if (found?.metadata.uid !== uid) return;
      await pause(pollMs, undefined, { signal });
    }
    throw new TransientError(
      `${describe({ verb: "get", ...place })} still exists ${goneMs / 1000}s after its deletion: see its finalizers`,
    );
  }
}
