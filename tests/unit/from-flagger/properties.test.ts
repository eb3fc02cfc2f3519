import { expect } from "chai";
import fc from "fast-check";
import { stringify } from "yaml";
import { argsProblems } from "../../../components/canary-release/validate.js";
import { fromFlagger } from "../../../components/from-flagger/index.js";
import { behindRoute, withOwnRoute } from "./rich.js";

type Path = readonly (string | number)[];

const bases: readonly (readonly unknown[])[] = [behindRoute, withOwnRoute];

function placesIn(value: unknown, path: Path): readonly Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const inner = Object.keys(value).flatMap((key) =>
    placesIn(Reflect.get(value, key), [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return [path, ...inner];
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? (Reflect.get(inner, key) as unknown) : undefined),
    value,
  );
}

function changed(documents: unknown, path: Path, value: unknown): unknown {
  const copy = structuredClone(documents);
  const parent = at(copy, path.slice(0, -1));
  const last = path.at(-1);
  if (last === undefined) return value;
  if (typeof parent === "object" && parent !== null) {
    if (value === undefined) Reflect.deleteProperty(parent, last);
    else Object.defineProperty(parent, last, { value, enumerable: true, configurable: true, writable: true });
  }
  return copy;
}

function textOf(documents: unknown): string {
  return Array.isArray(documents)
    ? documents.map((each: unknown) => stringify(each, { aliasDuplicateObjects: false })).join("---\n")
    : stringify(documents ?? null);
}

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(undefined, null, "", 0, -1, 1e21, NaN, Infinity, [], {}, [null], { __proto__: 1 }, "a\nb", "\u2028"),
  fc.dictionary(
    fc.constantFrom("__proto__", "constructor", "name", "kind", "exact", "x y", "a.b"),
    fc.anything({ maxDepth: 1, withBigInt: false }),
  ),
);
const mutations = fc
  .constantFrom(...bases)
  .chain((base) =>
    fc.tuple(
      fc.constant(base),
      fc.array(fc.tuple(fc.constantFrom(...placesIn(base, [])), anything), { minLength: 1, maxLength: 3 }),
    ),
  );

/** Nothing that a message may show: it stands where secrets stand. */
const secret = "hunter2";
const rest = {
  template: { spec: { containers: [{ name: "app" }] } },
  ingressClassName: "apisix",
  prometheusUrl: "http://prometheus",
};

function expectArgsOrOneLine(text: string): void {
  let taken: ReturnType<typeof fromFlagger>;
  try {
    taken = fromFlagger(text);
  } catch (error) {
    expect(error).to.be.instanceOf(Error);
    const { name, message } = error as Error;
    expect(name).to.equal("Error");
    expect(message)
      .to.match(/^[^\p{Cc}\p{Zl}\p{Zp}]+$/u)
      .and.not.contain(secret);
    expect(message).to.match(/^needs one Canary, found \d+$|^YAML line \d+, column \d+: .|^(document|[A-Z]\w+) .*: ./);
    return;
  }
  expect(argsProblems(taken.name, { ...rest, ...taken.args })).to.deep.equal([]);
  for (const line of taken.warnings)
    expect(line)
      .to.match(/^[^\p{Cc}\p{Zl}\p{Zp}]+$/u)
      .and.not.contain(secret);
}

describe("whatever somebody writes into a Canary", () => {
  it("is taken as it stands", () => {
    for (const base of bases) expect(fromFlagger(textOf(base)).name).to.equal("app");
  });

  it("of any type, at any depth: arguments that the components take, or one line with a path", () => {
    fc.assert(
      fc.property(mutations, ([base, all]) => {
        const documents = all.reduce<unknown>((before, [path, value]) => changed(before, path, value), base);
        expectArgsOrOneLine(textOf(documents));
      }),
      { numRuns: 300 },
    );
  }).timeout(60_000);

  it("as text that somebody's editor broke: the same", () => {
    const text = textOf(behindRoute);
    const edit = fc.record({
      from: fc.nat(text.length),
      length: fc.nat(40),
      insert: fc.oneof(
        fc.string({ maxLength: 5, unit: "binary" }),
        fc.constantFrom("\t", ": ", "- ", "&a ", "*a", "<<", "---\n", "\u0000"),
      ),
    });
    fc.assert(
      fc.property(edit, ({ from, length, insert }) =>
        expectArgsOrOneLine(text.slice(0, from) + insert + text.slice(from + length)),
      ),
      { numRuns: 200 },
    );
  }).timeout(60_000);

  it("that nobody knows is named, at every depth", () => {
    const canary = placesIn(behindRoute[0], []).filter(
      (path) => isMapping(at(behindRoute[0], path)) && path[0] === "spec",
    );
    fc.assert(
      fc.property(fc.constantFrom(...canary), fc.constantFrom("x", 1, true, { a: 1 }, [1]), (path, value) => {
        const documents = changed(behindRoute, [0, ...path, "unheardOf"], value);
        let said: string;
        try {
          said = JSON.stringify(fromFlagger(textOf(documents)));
        } catch (error) {
          said = String(error);
        }
        const plain = said.replaceAll("[0]", "");
        const names = path.filter((part) => typeof part === "string");
        const named = names
          .map((_, index) => names.slice(0, index + 1).join("."))
          .some((each) => plain.includes(`"${each} `));
        expect(plain.includes("unheardOf") || named, `${names.join(".")}: ${said}`).to.equal(true);
      }),
      { numRuns: 300 },
    );
  }).timeout(60_000);
});

function isMapping(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
