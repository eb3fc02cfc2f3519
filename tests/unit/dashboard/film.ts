import { createReporter, heardBy } from "../../../release/adapters/reporter/index.js";
import type { StoreReport } from "../../../release/adapters/reporter/index.js";
import { pack } from "../../../release/adapters/report-store/pack.js";
import { runAnalysis, runPromotion } from "../../../release/machine/index.js";
import type { Ports } from "../../../release/machine/index.js";
import type { ReleaseStatus } from "../../../release/model/index.js";
import { continues, joined } from "../../../release/report/index.js";
import type { WrittenReport } from "../../../release/report/index.js";
import type { ReleaseSettings } from "../../../release/settings/index.js";
import { portsOf, settingsFor, VirtualClock, World } from "../../../fakes/index.js";
import type { Behaviour } from "../../../fakes/index.js";
import { playApi } from "../adapters/fixture.js";
import type { PlayedServer } from "../adapters/fixture.js";

/** What the cluster holds of a release at one moment of its run. */
interface Frame {
  readonly atMs: number;
  readonly status: ReleaseStatus;
  readonly commands: Readonly<Record<string, string>>;
  readonly report: WrittenReport | undefined;
  readonly said: readonly { readonly atMs: number; readonly type: string; readonly message: string }[];
}

/** A whole run in virtual time, by the real machine and reporter, as an API server would have shown it. */
export async function film(canary: Behaviour, meanwhile: (world: World) => void = () => undefined): Promise<Frame[]> {
  const world = new World(new VirtualClock());
  const frames: Frame[] = [];
  const said: { atMs: number; type: string; message: string }[] = [];
  let report: WrittenReport | undefined;
  let before: WrittenReport | undefined;
  const shoot = (): void => {
    const { status, commands } = world.object ?? {};
    if (status === undefined) return;
    frames.push({
      atMs: world.clock.nowMs(),
      status: { ...status },
      commands: { ...commands },
      report,
      said: [...said],
    });
  };
  const storeReport: StoreReport = async (written, part) => {
    report =
      part === "promotion" && before !== undefined && continues(before, written) ? joined(before, written) : written;
    if (part === "analysis" && written.outcome !== "running") before = written;
    shoot();
  };
  const ports = (settings: ReleaseSettings): Ports => {
    const own = portsOf(world);
    const reporter = createReporter(settings, {
      log: () => undefined,
      writeEvent: async (type, message, at) => void said.push({ atMs: at.getTime(), type, message }),
      webhooks: own.webhooks,
      serviceAccess: () => Promise.resolve({ status: 200, body: "" }),
      clock: world.clock,
      storeReport,
      storeProgress: storeReport,
      startedBy: "alice on build-7",
    });
    const cluster: Ports["cluster"] = {
      ...heardBy(reporter, own.cluster),
      writeStatus: async (status, signal) => {
        await own.cluster.writeStatus(status, signal);
        shoot();
      },
    };
    return { ...own, cluster, reporter };
  };
  await play(world, ports, canary, meanwhile);
  shoot();
  return frames;
}

async function play(
  world: World,
  ports: (settings: ReleaseSettings) => Ports,
  canary: Behaviour,
  meanwhile: (world: World) => void,
): Promise<void> {
  const { signal } = new AbortController();
  const { clock } = world;
  const image = { image: "ghcr.io/stefanprodan/podinfo:6.0.2" };
  const analysis = { stepWeightPromotion: 25 };
  const first = settingsFor("r1", analysis);
  world.applyPrimary("r1");
  await clock.until(runPromotion(first, ports(first), signal));
  world.applyCanary("r2");
  world.behaviour.canary = canary;
  meanwhile(world);
  const second = { ...settingsFor("r2", analysis), ...image };
  const outcome = await clock.until(runAnalysis(second, ports(second), signal).catch(() => undefined));
  if (outcome === undefined) return;
  world.applyPrimary("r2");
  await clock.until(runPromotion(second, ports(second), signal));
}

/** An API server that shows a film: it stands at one frame until it is moved on. */
export class Cinema {
  private index = 0;
  private readonly startMs = Date.now();
  private away = false;

  private constructor(
    private readonly frames: readonly Frame[],
    private readonly packed: ReadonlyMap<WrittenReport, string>,
  ) {}

  static async open(frames: readonly Frame[]): Promise<{ readonly cinema: Cinema; readonly server: PlayedServer }> {
    const reports = new Set(frames.flatMap(({ report }) => report ?? []));
    const packed = new Map(await Promise.all([...reports].map(async (each) => [each, await pack(each)] as const)));
    const cinema = new Cinema(frames, packed);
    const group = "/apis/apisix-canary.io/v1";
    const answer = (what: () => unknown) => () => (cinema.away ? [503, { message: "away" }] : what());
    const server = await playApi({
      [`GET ${group}/namespaces/test/canaryreleases`]: answer(() => ({ items: [cinema.object(), atRest] })),
      [`GET ${group}/canaryreleases`]: answer(() => ({ items: [cinema.object(), atRest] })),
      [`GET ${group}/namespaces/test/canaryreleases/podinfo`]: answer(() => cinema.object()),
      "GET /api/v1/namespaces/test/events": answer(() => ({ items: cinema.events() })),
      "GET /api/v1/namespaces/test/configmaps/podinfo-report": answer(() => cinema.configMap()),
    });
    return { cinema, server };
  }

  get frame(): Frame {
    const frame = this.frames[this.index];
    if (frame === undefined) throw new Error("the film has no frames");
    return frame;
  }

  /** Moves on to the first frame from here on that is as wanted, else to the end. */
  moveTo(wanted: (frame: Frame) => boolean): void {
    const found = this.frames.findIndex((frame, index) => index >= this.index && wanted(frame));
    this.index = found === -1 ? this.frames.length - 1 : found;
  }

  moveToEnd(): void {
    this.moveTo(() => false);
  }

  goAway(away: boolean): void {
    this.away = away;
  }

  /** Times of the film as if it were shown now. */
  private shifted(iso: string): string {
    return new Date(Date.parse(iso) - (this.frames[0]?.atMs ?? 0) + this.startMs).toISOString();
  }

  private object(): object {
    const { status, commands } = this.frame;
    const annotations = Object.entries(commands).map(
      ([command, text]) => [`apisix-canary.io/${command}`, text] as const,
    );
    return {
      metadata: { name: "podinfo", namespace: "test", uid: "u1", annotations: Object.fromEntries<string>(annotations) },
      status: { ...status, lastTransitionTime: this.shifted(status.lastTransitionTime) },
    };
  }

  private events(): readonly object[] {
    return this.frame.said.map(({ atMs, type, message }) => ({
      type,
      reason: "Synced",
      message,
      lastTimestamp: this.shifted(new Date(atMs).toISOString()),
      source: { component: "apisix-canary" },
    }));
  }

  private configMap(): unknown {
    const { report } = this.frame;
    if (report === undefined) return [404, { message: "not found" }];
    return { metadata: {}, binaryData: { "report.json.br": this.packed.get(report) ?? "" } };
  }
}

const atRest = {
  metadata: { name: "shop-frontend", namespace: "test", uid: "u2" },
  status: {
    phase: "Failed",
    canaryWeight: 0,
    plannedWeight: 0,
    failedChecks: 3,
    iterations: 0,
    lastTransitionTime: "2026-01-01T00:00:00Z",
    revision: "c01dbeef",
    promotedRevision: "c0ffee00",
    fence: 7,
    drainSeconds: 3,
    routeName: "shop-frontend",
    message: `see https://user:s3cr3tpass@hooks.example.com/T0K3N: <script>alert("x")</script>`,
    conditions: [],
    checks: [],
  },
};
