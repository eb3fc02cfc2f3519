import { readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { Harness } from "../machine/harness.js";

// What the page on the article quotes of Flagger's log is what a release here says.

const root = path.resolve(__dirname, "../../../..");
const page = readFileSync(path.join(root, "examples/ARTICLE.md"), "utf8");

/** Log lines by their beginnings, as Flagger's read. */
const quoted = [...page.matchAll(/`((?:New|Starting|Advance|Halt|Rolling|Canary|Copying|Promotion) [^`]+)`/g)].map(
  ([, line = ""]) => line,
);

/** Figures aside; what ends with "…" may go on. */
function pattern(line: string): RegExp {
  const [, said = "", open] = /^(.*?)( …)?$/.exec(line) ?? [];
  const escaped = said.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\d+(\\\.\d+)?/g, "\\d+(\\.\\d+)?");
  return new RegExp(`^${escaped}${open === undefined ? "(: | \\(|$)" : ""}`);
}

async function told(change: (harness: Harness) => Parameters<Harness["up"]>[1]): Promise<readonly string[]> {
  const harness = await Harness.atRest();
  await harness.up("r2", change(harness));
  return harness.world.messages;
}

const failingShare = (share: number) => (harness: Harness) => {
  harness.world.behaviour.canary = { failingShare: share, slowShare: 0 };
  return {};
};

describe("the page on the article", () => {
  let messages: readonly string[];
  before(async () => {
    const stories = [
      told(() => ({})),
      told(failingShare(0.02)),
      told((harness) => {
        harness.world.webhookAnswer = () => ({ kind: "refused", message: "500" });
        return { threshold: 10, webhooks: [{ name: "load-test", type: "rollout", url: "http://loadtester.test/" }] };
      }),
    ];
    messages = (await Promise.all(stories)).flat();
  });

  it("quotes the log", () => expect(quoted).to.have.length.of.at.least(5));

  for (const line of quoted)
    it(`quotes what is said: ${line}`, () => {
      const wanted = pattern(line);
      expect(
        messages.some((message) => wanted.test(message)),
        [wanted, ...new Set(messages)].join("\n"),
      ).to.equal(true);
    });

  it("names programs, objects and options that there are", () => {
    const program = readFileSync(path.join(root, "index.ts"), "utf8");
    for (const each of ["CanaryPlatform", "LoadTester", "compare: false"]) {
      expect(page).to.contain(each);
      expect(program).to.contain(each);
    }
    for (const [, folder = ""] of page.matchAll(/`([a-z-]+)\/`/g))
      expect(() => readFileSync(path.join(root, "examples", folder, "index.ts")), folder).not.to.throw();
  });
});
