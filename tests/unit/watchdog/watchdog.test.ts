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
class Fixture {
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
      .filter((name) => /^(claimRoute|writeStatus|setCanaryWeight|scaleCanary)/.test(name));
  }
}

describe("the watchdog", () => {
  it("rolls back a release whose machine is gone: fence, weight 0, drain, canary to 0, Failed, told", async () => {
    const fixture = new Fixture();
    await fixture.watch(60);
    const { world } = fixture;
    expect(world.route).to.deep.include({ weight: 0, fence: 6 });
    expect(world.canary?.replicas).to.equal(0);
    expect(world.primary?.replicas).to.equal(2);
    expect(fixture.status).to.deep.include({ phase: "Failed", canaryWeight: 0, plannedWeight: 0, fence: 6 });
    expect(fixture.status?.message).to.match(/^rolled back by the watchdog: its run gave no sign of life/);
    expect(fixture.status?.conditions[0]).to.deep.include({ status: "False", reason: "RunLost" });
    expect(fixture.status?.judged).to.equal(undefined);
    expect(world.lease?.holder).to.equal(undefined);
    expect(fixture.alerts).to.deep.equal([`podinfo.test ${fixture.status?.message}`]);
    const order = fixture.writes.filter((name, index, all) => name !== all[index - 1]);
    expect(order).to.deep.equal([
      "claimRoute",
      "writeStatus",
      "setCanaryWeight 0",
      "writeStatus",
      "scaleCanary 0",
      "writeStatus",
    ]);
  });

  it("leaves a run that beats", async () => {
    const fixture = new Fixture();
    const { world, clock } = fixture;
    fixture.before = () => {
      if (world.object?.status !== undefined)
        world.object.status = {
          ...underWay,
          heartbeat: { holder: "laptop", beat: Math.floor(clock.nowMs() / 10_000) },
        };
    };
    await fixture.watch(120);
    expect(world.route?.weight).to.equal(30);
    expect(fixture.writes).to.deep.equal([]);
  });

  it("proves nothing while it can't reach the API server itself", async () => {
    const fixture = new Fixture();
    const startMs = fixture.clock.nowMs();
    fixture.before = () => {
      const elapsedMs = fixture.clock.nowMs() - startMs;
      if (elapsedMs > 10_000 && elapsedMs < 60_000) throw new TransientError("connection refused");
    };
    await fixture.watch(80);
    expect(fixture.world.route?.weight).to.equal(30);
    expect(fixture.lines.some((line) => line.includes("connection refused"))).to.equal(true);
  });

  it("begins anew after it was paused itself", async () => {
    const fixture = new Fixture();
    await fixture.watch(0);
    await fixture.clock.pass(3_600_000);
    await fixture.watch(10);
    expect(fixture.world.route?.weight).to.equal(30);
  });

  it("gives way to a run that takes over while it drains", async () => {
    const fixture = new Fixture({ drainSeconds: 20 });
    const { world, clock } = fixture;
    fixture.before = ({ name }) => {
      if (name !== "setCanaryWeight 0") return;
      clock.at(3_000, () => {
        world.lease = { holder: "new-run", version: 99, transitions: 9 };
        if (world.route !== undefined) world.route.fence = 10;
      });
    };
    await fixture.watch(60);
    expect(world.canary?.replicas).to.equal(1);
    expect(fixture.status?.phase).to.equal("Progressing");
    expect(world.lease?.holder).to.equal("new-run");
    expect(fixture.lines.join()).to.contain("another run is at work on it");
  });

  it("keeps the canary's pods while the gateway's sync is frozen, and takes them when it works again", async () => {
    const fixture = new Fixture();
    fixture.world.freeze();
    await fixture.watch(60);
    expect(fixture.world.route?.weight).to.equal(0);
    expect(fixture.world.canary?.replicas).to.equal(1);
    expect(fixture.status?.phase).to.equal("Progressing");
    expect(fixture.alerts.join()).to.contain("the gateway's sync is frozen");
    fixture.world.thaw();
    await fixture.watch(60);
    expect(fixture.world.canary?.replicas).to.equal(0);
    expect(fixture.status?.phase).to.equal("Failed");
  });

  it("leaves the split where the primary carries the new revision and is not ready with it", async () => {
    const fixture = new Fixture({ phase: "Promoting" }, "r2");
    if (fixture.world.primary !== undefined) fixture.world.primary.broken = true;
    await fixture.watch(60);
    expect(fixture.world.route?.weight).to.equal(30);
    expect(fixture.status?.phase).to.equal("Promoting");
    expect(fixture.alerts.join()).to.contain("already carries the new revision and is not ready with it");
  });

  it("leaves room for a new run between its tries, and tells a trouble that stays once", async () => {
    const fixture = new Fixture({ phase: "WaitingPromotion", handoverSeconds: 10, handoverDeadline: "t" }, "r2");
    if (fixture.world.primary !== undefined) fixture.world.primary.broken = true;
    fixture.world.lease = { holder: undefined, version: 4, transitions: 4 };
    await fixture.watch(80);
    const takes = (fixture.world.lease?.transitions ?? 0) - 4;
    expect(takes).to.be.within(2, 5);
    expect(fixture.alerts).to.have.length(1);
    expect(fixture.lines.filter((line) => line.includes("rolling it back"))).to.have.length(1);
    expect(fixture.world.route?.weight).to.equal(30);
  });

  it("finishes the shift where the primary is ready with the new revision, and does not call it promoted", async () => {
    const judged = { revision: "r2", verdict: "passed", reason: "", at: "" } as const;
    const fixture = new Fixture({ phase: "Promoting", judged, promotedRevision: "r1" }, "r2");
    await fixture.watch(60);
    expect(fixture.world.route?.weight).to.equal(0);
    expect(fixture.status).to.deep.include({ phase: "Failed", promotedRevision: "r1", judged });
    expect(fixture.status?.message).to.contain("run the update again to finish the promotion");
  });

  it("leaves a promotion that stopped on purpose to people", async () => {
    const fixture = new Fixture({ phase: "Promoting", stalled: "PrimaryFailing" }, "r2");
    await fixture.watch(120);
    expect(fixture.world.route?.weight).to.equal(30);
    expect(fixture.writes).to.deep.equal([]);
  });

  it("acts once where several replicas watch", async () => {
    const fixture = new Fixture();
    await fixture.watch(60, [fixture.first, fixture.watchdog("w-2")]);
    expect(fixture.alerts).to.have.length(1);
    expect(fixture.world.lease?.transitions).to.equal(5);
  });

  it("another takes over where the leader is gone", async () => {
    const fixture = new Fixture();
    fixture.world.leaderLease = { holder: "watchdog-gone", version: 1, transitions: 1 };
    await fixture.watch(60);
    expect(fixture.status?.phase).to.equal("Failed");
  });
});
