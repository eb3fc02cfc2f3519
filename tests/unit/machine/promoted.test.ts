import { expect } from "chai";
import { runPromotion } from "../../../release/machine/index.js";
import type { Promoted } from "../../../release/model/index.js";
import { portsOf } from "../../../fakes/index.js";
import { messageOf, Harness } from "./harness.js";

/** What the promotion of this revision says when it is run (again) now. */
async function promotedBy(harness: Harness, revision: string): Promise<Promoted | undefined> {
  const running = runPromotion(harness.settings(revision), portsOf(harness.world), new AbortController().signal);
  const outcome = await harness.clock.until(running);
  return "promoted" in outcome ? outcome.promoted : undefined;
}

describe("what a promotion says it has promoted", () => {
  it("is what is on the primary, with the verdict, its reason and its figures", async () => {
    const harness = await Harness.atRest();
    expect(messageOf(await harness.up("r2"))).to.equal("succeeded");
    const promoted = harness.status?.promoted;
    expect(promoted).to.deep.include({
      revision: "r2",
      images: [{ container: "app", image: "podinfo:r2" }],
      verdict: "passed",
    });
    expect(promoted?.at).to.match(/^2026-01-01T00:\d\d:\d\dZ$/);
    expect(promoted?.summary).to.match(
      /^all checks passed at every step: request-success-rate pass 100% \(limit 99%, \d+ requests\), request-duration pass /,
    );
    expect(await promotedBy(harness, "r2")).to.deep.equal(promoted);
  });

  it("is the first revision, which nobody could judge", async () => {
    const harness = await Harness.atRest();
    expect(await promotedBy(harness, "r1")).to.deep.include({
      revision: "r1",
      verdict: "initialized",
      summary: "first revision",
    });
  });

  it("tells what was promoted on request, without an analysis, or around it", async () => {
    const byHand = await Harness.atRest();
    byHand.whenWeightIs(20, () => byHand.world.command("promote", "hotfix"));
    await byHand.up("r2");
    expect(byHand.status?.promoted).to.deep.include({ revision: "r2", verdict: "onRequest" });
    const skipped = await Harness.atRest();
    await skipped.up("r2", {}, { skipAnalysis: true });
    expect(skipped.status?.promoted).to.deep.include({ revision: "r2", verdict: "skipped" });
    const around = await Harness.atRest();
    around.world.applyPrimary("r2");
    await around.clock.pass(10_000);
    await around.up("r2");
    expect(around.status?.promoted).to.deep.include({ revision: "r2", verdict: "unjudged" });
  });

  it("stays what it was where a revision is rolled back", async () => {
    const harness = await Harness.atRest();
    await harness.up("r2");
    const before = harness.status?.promoted;
    harness.world.behaviour.canary = { failingShare: 1, slowShare: 0 };
    await harness.up("r3");
    expect(harness.status?.promoted).to.deep.equal(before);
  });

  it("is made out of an earlier version's journal, which did not say it", async () => {
    const harness = await Harness.atRest();
    await harness.up("r2");
    const { object } = harness.world;
    expect(Reflect.deleteProperty(object?.status ?? {}, "promoted")).to.equal(true);
    expect(await promotedBy(harness, "r2")).to.deep.include({
      revision: "r2",
      verdict: "passed",
      summary: "all checks passed at every step",
    });
  });
});
