import type { AdoptionPorts } from "../release/machine/index.js";
import type { AdoptionPort, Holder, Holding, Holdings, Piece, Pointing, Workload } from "../release/ports/index.js";
import { portsOf } from "./ports.js";
import type { Process } from "./process.js";
import type { World } from "./world.js";

const startUpMs = 1_500;
/** From a change of a Service to the first request at the new pods. */
const followMs = 400;
const perSecond = 100;

/** A Deployment that takes part in a takeover. */
export class FakePiece {
  readyAtMs: number;
  /** Its pods never get ready. */
  broken = false;
  madeFrom: string | undefined;
  revision: string | undefined;

  constructor(
    public heldBy: Holder,
    public replicas: number,
    public template: string,
    nowMs: number,
  ) {
    this.readyAtMs = nowMs;
  }

  serves(nowMs: number): boolean {
    return this.replicas > 0 && !this.broken && nowMs >= this.readyAtMs;
  }
}

interface Switch {
  readonly atMs: number;
  readonly to: Pointing;
}

/** An application that runs already, with users at its Service at every moment, and what a takeover makes of it. */
export class AdoptionWorld {
  readonly pieces: Partial<Record<Piece, FakePiece>> = {};
  readonly requests: Record<Piece, number> = { target: 0, primary: 0, interim: 0 };
  /** Milliseconds in which users asked pods that were not there. */
  unansweredMs = 0;
  flagger: { phase: string; canaryWeight: number; suspended: boolean; owns: string[] } | undefined;
  canaryService: Pointing = "missing";
  restRemoved = false;
  letGone = false;
  meant = true;
  /** The gateway and the proxies follow no change any more. */
  frozen = false;
  metricsAway = false;
  private readonly switches: Record<"apex" | "primary", Switch[]>;

  constructor(
    readonly world: World,
    pointing: { readonly apex: Pointing; readonly primary: Pointing },
  ) {
    const at = (to: Pointing): Switch[] => [{ atMs: -Infinity, to }];
    this.switches = { apex: at(pointing.apex), primary: at(pointing.primary) };
    const before = world.clock.onPass;
    world.clock.onPass = (fromMs, toMs) => {
      before(fromMs, toMs);
      for (let at = fromMs; at < toMs; at += 50) this.askFor(at, Math.min(50, toMs - at));
    };
  }

  pointing(service: "apex" | "primary"): Pointing {
    return this.switches[service].at(-1)?.to ?? "missing";
  }

  point(service: "apex" | "primary", to: Pointing): void {
    this.switches[service].push({ atMs: this.world.clock.nowMs(), to });
  }

  private askFor(atMs: number, forMs: number): void {
    const followed = this.switches.apex.filter(
      (each, index) => index === 0 || (!this.frozen && each.atMs + followMs <= atMs),
    );
    const to = followed.at(-1)?.to;
    const piece = to === "target" || to === "primary" || to === "interim" ? to : undefined;
    if (piece !== undefined && this.pieces[piece]?.serves(atMs) === true)
      this.requests[piece] += (forMs / 1000) * perSecond;
    else this.unansweredMs += forMs;
  }

  /** What Kubernetes' garbage collector does when the Canary goes. */
  collectGarbage(): void {
    for (const owned of this.flagger?.owns ?? []) if (owned === "primary") delete this.pieces.primary;
    this.flagger = undefined;
  }
}

/** All that a run needs, with the takeover's own port. */
export function adoptionPortsOf(taken: AdoptionWorld, process: Process): AdoptionPorts {
  const ports = portsOf(taken.world, process);
  const adoption = portOf(taken, process);
  const cluster = {
    ...ports.cluster,
    readWorkload: (role: "canary" | "primary") =>
      Promise.resolve(viewOf(taken, role === "canary" ? "target" : "primary")),
  };
  return { ...ports, cluster, adoption };
}

let calls = 0;

function portOf(taken: AdoptionWorld, process: Process): AdoptionPort {
  const { world } = taken;
  const now = (): number => world.clock.nowMs();
  const call = async <T>(name: string, perform: () => T): Promise<T> => {
    await process.awake();
    const described = { process: process.name, name, index: calls++ };
    world.calls.push(described);
    const result = await world.around(described, perform);
    await process.awake();
    return result;
  };
  const piece = (which: Piece): FakePiece => {
    const found = taken.pieces[which];
    if (found === undefined) throw new Error(`${which} is not there`);
    return found;
  };
  return {
    read: () => call("read", () => holdingsOf(taken)),
    nodes: (which) => call("nodes", () => (taken.pieces[which] === undefined ? [] : [which])),
    endpoints: (service) =>
      call("endpoints", () => {
        const to = taken.pointing(service);
        const ready =
          to === "target" || to === "primary" || to === "interim" ? (taken.pieces[to]?.serves(now()) ?? false) : false;
        return { nodes: [to], ready: ready ? 1 : 0 };
      }),
    raise: (which, from) =>
      call(`raise ${which}`, () => {
        const source = piece(from);
        const made = new FakePiece("release", source.replicas, `${which} of ${source.template}`, now() + startUpMs);
        made.madeFrom = source.template;
        made.revision = `adopted-${source.template}`;
        made.broken = taken.pieces[which]?.broken ?? false;
        taken.pieces[which] = made;
      }),
    restore: () =>
      call("restore", () => {
        const target = piece("target");
        const primary = piece("primary");
        Object.assign(target, { replicas: primary.replicas, madeFrom: primary.template, readyAtMs: now() + startUpMs });
      }),
    makeServices: () =>
      call("makeServices", () => {
        taken.canaryService = "target";
        if (taken.pointing("primary") === "missing") taken.point("primary", "primary");
      }),
    point: (service, to) => call(`point ${service} ${to}`, () => taken.point(service, to)),
    retire: (which) =>
      call(`retire ${which}`, () => {
        if (which === "target") piece("target").replicas = 0;
        else delete taken.pieces[which];
      }),
    take: () => call("take", () => void (piece("target").heldBy = "release")),
    haltFlagger: () => call("haltFlagger", () => void (taken.flagger && (taken.flagger.suspended = true))),
    freeFromFlagger: () => call("freeFromFlagger", () => void (taken.flagger && (taken.flagger.owns = []))),
    dismissFlagger: () => call("dismissFlagger", () => taken.collectGarbage()),
    removeRest: () => call("removeRest", () => void (taken.restRemoved = true)),
    removeAll: () => call("removeAll", () => void Reflect.deleteProperty(taken.pieces, "target")),
    letGo: () =>
      call("letGo", () => {
        taken.letGone = true;
        if (taken.pieces.target !== undefined) taken.pieces.target.heldBy = "others";
      }),
    isMeant: () => call("isMeant", () => taken.meant),
    requestsAt: (nodes) =>
      call("requestsAt", () =>
        taken.metricsAway ? undefined : nodes.reduce((sum, node) => sum + (taken.requests[node as Piece] ?? 0), 0),
      ),
  };
}

function holdingsOf(taken: AdoptionWorld): Holdings {
  return {
    target: viewOf(taken, "target"),
    primary: viewOf(taken, "primary"),
    interim: viewOf(taken, "interim"),
    apex: taken.pointing("apex"),
    primaryService: taken.pointing("primary"),
    canaryService: taken.canaryService,
    flagger: taken.flagger === undefined ? undefined : { ...taken.flagger, owns: [...taken.flagger.owns] },
  };
}

function viewOf(taken: AdoptionWorld, which: Piece): Holding | undefined {
  const found = taken.pieces[which];
  if (found === undefined) return undefined;
  const ready = found.serves(taken.world.clock.nowMs()) ? found.replicas : 0;
  const workload: Workload = {
    owner: found.heldBy === "release" ? "ours" : "foreign",
    revision: found.revision,
    images: [{ container: "app", image: "app:1" }],
    templateHash: found.template,
    generation: 1,
    observedGeneration: 1,
    replicas: found.replicas,
    updatedReplicas: found.replicas,
    availableReplicas: ready,
    totalReplicas: found.replicas,
  };
  return { ...workload, heldBy: found.heldBy, madeFrom: found.madeFrom };
}
