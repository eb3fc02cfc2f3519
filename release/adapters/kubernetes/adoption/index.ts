/** What runs already, taken over and given back: the takeover's port on a cluster. */
import * as z from "zod";
import { keptOf, liveMetadata, selects } from "../../../adoption/index.js";
import type { LiveDeployment, LiveFlaggerCanary, LiveService } from "../../../adoption/index.js";
import {
  annotations,
  apiGroup,
  deploymentName,
  fieldManager,
  programManager,
  releaseMark,
  serviceName,
} from "../../../model/index.js";
import type { AdoptionPort, FlaggerCanary, Holder, Holding, Holdings, Piece, Pointing } from "../../../ports/index.js";
import type { AdoptionSettings, ReleaseSettings } from "../../../settings/index.js";
import { selectorFor } from "../../../template/index.js";
import type { ApiServer } from "../api-server.js";
import { endpointSlices, deployment, pods } from "../schemas.js";
import { selectorText, workloadOf } from "../workloads.js";
import { Flagger } from "./flagger.js";
import { withoutManagers } from "./managed-fields.js";
import { annotated, Pieces, without } from "./pieces.js";
import { AdoptionReader } from "./reader.js";
import type { AdoptionTarget, Kind } from "./reader.js";
import { AdoptionWriter } from "./writer.js";
import type { Operation } from "./writer.js";

export { AdoptionReader } from "./reader.js";

type RequestsAt = AdoptionPort["requestsAt"];
const pieces = ["target", "interim", "primary"] as const satisfies readonly Piece[];

const onlyMetadata = z.object({ metadata: liveMetadata });
const releaseSpec = z.object({ spec: z.object({ onDeletion: z.string().optional() }).prefault({}) });

export function adoptionTarget(
  settings: Pick<ReleaseSettings, "namespace" | "name" | "service" | "routeName" | "autoscaler">,
  flaggerCanary: string | undefined,
): AdoptionTarget {
  const { namespace, name, service, routeName, autoscaler } = settings;
  const takesAutoscaler = autoscaler === "managed";
  return { namespace, name, service: service.name, routeName, flaggerCanary, takesAutoscaler };
}

export function createAdoption(
  api: ApiServer,
  settings: ReleaseSettings,
  adoption: AdoptionSettings,
  requestsAt: RequestsAt,
): AdoptionPort {
  return new Adoption(new AdoptionReader(api, adoptionTarget(settings, adoption.flaggerCanary)), adoption, requestsAt);
}

class Adoption implements AdoptionPort {
  private readonly writer: AdoptionWriter;
  private readonly pieces: Pieces;
  private readonly flagger: Flagger;

  constructor(
    private readonly reader: AdoptionReader,
    private readonly settings: AdoptionSettings,
    readonly requestsAt: RequestsAt,
  ) {
    this.writer = new AdoptionWriter(reader);
    this.pieces = new Pieces(reader, this.writer, settings);
    this.flagger = new Flagger(reader, this.writer);
  }

  async read(signal: AbortSignal): Promise<Holdings> {
    const [target, interim, primary] = await Promise.all(pieces.map((piece) => this.holding(piece, signal)));
    const [apex, primaryService, canaryService, canary] = await Promise.all([
      this.reader.service("apex", signal),
      this.reader.service("primary", signal),
      this.reader.service("canary", signal),
      this.reader.flaggerCanary(signal),
    ]);
    const live = { target: target?.live, interim: interim?.live, primary: primary?.live };
    return {
      target: target?.holding,
      interim: interim?.holding,
      primary: primary?.holding,
      apex: this.pointing(apex, live),
      primaryService: this.pointing(primaryService, live),
      canaryService: this.pointing(canaryService, live),
      flagger: canary === undefined ? undefined : await this.canaryOf(canary, signal),
    };
  }

  private async holding(
    piece: Piece,
    signal: AbortSignal,
  ): Promise<{ readonly live: LiveDeployment; readonly holding: Holding } | undefined> {
    const [live, found] = await Promise.all([
      this.reader.piece(piece, signal),
      this.reader.find("deployments", this.reader.nameOf(piece), deployment, signal),
    ]);
    if (live === undefined || found === undefined) return undefined;
    const heldBy = this.holderOf(live);
    const workload = workloadOf(found, heldBy === "release" ? "ours" : "foreign");
    return { live, holding: { ...workload, heldBy, madeFrom: live.metadata.annotations[annotations.madeFrom] } };
  }

  private holderOf(live: LiveDeployment): Holder {
    const { metadata, spec } = live;
    if (this.writer.isOurs(live)) return "release";
    const { namespace, name } = this.reader.target;
    if (metadata.annotations[annotations.takenFrom] === releaseMark(namespace, name)) return "flagger";
    const isFlaggers = metadata.ownerReferences.some(
      ({ apiVersion, kind }) => kind === "Canary" && apiVersion.startsWith("flagger.app/"),
    );
    if (isFlaggers) return "flagger";
    // An earlier version of this package wrote no mark.
    const isEarliers = spec.template.metadata.annotations[annotations.revision] !== undefined;
    return metadata.annotations[annotations.release] === undefined && isEarliers ? "release" : "others";
  }

  /** While a Service selects the target's pods too it still points there. */
  private pointing(
    service: LiveService | undefined,
    live: Readonly<Partial<Record<Piece, LiveDeployment | undefined>>>,
  ): Pointing {
    if (service === undefined) return "missing";
    const { selector } = service.spec;
    const found = pieces.find((piece) => selects(selector, live[piece]?.spec.template.metadata.labels ?? {}));
    if (found !== undefined) return found;
    return selects(selector, selectorFor("primary", this.reader.target.name)) ? "primary" : "others";
  }

  private async canaryOf(canary: LiveFlaggerCanary, signal: AbortSignal): Promise<FlaggerCanary> {
    const owned = await this.reader.ownedBy(canary, signal);
    const { phase, canaryWeight } = canary.status;
    return {
      phase,
      canaryWeight,
      suspended: canary.spec.suspend,
      owns: owned.map(({ kind, name }) => `${kind}/${name}`),
    };
  }

  async nodes(piece: Piece, signal: AbortSignal): Promise<readonly string[]> {
    const found = await this.reader.find("deployments", this.reader.nameOf(piece), deployment, signal);
    if (found === undefined) return [];
    const { namespace } = this.reader.target;
    const call = { verb: "list", group: "", version: "v1", plural: "pods", namespace } as const;
    const query = { labelSelector: selectorText(found) };
    const { items } = await this.reader.api.do({ ...call, query }, pods, signal);
    return [
      ...new Set(items.flatMap(({ status }) => [status.podIP ?? "", ...status.podIPs.map(({ ip }) => ip)])),
    ].filter((address) => address !== "");
  }

  async endpoints(service: "apex" | "primary", signal: AbortSignal) {
    const labelSelector = `kubernetes.io/service-name=${this.reader.serviceOf(service)}`;
    const { namespace } = this.reader.target;
    const place = { group: "discovery.k8s.io", version: "v1", plural: "endpointslices", namespace };
    const call = { verb: "list", ...place, query: { labelSelector } } as const;
    const { items } = await this.reader.api.do(call, endpointSlices, signal);
    const all = items.flatMap(({ endpoints }) => endpoints ?? []);
    const ready = all.filter(({ conditions }) => conditions.ready !== false && conditions.terminating !== true);
    return { nodes: all.flatMap(({ addresses }) => addresses), ready: ready.length };
  }

  raise(piece: "primary" | "interim", from: Piece, signal: AbortSignal): Promise<void> {
    return this.pieces.raise(piece, from, signal);
  }

  restore(signal: AbortSignal): Promise<void> {
    return this.pieces.restore(signal);
  }

  async makeServices(signal: AbortSignal): Promise<void> {
    const target = await this.reader.piece("target", signal);
    for (const role of ["primary", "canary"] as const) {
      const found = await this.reader.service(role, signal);
      if (found !== undefined) continue;
      const own =
        role === "canary" && target !== undefined
          ? { selector: keptOf(this.reader.target.name, target).canaryLabels }
          : {};
      await this.writer.apply(
        "services",
        this.reader.serviceOf(role),
        { ...this.settings.services[role], ...own },
        {},
        signal,
      );
    }
  }

  async point(service: "apex" | "primary", piece: Piece, signal: AbortSignal): Promise<void> {
    const name = this.reader.serviceOf(service);
    const found = await this.reader.service(service, signal);
    if (found === undefined) throw new Error(`Service ${name} is gone`);
    if (service === "primary" && !this.writer.isOurs(found))
      throw new Error(`Service ${name} exists and is not this release's`);
    const selector = await this.selectorOf(found, piece, signal);
    const read = () => this.reader.service(service, signal);
    // Not a server-side apply: it would take away what the program has applied before.
    await this.writer.change("services", name, read, (live) => this.pointed(live, service, piece, selector), signal);
  }

  private pointed(
    live: LiveService,
    service: "apex" | "primary",
    piece: Piece,
    selector: Readonly<Record<string, string>>,
  ): readonly Operation[] {
    // What a plain Deployment's Service selected is to be so again one day.
    const isFirst =
      service === "apex" && piece !== "target" && this.settings.from === "deployment" && !this.writer.isOurs(live);
    const before = isFirst ? { [annotations.selectorBefore]: JSON.stringify(live.spec.selector) } : {};
    return [
      { op: "add", path: "/spec/selector", value: selector },
      annotated(live, { ...this.writer.mark, ...before }),
    ];
  }

  private async selectorOf(
    { metadata }: LiveService,
    piece: Piece,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>> {
    const { name } = this.reader.target;
    if (piece === "primary") return selectorFor("primary", name);
    if (piece === "interim") return { app: this.reader.nameOf("interim") };
    const before = metadata.annotations[annotations.selectorBefore];
    if (before !== undefined) return z.record(z.string(), z.string()).parse(JSON.parse(before));
    const target = await this.reader.piece("target", signal);
    return target === undefined ? selectorFor("canary", name) : keptOf(name, target).canaryLabels;
  }

  retire(piece: Piece, signal: AbortSignal): Promise<void> {
    return this.pieces.retire(piece, signal);
  }

  take(signal: AbortSignal): Promise<void> {
    return this.pieces.take(signal);
  }

  haltFlagger(signal: AbortSignal): Promise<void> {
    return this.flagger.halt(signal);
  }

  freeFromFlagger(signal: AbortSignal): Promise<void> {
    return this.flagger.free(signal);
  }

  dismissFlagger(signal: AbortSignal): Promise<void> {
    return this.flagger.dismiss(signal);
  }

  /** The route first: what is left then has no users by way of it. */
  async removeRest(signal: AbortSignal): Promise<void> {
    const { name, routeName, service } = this.reader.target;
    const roles = ["primary", "canary"] as const;
    await this.removeOwn("routes", [routeName], signal);
    await this.removeOwn("tls", [routeName], signal);
    await this.removeOwn(
      "services",
      roles.map((role) => serviceName(service, role)),
      signal,
    );
    await this.removeOwn(
      "upstreams",
      roles.map((role) => serviceName(service, role)),
      signal,
    );
    await this.removeOwn("autoscalers", [deploymentName(name, "primary")], signal);
  }

  async removeAll(signal: AbortSignal): Promise<void> {
    const { name, service } = this.reader.target;
    await this.removeOwn("services", [service], signal);
    await this.removeOwn("autoscalers", [name], signal);
    await this.removeOwn(
      "deployments",
      pieces.map((piece) => this.reader.nameOf(piece)),
      signal,
    );
  }

  private async removeOwn(kind: Kind, names: readonly string[], signal: AbortSignal): Promise<void> {
    for (const name of names) {
      const found = await this.reader.find(kind, name, onlyMetadata, signal);
      if (found !== undefined && this.writer.isOurs(found)) await this.writer.remove(kind, name, found, signal);
    }
  }

  /** Deployment, Service and autoscaler that stay: without marks, and with fields that are nobody's. */
  async letGo(signal: AbortSignal): Promise<void> {
    const managers = [programManager, fieldManager];
    const isOurs = (key: string): boolean => key.startsWith(`${apiGroup}/`) || key.startsWith("pulumi.com/");
    await this.pieces.letGo(managers, isOurs, signal);
    const stays = [
      ["services", this.reader.serviceOf("apex")],
      ["autoscalers", this.reader.target.name],
    ] as const;
    for (const [kind, name] of stays) {
      const read = () => this.reader.find(kind, name, onlyMetadata, signal);
      const operations = (found: z.output<typeof onlyMetadata>): readonly Operation[] =>
        this.writer.isOurs(found)
          ? [
              {
                op: "add",
                path: "/metadata/managedFields",
                value: withoutManagers(found.metadata.managedFields, managers),
              },
              { op: "add", path: "/metadata/annotations", value: without(found.metadata.annotations, isOurs) },
            ]
          : [];
      await this.writer.change(kind, name, read, operations, signal);
    }
  }

  /** The program's last word is on the release's own object, which is written before anything is deleted. */
  async isMeant(signal: AbortSignal): Promise<boolean> {
    const found = await this.reader.find("releases", this.reader.target.name, releaseSpec, signal);
    return found === undefined || found.spec.onDeletion !== undefined;
  }
}
