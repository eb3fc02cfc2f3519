import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { chapters } from "./features.js";
import { answerTo, featuresPage, settingsOf } from "./table.js";
import { currentPage, settingsNow, tablePath } from "./write-table.js";

const features = chapters.flatMap((chapter) => chapter.features);

describe("the table of Argo Rollouts' features", () => {
  it("is what `npm run reference` writes", async () => {
    expect(readFileSync(tablePath, "utf8")).to.equal(await currentPage());
  });

  it("names settings that there are", () => {
    const settings = settingsNow();
    const named = features.flatMap((each) => [
      ...answerTo(each, settings).here.matchAll(/`(analysis\.[\w.[\]]+)[`:]/g),
    ]);
    const roots = named.map(([, setting = ""]) => setting.replace(/\[\].*/, ""));
    expect(roots).to.have.length.greaterThan(5);
    for (const setting of roots)
      expect(
        [...settings].some((each) => each === setting || each.startsWith(`${setting}.`)),
        setting,
      ).to.equal(true);
  });

  it("says how, wherever it has something", () => {
    for (const each of features)
      for (const { have, here } of [each.answer, ...(each.since === undefined ? [] : [each.since])])
        if (have !== "not") expect(here, each.feature).not.to.equal("");
  });

  it("has another answer once there is the setting", () => {
    const settings = settingsOf("## `analysis`\n\n| property |\n|---|\n| `match` | array |\n");
    expect([...settings]).to.deep.equal(["analysis.match"]);
    const row = (known: ReadonlySet<string>) =>
      featuresPage(chapters, known)
        .split("\n")
        .find((line) => line.includes("setHeaderRoute"));
    expect(row(new Set())).to.contain("| not |");
    expect(row(settings)).to.contain("| have |");
  });

  it("links to what there is in this repository", () => {
    const links = [...readFileSync(tablePath, "utf8").matchAll(/\]\(((?!https:)[^)#]+)/g)].map(([, link = ""]) => link);
    expect(links).not.to.deep.equal([]);
    for (const link of links) expect(existsSync(path.resolve(path.dirname(tablePath), link)), link).to.equal(true);
  });
});
