import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { asPromoted, promotedTag } from "../../../components/promoted/index.js";
import type { PromotedOptions } from "../../../components/promoted/index.js";

const promoted = asPromoted(
  {
    revision: "r2",
    images: [
      { container: "app", image: "registry:5000/podinfo:6.0.2" },
      { container: "sidecar", image: "envoy@sha256:abc" },
    ],
    at: "2026-01-01T00:00:00Z",
    verdict: "passed",
    summary: "all checks passed at every step",
  },
  "podinfo-report",
);

/** What a program that reads this output of another stack gets; an error as its line. */
async function read(outputs: object, options: PromotedOptions = {}): Promise<string> {
  await pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => ({ id: name, state: { ...(inputs as object), name, outputs } }),
    call: () => ({}),
  });
  const tag = promotedTag(new pulumi.StackReference("staging"), options);
  const output: { promise(): Promise<string> } = Object.assign({ promise: () => Promise.resolve("") }, tag);
  return output.promise().catch((error: unknown) => {
    const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
    expect(stack, "a stack keeps Pulumi's SDK busy for a minute").to.equal(message);
    return `error: ${message}`;
  });
}

describe("what another stack has promoted", () => {
  it("is told by its promotion's own record", async () => {
    expect(promoted).to.deep.include({
      image: "registry:5000/podinfo:6.0.2",
      tag: "6.0.2",
      verdict: "passed",
      report: { summary: "all checks passed at every step", configMap: "podinfo-report" },
    });
    expect(await read({ promoted })).to.equal("6.0.2");
    expect(await read({ other: promoted }, { output: "other" })).to.equal("6.0.2");
  });

  it("is refused in one line where there is nothing", async () => {
    for (const outputs of [{}, { promoted: null }, { promotedTag: "6.0.2" }])
      expect(await read(outputs)).to.equal(
        "error: stack staging: its output promoted is not there: it has promoted nothing yet, its last update failed, or it was destroyed; export the promoted of a CanaryRelease there, and run it first",
      );
  });

  it("is refused where it is something else than a promotion's record", async () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    for (const output of [
      "6.0.2",
      unknown,
      7,
      {},
      { ...promoted, verdict: "yes" },
      { ...promoted, image: unknown, tag: unknown, images: unknown },
    ])
      expect(await read({ promoted: output }), JSON.stringify(output)).to.match(
        /^error: stack staging: its output promoted is not what a CanaryRelease says of its promotion$|^error: stack staging: its output promoted is not there/,
      );
  });

  it("is refused where it has no tag", async () => {
    for (const image of ["podinfo", "registry:5000/podinfo", "podinfo@sha256:abc", "podinfo:", ""])
      expect(await read({ promoted: { ...promoted, image } })).to.equal(
        `error: stack staging: its promoted image ${image || "(none)"} has no tag`,
      );
  });

  it("is refused where nobody judged it, and where it was not judged as asked", async () => {
    for (const verdict of ["initialized", "skipped", "onRequest"] as const)
      expect(await read({ promoted: { ...promoted, verdict } })).to.equal("6.0.2");
    expect(await read({ promoted: { ...promoted, verdict: "unjudged" } })).to.equal(
      "error: stack staging: its promoted revision r2 was not judged as asked (unjudged; accepted: passed, initialized, skipped, onRequest)",
    );
    expect(await read({ promoted: { ...promoted, verdict: "onRequest" } }, { accept: ["passed"] })).to.contain(
      "was not judged as asked (onRequest; accepted: passed)",
    );
  });

  it("may be another container's", async () => {
    const images = { ...promoted.images, sidecar: "envoy:1.31" };
    expect(await read({ promoted: { ...promoted, images } }, { container: "sidecar" })).to.equal("1.31");
    expect(await read({ promoted }, { container: "nobody" })).to.equal(
      "error: stack staging: its promoted revision has no container nobody; it has: app, sidecar",
    );
  });
});
