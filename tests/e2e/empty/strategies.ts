/** The examples of strategies, one after the other on one release: each of them ships its next revision. */
import { expect } from "chai";
import { startSessions, startTraffic } from "../../../sandbox/users/index.js";
import { deployment, eventually } from "../harness/cluster.js";
import { edited, exampleText } from "../harness/examples.js";
import { image, old } from "./walk.js";
import type { Walk } from "./walk.js";

const host = "app.example.com";
const loadTester = `
import * as k8s from "@pulumi/kubernetes";
import { LoadTester } from "pulumi-apisix-canary";

const test = new k8s.core.v1.Namespace("test", { metadata: { name: "test" } });
new LoadTester("loadtester", { namespace: test.metadata.name });
`;

const served = async (): Promise<string> => (await deployment("default", "podinfo-primary")).image;

/** @param walk with `podinfo` in `default` at another revision than the first one's */
export function walkStrategies(walk: () => Walk): void {
  it("steps: goes on when a person approves", async () => {
    const text = edited(exampleText("steps"), {
      'threshold: 3,\n    interval: "1m"': 'threshold: 3,\n    interval: "1s"',
      // Of one user in a thousand nobody comes by in a test's time.
      'weight: 0.1, for: "5m"': 'weight: 5, for: "2s"',
      'for: "10m"': 'for: "2s"',
      'for: "30m"': 'for: "2s"',
    });
    walk().project.write({ "index.ts": text });
    const users = startTraffic({ host, perSecond: 200 });
    const update = walk().project.begin();
    await eventually("it pauses", 60, () => Promise.resolve(/Pausing .* at canary weight 10/.test(update.output)));
    const approved = await walk().project.cli(["approve", "podinfo", "-n", "default"]);
    expect(approved.code, approved.output).to.equal(0);
    const { code } = await update.exited;
    const tally = await users.stop();
    expect(code, update.output).to.equal(0);
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    expect(await served()).to.equal(image(old));
  });

  it("ab-testing: who matches meets the new revision, and nobody else", async () => {
    const text = edited(exampleText("ab-testing"), {
      [old]: "6.0.2",
      'interval: "1m"': 'interval: "1s"',
      "iterations: 10": "iterations: 3",
    });
    const headers = { "X-Team": "search", cookie: "beta=opt-in" };
    const team = startTraffic({ host, perSecond: 40, headers });
    const versions: string[] = [];
    const others = startTraffic({ host, perSecond: 40, headers: { "X-Team": "search" } });
    const update = walk().update(text + loadTester);
    await eventually("the team meets it", 60, () => Promise.resolve(team.tally.byVersion.has("6.0.2")));
    versions.push(...others.tally.byVersion.keys());
    const { code, output } = await update;
    const tallies = await Promise.all([team.stop(), others.stop()]);
    expect(code, output).to.equal(0);
    for (const { failed, samples } of tallies) expect(failed, samples.join("\n")).to.equal(0);
    expect(versions).to.deep.equal([old]);
    expect(await served()).to.equal(image("6.0.2"));
  });

  it("blue-green: tested where no user is, by the load tester, then all at once", async () => {
    const text = edited(exampleText("blue-green"), {
      'interval: "30s"': 'interval: "2s"',
      "iterations: 10": "iterations: 3",
    });
    const output = await walk().promoted(text + loadTester, { host, perSecond: 40 });
    expect(output).to.contain("Advance podinfo.default canary iteration 3/3");
    expect(await served()).to.equal(image(old));
  });

  it("mirroring: copies first, then users", async () => {
    const text = edited(exampleText("mirroring"), {
      [old]: "6.0.2",
      'interval: "30s"': 'interval: "1s"',
      'for: "5m"': 'for: "3s"',
      "[10, 30, 50]": "[50]",
    });
    await walk().promoted(text, { host, perSecond: 150 });
    expect(await served()).to.equal(image("6.0.2"));
  });

  it("session-affinity: who has met the new revision keeps it", async () => {
    const text = edited(exampleText("session-affinity"), { 'interval: "5m"': 'interval: "2s"' });
    const sessions = startSessions({ host, perSecond: 200, users: 400 });
    const { code, output } = await walk().update(text);
    await sessions.stop();
    const met = sessions.tally();
    expect(code, output).to.equal(0);
    expect(met.failed, met.samples.join("\n")).to.equal(0);
    expect(met.switchedBack).to.equal(0);
    expect(met.lastVersion.get(old) ?? 0).to.be.greaterThan(0);
    expect(await served()).to.equal(image(old));
  });
}
