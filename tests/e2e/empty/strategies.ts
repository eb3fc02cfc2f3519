/** Examples of strategies, one after the other on one release: each of them ships its next revision. */
import { expect } from "chai";
import { startTraffic } from "../../../sandbox/users/index.js";
import { deployment, eventually } from "../harness/cluster.js";
import { edited, exampleText } from "../harness/examples.js";
import { image, old } from "./walk.js";
import type { Walk } from "./walk.js";

const host = "app.example.com";
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
    const update = walk().update(text);
    await eventually("the team meets it", 60, () => Promise.resolve(team.tally.byVersion.has("6.0.2")));
    versions.push(...others.tally.byVersion.keys());
    const { code, output } = await update;
    const tallies = await Promise.all([team.stop(), others.stop()]);
    expect(code, output).to.equal(0);
    for (const { failed, samples } of tallies) expect(failed, samples.join("\n")).to.equal(0);
    expect(versions).to.deep.equal([old]);
    expect(await served()).to.equal(image("6.0.2"));
  });
}
