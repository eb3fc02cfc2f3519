import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import ts from "typescript";
import { z } from "zod";
import * as components from "../../../components/index.js";
import { componentShapes, schemaText } from "../../../provider/package.js";
import { analysis } from "../../../release/settings/index.js";

const sources = path.resolve(__dirname, "../../../../components");

const property = z.looseObject({
  $ref: z.string().optional(),
  type: z.string().optional(),
  description: z.string().optional(),
  secret: z.boolean().optional(),
});
const resource = z.looseObject({
  isComponent: z.boolean().optional(),
  description: z.string(),
  inputProperties: z.record(z.string(), property),
});
const type = z.looseObject({ properties: z.record(z.string(), property), required: z.array(z.string()).optional() });
const schema = z
  .looseObject({ resources: z.record(z.string(), resource), types: z.record(z.string(), type) })
  .parse(JSON.parse(schemaText()));

function inputsOf(component: string): Readonly<Record<string, z.output<typeof property>>> {
  return schema.resources[`apisix-canary:index:${component}`]?.inputProperties ?? {};
}

function propertiesOf(name: string): Readonly<Record<string, z.output<typeof property>>> {
  return schema.types[`apisix-canary:index:${name}`]?.properties ?? {};
}

/** Members of the interfaces called `…Args`, as they are written: read without the compiler's types. */
function writtenArguments(): ReadonlyMap<string, readonly string[]> {
  const files = readdirSync(sources, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const interfaces = files.flatMap((file) => {
    const text = readFileSync(path.join(sources, file), "utf8");
    const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
    return statements
      .filter((each) => ts.isInterfaceDeclaration(each))
      .filter(({ name }) => name.text.endsWith("Args"));
  });
  return new Map(
    interfaces.map(({ name, members }) => [
      name.text.replace(/Args$/, ""),
      members.flatMap((member) =>
        member.name !== undefined && ts.isIdentifier(member.name) ? [member.name.text] : [],
      ),
    ]),
  );
}

/** Paths of all settings below a schema, like `metrics[].thresholdRange.min`. */
function settingsOf(json: z.core.JSONSchema.BaseSchema): readonly (readonly string[])[] {
  const branches = [...(json.anyOf ?? []), ...(json.oneOf ?? [])];
  const items = typeof json.items === "object" && !Array.isArray(json.items) ? [json.items] : [];
  const own = Object.entries(json.properties ?? {}).flatMap(([name, value]) =>
    typeof value === "boolean" ? [] : [[name], ...settingsOf(value).map((inner) => [name, ...inner])],
  );
  return [...own, ...[...branches, ...items].flatMap(settingsOf)];
}

function at(typeName: string, [name = "", ...rest]: readonly string[]): z.output<typeof property> | undefined {
  const found = propertiesOf(typeName)[name];
  if (found === undefined || rest.length === 0) return found;
  const inner = /"#\/types\/apisix-canary:index:(\w+)"/.exec(JSON.stringify(found))?.[1];
  return inner === undefined ? undefined : at(inner, rest);
}

describe("the schema for other languages", () => {
  it("has every component class of the package", () => {
    const classes = Object.keys(components).filter((name) => Object.hasOwn(componentShapes(), name));
    const listed = Object.entries(schema.resources).filter(([, each]) => each.isComponent === true);
    expect(listed.map(([token]) => token.split(":").at(-1)).toSorted()).to.deep.equal(classes.toSorted());
    expect(classes).to.include.members(["CanaryPlatform", "CanaryRelease", "LoadTester", "ReleaseWatchdog"]);
    for (const [token, { description }] of listed) expect(description, token).not.to.equal("");
  });

  it("has every argument of theirs", () => {
    const written = writtenArguments();
    expect([...written.keys()]).to.include.members(["CanaryPlatform", "CanaryRelease"]);
    const missing = [...written].flatMap(([name, members]) => {
      const known = { ...inputsOf(name), ...propertiesOf(name) };
      const isPublic = Object.hasOwn(componentShapes(), name);
      return isPublic ? members.filter((member) => known[member] === undefined).map((each) => `${name}.${each}`) : [];
    });
    expect(missing).to.deep.equal([]);
  });

  it("has every setting of the analysis, with what the settings' schema says of it", () => {
    const paths = settingsOf(z.toJSONSchema(analysis, { io: "input", unrepresentable: "any" }));
    expect(paths.length).to.be.greaterThan(30);
    const missing = paths.filter((each) => at("CanaryReleaseAnalysis", each) === undefined);
    expect(missing.map((each) => each.join("."))).to.deep.equal([]);
    expect(at("CanaryReleaseAnalysis", ["threshold"])).to.include({ type: "integer" });
    expect(at("CanaryReleaseAnalysis", ["threshold"])?.description).to.match(/until rollback/);
  });

  it("keeps an argument's type apart from that of an output of the same name", () => {
    const { $ref = "" } = inputsOf("CanaryPlatform")["prometheus"] ?? {};
    const own = propertiesOf($ref.split(":").at(-1) ?? "");
    expect(own).to.include.keys("url", "bearerToken", "retention", "scrapeIntervalSeconds");
  });

  it("marks what is secret", () => {
    for (const found of [
      inputsOf("CanaryRelease")["kubeconfig"],
      inputsOf("CanaryRelease")["secrets"],
      inputsOf("ReleaseWatchdog")["alertUrl"],
      inputsOf("Apisix")["adminKey"],
      at("CanaryReleaseAnalysis", ["webhooks", "url"]),
      at("CanaryReleaseAnalysis", ["steps", "webhooks", "url"]),
    ])
      expect(found).to.include({ secret: true });
  });

  it("wants no secret to be plain: a package for Go would not compile", () => {
    expect(JSON.stringify(inputsOf("CanaryRelease")["secrets"])).not.to.contain("plain");
  });

  it("refers to nothing that is not in it", () => {
    const references = [...JSON.stringify(schema).matchAll(/"\$ref":"#\/(types|resources)\/([^"]+)"/g)];
    expect(references).not.to.deep.equal([]);
    for (const [, section, token = ""] of references)
      expect(section === "types" ? schema.types : schema.resources, token).to.have.property(token);
  });

  it("has no type of a component's name: SDKs call that component's arguments so", () => {
    const taken = Object.keys(schema.types).filter((token) => schema.resources[token] !== undefined);
    expect(taken).to.deep.equal([]);
  });

  it("names components among a component's arguments only: a package for Python would import itself in a circle", () => {
    const nested = JSON.stringify(schema.types);
    expect(nested).not.to.contain("#/resources/");
    expect(JSON.stringify(schema.resources)).to.contain("#/resources/");
  });

  it("takes a platform by reference, and texts or numbers for durations", () => {
    expect(JSON.stringify(inputsOf("CanaryRelease")["platform"])).to.contain(
      "#/resources/apisix-canary:index:CanaryPlatform",
    );
    expect(JSON.stringify(at("CanaryReleaseAnalysis", ["interval"]))).to.match(/oneOf.*string.*number/);
  });
});
