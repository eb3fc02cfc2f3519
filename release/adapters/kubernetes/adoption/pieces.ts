import { createHash } from "node:crypto";
import * as z from "zod";
import { keptOf, liveScaler } from "../../../adoption/index.js";
import type { LiveDeployment, LiveScaler } from "../../../adoption/index.js";
import { annotations, canonicalJson } from "../../../model/index.js";
import { TransientError } from "../../../ports/index.js";
import type { Piece } from "../../../ports/index.js";
import type { AdoptionSettings } from "../../../settings/index.js";
import { selectorFor, templateFor, withoutRoleKeys } from "../../../template/index.js";
import type { PlainTemplate } from "../../../template/index.js";
import { kinds } from "./reader.js";
import type { AdoptionReader } from "./reader.js";
import { handOver, withoutManagers } from "./managed-fields.js";
import type { AdoptionWriter, Operation } from "./writer.js";

const dryRun = z.object({ spec: z.object({ template: z.looseObject({}) }) });
type Template = LiveDeployment["spec"]["template"];

/** Flagger's own, which would say nothing here. */
const flaggersAnnotation = "flagger-id";

/** The Deployments of a takeover: made, changed, taken and let go. */
export class Pieces {
  constructor(
    private readonly reader: AdoptionReader,
    private readonly writer: AdoptionWriter,
    private readonly settings: Pick<AdoptionSettings, "primarySpec" | "template">,
  ) {}

  /** From the live template of another, with as many pods. */
  async raise(piece: "primary" | "interim", from: Piece, signal: AbortSignal): Promise<void> {
    const [source, existing] = await Promise.all([this.found(from, signal), this.reader.piece(piece, signal)]);
    if (existing !== undefined && !this.writer.isOurs(existing))
      throw new Error(`Deployment ${this.reader.nameOf(piece)} exists and is not this release's`);
    const name = this.reader.nameOf(piece);
    const template =
      piece === "primary" ? await this.primaryTemplate(source, signal) : this.interimTemplate(source, from);
    const selector = {
      matchLabels: piece === "primary" ? selectorFor("primary", this.reader.target.name) : { app: name },
    };
    const spec = { ...this.settings.primarySpec, selector, template };
    const madeFrom = { [annotations.madeFrom]: hashOf(source.spec.template) };
    await this.writer.apply("deployments", name, spec, madeFrom, signal);
    await this.scale(piece, source.spec.replicas, signal);
  }

  /** Of the program where that is what runs already: then there is nothing to be judged. */
  private async primaryTemplate(source: LiveDeployment, signal: AbortSignal): Promise<PlainTemplate> {
    const { name } = this.reader.target;
    const target = await this.found("target", signal);
    const { primaryLabels } = keptOf(name, target);
    const apart = (template: PlainTemplate): PlainTemplate => ({
      ...template,
      metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...primaryLabels } },
    });
    const live = apart(templateFor("primary", name, revisionOf(source), withoutFlaggers(source.spec.template), {}));
    const { template } = this.settings;
    if (template === undefined) return live;
    const program = apart(template);
    return (await this.isSame(live, program, signal)) ? program : live;
  }

  private interimTemplate(source: LiveDeployment, from: Piece): PlainTemplate {
    const name = this.reader.nameOf("interim");
    const reading = { from: from === "primary" ? ("primary" as const) : ("canary" as const) };
    return templateFor("canary", name, revisionOf(source), withoutFlaggers(source.spec.template), {}, reading);
  }

  /** As the API server completes both of them. */
  private async isSame(a: PlainTemplate, b: PlainTemplate, signal: AbortSignal): Promise<boolean> {
    const [one, other] = await Promise.all([a, b].map((template) => this.completed(template, signal)));
    return one !== undefined && one === other;
  }

  private async completed(template: PlainTemplate, signal: AbortSignal): Promise<string | undefined> {
    const { namespace, name } = this.reader.target;
    const matchLabels = template.metadata?.labels ?? {};
    const body = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { generateName: `${name}-dry-run-` },
      spec: { replicas: 0, selector: { matchLabels }, template },
    };
    const call = { verb: "create", ...kinds.deployments, namespace, query: { dryRun: "All" }, body } as const;
    try {
      const { spec } = await this.reader.api.do(call, dryRun, signal);
      return canonicalJson([spec.template["spec"], matchLabels]);
    } catch (error) {
      if (error instanceof TransientError) throw error;
      // Whatever is wrong with it shows when it is deployed; it is not what runs.
      return undefined;
    }
  }

  private scale(piece: Piece, replicas: number, signal: AbortSignal): Promise<void> {
    return this.change(piece, signal, ({ spec }) =>
      spec.replicas === replicas ? [] : [{ op: "add", path: "/spec/replicas", value: replicas }],
    );
  }

  /** What the primary has, for a plain Deployment: with its own labels, and nothing that tells of a release. */
  async restore(signal: AbortSignal): Promise<void> {
    const primary = await this.found("primary", signal);
    const { name } = this.reader.target;
    await this.change("target", signal, (target) => {
      const plain = withoutRoleKeys(primary.spec.template, primary.metadata.annotations[annotations.roleMetadata]);
      const made = templateFor("canary", name, "", plain, {}, { from: "primary" });
      const { [annotations.revision]: _revision, ...texts } = made.metadata?.annotations ?? {};
      const labels = { ...made.metadata?.labels, ...keptOf(name, target).canaryLabels };
      const template = { ...made, metadata: { labels, annotations: texts } };
      const madeFrom = { [annotations.madeFrom]: hashOf(primary.spec.template) };
      return [
        { op: "add", path: "/spec/template", value: template },
        { op: "add", path: "/spec/replicas", value: primary.spec.replicas },
        annotated(target, madeFrom),
      ];
    });
  }

  async retire(piece: Piece, signal: AbortSignal): Promise<void> {
    if (piece === "target") return this.scale("target", 0, signal);
    const found = await this.reader.piece(piece, signal);
    await this.writer.remove("deployments", this.reader.nameOf(piece), found, signal, "Foreground");
  }

  /** The release's mark, and the template to the program: what nobody has given up stays in a server-side apply. */
  async take(signal: AbortSignal): Promise<void> {
    if (this.reader.target.takesAutoscaler) await this.takeAutoscaler(signal);
    return this.change("target", signal, (target) => {
      const fields = handOver(target.metadata.managedFields, ["f:spec", "f:template"], "apps/v1");
      return [{ op: "add", path: "/metadata/managedFields", value: fields }, annotated(target, this.writer.mark)];
    });
  }

  /** That of the same name and Deployment: it scales nothing while there are no pods, and the canary's later. */
  private takeAutoscaler(signal: AbortSignal): Promise<void> {
    const { name } = this.reader.target;
    const read = () => this.reader.find("autoscalers", name, liveScaler, signal);
    const operations = (found: LiveScaler): readonly Operation[] =>
      found.spec.scaleTargetRef.name === name ? [annotated(found, this.writer.mark)] : [];
    return this.writer.change("autoscalers", name, read, operations, signal);
  }

  letGo(managers: readonly string[], isOurs: (key: string) => boolean, signal: AbortSignal): Promise<void> {
    return this.change("target", signal, ({ metadata }) => [
      { op: "add", path: "/metadata/managedFields", value: withoutManagers(metadata.managedFields, managers) },
      { op: "add", path: "/metadata/annotations", value: without(metadata.annotations, isOurs) },
    ]);
  }

  private change(
    piece: Piece,
    signal: AbortSignal,
    operations: (found: LiveDeployment) => readonly Operation[],
  ): Promise<void> {
    const read = () => this.reader.piece(piece, signal);
    return this.writer.change("deployments", this.reader.nameOf(piece), read, operations, signal);
  }

  private async found(piece: Piece, signal: AbortSignal): Promise<LiveDeployment> {
    const found = await this.reader.piece(piece, signal);
    if (found === undefined) throw new Error(`Deployment ${this.reader.nameOf(piece)} is gone`);
    return found;
  }
}

export function annotated(
  { metadata }: Pick<LiveDeployment, "metadata">,
  more: Readonly<Record<string, string>>,
): Operation {
  return { op: "add", path: "/metadata/annotations", value: { ...metadata.annotations, ...more } };
}

export function without(texts: Readonly<Record<string, string>>, isOurs: (key: string) => boolean): object {
  return Object.fromEntries(Object.entries(texts).filter(([key]) => !isOurs(key)));
}

function withoutFlaggers(template: Template): Template {
  const { [flaggersAnnotation]: _flaggers, ...texts } = template.metadata.annotations;
  return { ...template, metadata: { ...template.metadata, annotations: texts } };
}

/** What runs has no revision of the program's. */
function revisionOf({ spec }: LiveDeployment): string {
  return spec.template.metadata.annotations[annotations.revision] ?? `adopted-${hashOf(spec.template).slice(0, 10)}`;
}

function hashOf(template: unknown): string {
  return createHash("sha256").update(canonicalJson(template)).digest("hex");
}
