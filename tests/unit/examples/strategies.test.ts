import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { analysis as schema } from "../../../release/settings/index.js";
import { planStages, splitText } from "../../../release/strategy/index.js";
import { settingsOf } from "../../components/register.js";

interface Registered {
  readonly type: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** The last resource that is looked at. */
const lastType = ":Analysis";
const pollMs = 20;

/** What the runtime would make. */
const made = { certificate: "certificate", privateKey: "key", value: "value" };

/** Runs an example's program; what it has registered when its analysis is there. */
async function walk(name: string): Promise<readonly Registered[]> {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks({
    newResource: ({ type, name: id, inputs }) => {
      registered.push({ type, inputs: { ...(inputs as Record<string, unknown>) } });
      return { id, state: { ...made, ...(inputs as Record<string, unknown>) } };
    },
    call: () => ({}),
  });
  await import(path.resolve(__dirname, `../../../examples/${name}/index.js`));
  while (!registered.some(({ type }) => type.endsWith(lastType)))
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  return registered;
}

function inside(value: unknown, ...keys: readonly (string | number)[]): unknown {
  return keys.reduce<unknown>((inner, key) => Reflect.get(Object(inner) as object, key), value);
}

/** Names of the route's rules, and what users are asked to do one after the other. */
const told: Readonly<Record<string, readonly [rules: string, plan: string]>> = {
  steps: ["podinfo", "0.1% > 10% > 10% > 50%"],
  "ab-testing": ["podinfo podinfo-match podinfo-match-2", "matched users"],
  "blue-green": ["podinfo podinfo-preview", "preview > 100%"],
  mirroring: ["podinfo podinfo-mirror", "mirror 10% > 10% > 30% > 50%"],
  "release-train": ["cart", "10% > 20% > 30% > 40% > 50%"],
  "session-affinity": ["podinfo podinfo-bucket", "5% of sessions > 20% of sessions > 50% of sessions"],
};

describe("the example of a strategy", () => {
  for (const [name, [rules, plan]] of Object.entries(told))
    it(`${name} has its rules and its plan`, async () => {
      const registered = await walk(name);
      const route = registered.find(({ type }) => type.endsWith(":ApisixRoute"));
      const http = inside(route, "inputs", "spec", "http");
      expect(Array.isArray(http) ? http.map((rule) => inside(rule, "name")).join(" ") : http).to.equal(rules);
      const analysis = inside(settingsOf(registered.find(({ type }) => type.endsWith(lastType))?.inputs), "analysis");
      const read = schema.parse(inside(analysis, "value") ?? analysis);
      expect(
        planStages(read)
          .map(({ split }) => splitText(split))
          .join(" > "),
      ).to.equal(plan);
    });
});
