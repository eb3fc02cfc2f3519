import { expect } from "chai";
import type { ReleaseStatus } from "../../../release/model/index.js";
import { TransientError } from "../../../release/ports/index.js";
import { Watchdog } from "../../../release/watchdog/watchdog.js";
import { Process, VirtualClock, watchdogPortsOf, World } from "../../../fakes/index.js";
import type { PortCall } from "../../../fakes/index.js";

const underWay: ReleaseStatus = {
  phase: "Progressing",
  canaryWeight: 30,
  plannedWeight: 50,
  failedChecks: 0,
  iterations: 0,
  lastTransitionTime: "",
  revision: "r2",
  promotedRevision: "r1",
  fence: 4,
  drainSeconds: 5,
  routeName: "podinfo-podinfo-canary",
  heartbeat: { holder: "laptop", beat: 7 },
  message: "",
  conditions: [],
  checks: [],
};

/** A release at 30% whose machine is gone, and watchdogs that look every two seconds. */
class Scene {
  readonly clock = new VirtualClock();
  readonly world = new World(this.clock);
  readonly lines: string[] = [];
  /** Called before each call of a port; what it throws the port throws. */
  before: (call: PortCall) => void = () => undefined;
  readonly first = this.watchdog("w-1");

  constructor(status: Partial<ReleaseStatus> = {}, primaryRevision = "r1") {
    const { world } = this;
    world.applyPrimary(primaryRevision);
    world.applyCanary("r2");
    world.canary?.scale(1, this.clock.nowMs());
    if (world.object !== undefined) world.object.status = { ...underWay, ...status };
    if (world.route !== undefined) Object.assign(world.route, { weight: 30, fence: 4 });
    world.gateway.weight = 30;
    world.lease = { holder: "laptop", version: 4, transitions: 4 };
    world.around = (call, perform) => {
      try {
        this.before(call);
        return Promise.resolve(perform());
      } catch (error) {
        return Promise.reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
  }

  watchdog(name: string): Watchdog {
    const ports = watchdogPortsOf(this.world, new Process(name, this.clock), (line) => void this.lines.push(line));
    return new Watchdog({ watchdogAfterSeconds: 30, podName: name }, ports);
  }

  /** Looks every two seconds for so long, and waits for what was begun. */
  async watch(seconds: number, watchdogs = [this.first]): Promise<void> {
    const { clock } = this;
    const watching = async (): Promise<void> => {
      for (let elapsed = 0; elapsed <= seconds; elapsed += 2) {
        await Promise.all(watchdogs.map((each) => each.look()));
        await clock.sleep(2_000, new AbortController().signal);
      }
      await Promise.all(watchdogs.map((each) => each.stop()));
    };
    await clock.until(watching());
  }

  get status(): ReleaseStatus | undefined {
    return this.world.object?.status;
  }

  /** Announcements of which alerts are made. */
  get alerts(): readonly string[] {
    return this.world.announcements.filter(({ alert }) => alert).map(({ message }) => message);
  }

  /** What the watchdog wrote on the release, in its order. */
  get writes(): readonly string[] {
    return this.world.calls
      .map(({ name }) => name)
      .filter((name) => /^(claimRoute|writeStatus|setSplit|scaleCanary)/.test(name));
  }
}

describe("the watchdog", () => {
  it("rolls back a release whose machine is gone: fence, weight 0, drain, canary to 0, Failed, told", async () => {
    const scene = new Scene();
    await scene.watch(60);
    const { world } = scene;
    expect(world.route).to.deep.include({ weight: 0, fence: 6 });
    expect(world.canary?.replicas).to.equal(0);
    expect(world.primary?.replicas).to.equal(2);
    expect(scene.status).to.deep.include({ phase: "Failed", canaryWeight: 0, plannedWeight: 0, fence: 6 });
    expect(scene.status?.message).to.match(/^rolled back by the watchdog: its run gave no sign of life/);
    expect(scene.status?.conditions[0]).to.deep.include({ status: "False", reason: "RunLost" });
    expect(scene.status?.judged).to.equal(undefined);
    expect(world.lease?.holder).to.equal(undefined);
    expect(scene.alerts).to.deep.equal([`podinfo.test ${scene.status?.message}`]);
    const order = scene.writes.filter((name, index, all) => name !== all[index - 1]);
    expect(order).to.deep.equal([
      "claimRoute",
      "writeStatus",
      "setSplit 0%",
      "writeStatus",
      "scaleCanary 0",
      "writeStatus",
    ]);
  });

  it("leaves a run that beats", async () => {
    const scene = new Scene();
    const { world, clock } = scene;
    scene.before = () => {
      if (world.object?.status !== undefined)
        world.object.status = {
          ...underWay,
          heartbeat: { holder: "laptop", beat: Math.floor(clock.nowMs() / 10_000) },
        };
    };
    await scene.watch(120);
    expect(world.route?.weight).to.equal(30);
    expect(scene.writes).to.deep.equal([]);
  });

  it("proves nothing while it can't reach the API server itself", async () => {
    const scene = new Scene();
    const startMs = scene.clock.nowMs();
    scene.before = () => {
      const elapsedMs = scene.clock.nowMs() - startMs;
      if (elapsedMs > 10_000 && elapsedMs < 60_000) throw new TransientError("connection refused");
    };
    await scene.watch(80);
    expect(scene.world.route?.weight).to.equal(30);
    expect(scene.lines.some((line) => line.includes("connection refused"))).to.equal(true);
  });

  it("begins anew after it was paused itself", async () => {
    const scene = new Scene();
    await scene.watch(0);
    await scene.clock.pass(3_600_000);
    await scene.watch(10);
    expect(scene.world.route?.weight).to.equal(30);
  });

  it("gives way to a run that takes over while it drains", async () => {
    const scene = new Scene({ drainSeconds: 20 });
    const { world, clock } = scene;
    scene.before = ({ name }) => {
      if (name !== "setSplit 0%") return;
      clock.at(3_000, () => {
        world.lease = { holder: "new-run", version: 99, transitions: 9 };
        if (world.route !== undefined) world.route.fence = 10;
      });
    };
    await scene.watch(60);
    expect(world.canary?.replicas).to.equal(1);
    expect(scene.status?.phase).to.equal("Progressing");
    expect(world.lease?.holder).to.equal("new-run");
    expect(scene.lines.join()).to.contain("another run is at work on it");
  });

  it("keeps the canary's pods while the gateway's sync is frozen, and takes them when it works again", async () => {
    const scene = new Scene();
    scene.world.freeze();
    await scene.watch(60);
    expect(scene.world.route?.weight).to.equal(0);
    expect(scene.world.canary?.replicas).to.equal(1);
    expect(scene.status?.phase).to.equal("Progressing");
    expect(scene.alerts.join()).to.contain("the gateway's sync is frozen");
    scene.world.thaw();
    await scene.watch(60);
    expect(scene.world.canary?.replicas).to.equal(0);
    expect(scene.status?.phase).to.equal("Failed");
  });

  it("leaves the split where the primary carries the new revision and is not ready with it", async () => {
    const scene = new Scene({ phase: "Promoting" }, "r2");
    if (scene.world.primary !== undefined) scene.world.primary.broken = true;
    await scene.watch(60);
    expect(scene.world.route?.weight).to.equal(30);
    expect(scene.status?.phase).to.equal("Promoting");
    expect(scene.alerts.join()).to.contain("already carries the new revision and is not ready with it");
  });

  it("leaves room for a new run between its tries, and tells a trouble that stays once", async () => {
    const scene = new Scene({ phase: "WaitingPromotion", handoverSeconds: 10, handoverDeadline: "t" }, "r2");
    if (scene.world.primary !== undefined) scene.world.primary.broken = true;
    scene.world.lease = { holder: undefined, version: 4, transitions: 4 };
    await scene.watch(80);
    const takes = (scene.world.lease?.transitions ?? 0) - 4;
    expect(takes).to.be.within(2, 5);
    expect(scene.alerts).to.have.length(1);
    expect(scene.lines.filter((line) => line.includes("rolling it back"))).to.have.length(1);
    expect(scene.world.route?.weight).to.equal(30);
  });

  it("finishes the shift where the primary is ready with the new revision, and does not call it promoted", async () => {
    const judged = { revision: "r2", verdict: "passed", reason: "", at: "" } as const;
    const scene = new Scene({ phase: "Promoting", judged, promotedRevision: "r1" }, "r2");
    await scene.watch(60);
    expect(scene.world.route?.weight).to.equal(0);
    expect(scene.status).to.deep.include({ phase: "Failed", promotedRevision: "r1", judged });
    expect(scene.status?.message).to.contain("run the update again to finish the promotion");
  });

  it("leaves a promotion that stopped on purpose to people", async () => {
    const scene = new Scene({ phase: "Promoting", stalled: "PrimaryFailing" }, "r2");
    await scene.watch(120);
    expect(scene.world.route?.weight).to.equal(30);
    expect(scene.writes).to.deep.equal([]);
  });

  it("acts once where several replicas watch", async () => {
    const scene = new Scene();
    await scene.watch(60, [scene.first, scene.watchdog("w-2")]);
    expect(scene.alerts).to.have.length(1);
    expect(scene.world.lease?.transitions).to.equal(5);
  });

  it("another takes over where the leader is gone", async () => {
    const scene = new Scene();
    scene.world.leaderLease = { holder: "watchdog-gone", version: 1, transitions: 1 };
    await scene.watch(60);
    expect(scene.status?.phase).to.equal("Failed");
  });
});
