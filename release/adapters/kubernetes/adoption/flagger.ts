import * as z from "zod";
import { liveMetadata } from "../../../adoption/index.js";
import type { LiveFlaggerCanary, LiveMetadata } from "../../../adoption/index.js";
import { annotations, deploymentName } from "../../../model/index.js";
import { anything } from "../schemas.js";
import { handOver } from "./managed-fields.js";
import { annotated } from "./pieces.js";
import { kinds } from "./reader.js";
import type { AdoptionReader, Kind, OwnedObject } from "./reader.js";
import type { AdoptionWriter, Operation } from "./writer.js";

const anyObject = z.object({ metadata: liveMetadata });

/** What becomes of an object that Flagger has made. */
type Fate = "ours" | "replaced" | "left";

/** Flagger's hand on an application: halted, taken off its objects, and gone. */
export class Flagger {
  constructor(
    private readonly reader: AdoptionReader,
    private readonly writer: AdoptionWriter,
  ) {}

  /** Suspended, it does nothing in any of its ticks; and it reverts nothing when its Canary goes. */
  async halt(signal: AbortSignal): Promise<void> {
    const { flaggerCanary: name = "" } = this.reader.target;
    const body = { spec: { suspend: true, revertOnDeletion: false } };
    const call = { verb: "patch", ...this.reader.place("canaries", name), patch: "merge", body } as const;
    await this.reader.api.do(call, anything, signal);
  }

  async free(signal: AbortSignal): Promise<void> {
    const canary = await this.reader.flaggerCanary(signal);
    if (canary === undefined) return;
    const owned = await this.reader.ownedBy(canary, signal);
    await Promise.all(owned.map((object) => this.freeOne(canary, object, signal)));
  }

  private freeOne(canary: LiveFlaggerCanary, { kind, name }: OwnedObject, signal: AbortSignal): Promise<void> {
    const fate = this.fateOf(kind, name);
    const { namespace, name: release } = this.reader.target;
    const more = {
      ours: this.writer.mark,
      replaced: { [annotations.takenFrom]: `${namespace}/${release}` },
      left: {},
    }[fate];
    const read = () => this.reader.find(kind, name, anyObject, signal);
    return this.writer.change(
      kind,
      name,
      read,
      ({ metadata }) => this.operations(canary, kind, fate, metadata, more),
      signal,
    );
  }

  private operations(
    canary: LiveFlaggerCanary,
    kind: Kind,
    fate: Fate,
    metadata: LiveMetadata,
    more: Readonly<Record<string, string>>,
  ): readonly Operation[] {
    const owners = metadata.ownerReferences.filter(({ uid }) => uid !== canary.metadata.uid);
    const { group, version } = kinds[kind];
    // The program's rules replace Flagger's as a whole.
    const isProgram = fate === "ours" && kind === "routes";
    const fields = isProgram ? handOver(metadata.managedFields, ["f:spec"], `${group}/${version}`) : undefined;
    return [
      { op: "add", path: "/metadata/ownerReferences", value: owners },
      annotated({ metadata }, more),
      ...(fields === undefined ? [] : [{ op: "add", path: "/metadata/managedFields", value: fields } as const]),
    ];
  }

  /** Of the same names ours goes on with all but the primary's Deployment, whose selector and pods are Flagger's. */
  private fateOf(kind: Kind, name: string): Fate {
    const { name: release, routeName } = this.reader.target;
    const primary = deploymentName(release, "primary");
    if (kind === "deployments") return name === primary ? "replaced" : "left";
    if (kind === "services")
      return (["apex", "primary", "canary"] as const).some((each) => this.reader.serviceOf(each) === name)
        ? "ours"
        : "left";
    if (kind === "routes") return name === routeName ? "ours" : "left";
    return kind === "autoscalers" && name === primary ? "ours" : "left";
  }

  /** With nothing hanging on it any more. */
  async dismiss(signal: AbortSignal): Promise<void> {
    const { flaggerCanary: name = "" } = this.reader.target;
    const canary = await this.reader.flaggerCanary(signal);
    if (canary === undefined) return;
    if (canary.metadata.finalizers.length > 0) {
      const body = { metadata: { finalizers: null } };
      const call = { verb: "patch", ...this.reader.place("canaries", name), patch: "merge", body } as const;
      await this.reader.api.do(call, anything, signal);
    }
    await this.writer.remove("canaries", name, canary, signal);
  }
}
