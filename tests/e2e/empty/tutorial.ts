/** docs/tutorial.md as a newcomer goes through it: its program, and its commands as they stand there. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { startTraffic } from "../../../sandbox/users/index.js";
import { deployment, eventually, releaseStatus } from "../harness/cluster.js";
import { edited, firstProgram } from "../harness/examples.js";
import { hurried, image, tutorial } from "./walk.js";
import type { Walk } from "./walk.js";

/** @param walk begun by the tutorial's first commands; it ends with its last one */
export function walkTutorial(walk: () => Walk): void {
  describe("the tutorial", () => {
    const [, first = "", look = "", forward = "", loop = "", second = "", third = "", report = "", back = "", end] =
      tutorial();
    // As the tutorial says of the sandbox, whose node forwards no ports to kubectl.
    const users = edited(loop, { "http://localhost:8080/": "http://apisix-gateway.apisix/" });
    const terminals: (() => Promise<void>)[] = [];
    const typed = (commands: string) => walk().project.shell(commands);
    const succeeds = async (commands: string): Promise<string> => {
      const { code, output } = await typed(commands);
      expect(code, output).to.equal(0);
      return output;
    };
    const served = async (): Promise<string> => (await deployment("shop", "podinfo-primary")).image;

    /** Those in the terminal are few: with more of them it takes seconds. */
    const amongMore = async <T>(work: () => Promise<T>): Promise<T> => {
      const more = startTraffic({ host: "app.example.com", perSecond: 60 });
      try {
        return await work();
      } finally {
        await more.stop();
      }
    };

    before(() => {
      expect(end?.trim(), "its last command").to.equal("pulumi destroy");
      walk().project.write({ "index.ts": edited(firstProgram("docs/tutorial.md"), hurried) });
    });
    after(async () => {
      for (const close of terminals) await close();
      await succeeds("pulumi config rm tag");
    });

    it("makes the first revision, and shows what there is", async () => {
      const output = await succeeds(first);
      expect(output)
        .to.match(/\+ \d+ to create/)
        .and.match(/outcome *: "initialized"/);
      expect(await succeeds(look))
        .to.match(/podinfo/)
        .and.match(/deployment\.apps\/podinfo-primary/);
      expect(forward).to.contain("port-forward");
      const [line = ""] = users.trim().split("\n");
      const once = edited(line, {
        "while true; do ": "",
        "; sleep 0.1; done": "",
        "-o /dev/null": "-o /dev/null -w '%{http_code}'",
      });
      await eventually("a user's request is answered", 30, async () => (await typed(once)).output === "200");
    });

    it("ships the next revision, to users in a terminal", async () => {
      terminals.push(walk().project.terminal(users));
      const output = await amongMore(() => succeeds(second));
      expect(output)
        .to.match(/Advance podinfo\.shop canary weight 25/)
        .and.match(/outcome *: .*"passed"/);
      expect(await served()).to.equal(image("6.0.1"));
    });

    it("takes a failing revision back, and reports why", async () => {
      const { code, output } = await amongMore(() => typed(third));
      expect(code).not.to.equal(0);
      expect(output).to.match(/error: .*success rate [\d.]+% < 99%/);
      expect(await releaseStatus("shop", "podinfo")).to.include({ phase: "Failed", canaryWeight: 0 });
      expect(await served()).to.equal(image("6.0.1"));
      await succeeds(report);
      expect(readFileSync(path.join(walk().project.folder, "report.html"), "utf8")).to.contain("6.0.2");
    });

    it("goes back to what was promoted; nothing moves", async () => {
      const output = await succeeds(back);
      expect(output).not.to.contain("canary weight");
      expect(await served()).to.equal(image("6.0.1"));
    });
  });
}
