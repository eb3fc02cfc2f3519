/** The examples in which somebody else has a word: people at gates, an autoscaler. */
import { createServer } from "node:http";
import type { Server } from "node:http";
import { expect } from "chai";
import { startTraffic } from "../../../sandbox/users/index.js";
import type { Update } from "../../../bench/project/index.js";
import { deployment, eventually, releaseStatus } from "../harness/cluster.js";
import { edited, exampleText } from "../harness/examples.js";
import { hurried, image, next, old } from "./walk.js";
import type { Walk } from "./walk.js";

/** Takes whatever anybody is told. */
class Inbox {
  readonly told: { readonly path: string; readonly text: string }[] = [];
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      this.told.push({ path: request.url ?? "", text: Buffer.concat(chunks).toString() });
      response.writeHead(200).end("ok");
    });
  });

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "10.244.0.1", resolve));
    const address = this.server.address();
    return `http://10.244.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  }

  at(path: string): string {
    return this.told
      .filter((each) => each.path.startsWith(path))
      .map(({ text }) => text)
      .join("\n");
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

export function walkGatesAndAlerts(walk: () => Walk): void {
  describe("gates-and-alerts", () => {
    const host = "app.example.com";
    const inbox = new Inbox();
    let text: string;
    const begun = (program: string): Update => {
      walk().project.write({ "index.ts": program });
      return walk().project.begin();
    };
    const prints = (update: Update, line: string): Promise<void> =>
      eventually(`it prints ${line}`, 60, () => Promise.resolve(update.output.includes(line)));

    before(async () => {
      const url = await inbox.open();
      text = edited(exampleText("gates-and-alerts"), {
        'interval: "1m"': 'interval: "1s"',
        "stepWeight: 10": "stepWeight: 25",
        "http://alertmanager.monitoring:9093": `${url}/alertmanager`,
      });
      const { project } = walk();
      await project.run(["config", "set", "--secret", "slackUrl", `${url}/slack`, "--stack", "dev"]);
      await walk().shipped(text);
    });
    after(() => inbox.close());

    it("stays at its last weight until the release manager approves", async () => {
      const users = startTraffic({ host, perSecond: 40 });
      const update = begun(edited(text, { [old]: next }));
      await prints(update, "waiting for approval release manager");
      expect(await releaseStatus("test", "podinfo")).to.include({ phase: "WaitingPromotion", canaryWeight: 50 });
      const approved = await walk().project.cli(["approve", "podinfo", "-n", "test"]);
      expect(approved.code, approved.output).to.equal(0);
      const { code } = await update.exited;
      const tally = await users.stop();
      expect(code, update.output).to.equal(0);
      expect(update.output).not.to.contain("pre-rollout check");
      expect(tally.failed, tally.samples.join("\n")).to.equal(0);
      expect((await deployment("test", "podinfo-primary")).image).to.equal(image(next));
      expect(inbox.at("/slack")).to.contain("release manager");
      expect(inbox.at("/alertmanager")).to.equal("");
    });

    it("is taken back at once by the red button, and the one on call is told", async () => {
      const users = startTraffic({ host, perSecond: 40 });
      const update = begun(edited(text, { [old]: "6.0.3" }));
      await prints(update, "Advance podinfo.test canary weight 25");
      const body = JSON.stringify({ name: "podinfo", namespace: "test" });
      await fetch("http://flagger-loadtester.test/rollback/open", { method: "POST", body });
      const { code } = await update.exited;
      const tally = await users.stop();
      expect(code).not.to.equal(0);
      expect(update.output).to.match(/error: .*red button/);
      expect(tally.failed, tally.samples.join("\n")).to.equal(0);
      expect(await releaseStatus("test", "podinfo")).to.include({ phase: "Failed", canaryWeight: 0 });
      expect((await deployment("test", "podinfo-primary")).image).to.equal(image(next));
      expect(inbox.at("/alertmanager/api/v2/alerts")).to.contain("red button");
    });
  });
}

/** @param walk without a release `shop` */
export function walkExternalAutoscaler(walk: () => Walk): void {
  it("external-autoscaler: the primary is its own, through a release and after it", async () => {
    const text = exampleText("external-autoscaler");
    await walk().shipped(text);
    const replicas = async (): Promise<number> => (await deployment("shop", "shop-primary")).replicas;
    await eventually("the autoscaler has its least", 60, async () => (await replicas()) === 3);
    await walk().promoted(edited(text, { ...hurried, [old]: next }), { host: "shop.example.com", perSecond: 40 });
    expect(await replicas()).to.equal(3);
    expect((await deployment("shop", "shop-primary")).image).to.equal(image(next));
  });
}
