import { expect } from "chai";
import fc from "fast-check";
import { z } from "zod";
import { check, inOneLine } from "../../../release/settings/index.js";
import { nearestName } from "../../../release/settings/nearest.js";

const names = ["replicas", "resources", "namespace", "image", "tolerations", "stepWeight"];
const schema = z.strictObject({
  replicas: z.number().optional(),
  inner: z.strictObject({ stepWeight: z.number().optional() }).optional(),
  list: z.array(z.union([z.strictObject({ url: z.string() }), z.strictObject({ name: z.string() })])).optional(),
});

function messageOf(input: unknown, isUnknown?: (value: unknown) => boolean): string {
  const checked = check(schema, input, isUnknown);
  return checked.kind === "invalid" ? inOneLine(checked.problems) : checked.kind;
}

describe("the name that was most likely meant", () => {
  const near: readonly (readonly [string, string | undefined])[] = [
    ["replica", "replicas"],
    ["Replicas", "replicas"],
    ["namespaces", "namespace"],
    ["imgae", "image"],
    ["stepweight", "stepWeight"],
    ["colour", undefined],
    ["x", undefined],
  ];
  for (const [name, expected] of near)
    it(`by ${name} is ${expected ?? "not known"}`, () => expect(nearestName(name, names)).to.equal(expected));

  it("is always one that is known, and the very one where it is", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), fc.constantFrom(...names), (text, name) => {
        expect([undefined, ...names]).to.include(nearestName(text, names));
        expect(nearestName(name, names)).to.equal(name);
      }),
    );
  });

  it("stands in the error, at any depth", () => {
    expect(messageOf({ replica: 1 })).to.equal('replica: is not a known setting: did you mean "replicas"?');
    expect(messageOf({ inner: { stepweight: 1 } })).to.equal(
      'inner.stepweight: is not a known setting: did you mean "stepWeight"?',
    );
    expect(messageOf({ list: [{ url: "a", urls: "b" }] })).to.equal(
      'list[0].urls: is not a known setting: did you mean "url"?',
    );
  });

  it("is told although a neighbour is not known yet", () => {
    const later = Symbol("later");
    const isUnknown = (value: unknown): boolean => value === later;
    expect(messageOf({ replica: 1, inner: later }, isUnknown)).to.contain('did you mean "replicas"?');
    expect(messageOf({ inner: later }, isUnknown)).to.equal("incomplete");
  });
});
