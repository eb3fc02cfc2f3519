import { expect } from "chai";
import fc from "fast-check";
import { received, transferred } from "../../../release/settings/index.js";

/** Whatever JSON knows, with names that a pointer must escape. */
const { settings } = fc.letrec((tie) => ({
  settings: fc.dictionary(fc.string(), tie("value")),
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    fc.boolean(),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("a/b", "~", "~1", "/", "__proto__")), tie("value"), {
      maxKeys: 4,
    }),
  ),
}));

describe("settings on their way through Pulumi's engine", () => {
  it("arrive as they were, whatever is sent apart", () => {
    fc.assert(
      fc.property(settings, fc.func(fc.boolean()), (given, isApart) => {
        const { settings: text, computed } = transferred(given, (value, key) =>
          isApart(value, key) ? value : undefined,
        );
        const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
        expect(received(text, computed)).to.deep.equal(sent(given));
      }),
    );
  });

  it("are one text of what is plain, and the rest by its pointer", () => {
    const given = { name: "web", analysis: { webhooks: [{ name: "gate", url: "http://x" }], none: undefined } };
    const apart = (value: unknown, key: string): unknown => (key === "url" ? value : undefined);
    expect(transferred(given, apart)).to.deep.equal({
      settings: '{"name":"web","analysis":{"webhooks":[{"name":"gate"}]}}',
      computed: { "/analysis/webhooks/0/url": "http://x" },
    });
  });

  it("are nothing where the text is none of ours", () => {
    for (const text of ["", "{", "null", "7"]) expect(received(text, {}), text).to.equal(undefined);
  });
});
