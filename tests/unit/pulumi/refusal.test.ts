import { expect } from "chai";
import { refusal } from "../../../release/index.js";

describe("what a program finds out when an output is known", () => {
  it("is the one problem of a resource that the engine refuses", async () => {
    const { inputs, failures } = await refusal.check({}, { reason: "replicas: must be at least 1" });
    expect(inputs).to.deep.equal({ reason: "replicas: must be at least 1" });
    expect(failures).to.deep.equal([{ property: "", reason: "replicas: must be at least 1" }]);
  });

  it("is never made", async () => {
    const made = refusal.create({ reason: "replicas: must be at least 1" });
    expect(await made.catch((error: unknown) => error)).to.have.property("message", "replicas: must be at least 1");
  });
});
