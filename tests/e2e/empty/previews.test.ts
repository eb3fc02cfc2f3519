import { execFileSync } from "node:child_process";
import path from "node:path";
import { expect } from "chai";
import { edited, exampleNames, exampleText, openExample, plannedResources } from "../harness/examples.js";
import { pathFor } from "../harness/languages.js";
import { packedRoot } from "../harness/packed.js";
import type { Result, UserProject } from "../harness/project.js";

// Each example as its reader has it: a copy in a project of its own, a fresh stack without configuration, and a cluster
// in which there is nothing yet.

const atOnce = 2;
const names = exampleNames();
const needed: Readonly<Record<string, "yaml" | "python">> = { yaml: "yaml", python: "python" };

interface Walked {
  readonly project: UserProject;
  readonly result: Result;
}

async function walk(name: string): Promise<Walked | { readonly missing: string }> {
  const language = needed[name];
  const found = language === undefined ? { path: process.env["PATH"] ?? "" } : pathFor(language);
  if ("missing" in found) return found;
  const project = await openExample(name, { configured: false });
  return { project, result: await project.preview({ PATH: found.path }) };
}

describe("examples in an empty cluster", () => {
  const walked = new Map<string, Awaited<ReturnType<typeof walk>>>();

  before(async () => {
    const left = [...names];
    const worker = async (): Promise<void> => {
      for (let name = left.shift(); name !== undefined; name = left.shift()) walked.set(name, await walk(name));
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  });

  for (const name of names)
    it(`${name}: previews, without configuration`, function () {
      const found = walked.get(name);
      if (found !== undefined && "missing" in found) {
        console.log(`      ${name}: ${found.missing}`);
        this.skip();
      }
      expect(found?.result.code, found?.result.output).to.equal(0);
      expect(plannedResources(found?.result.output ?? ""), found?.result.output).to.be.at.least(8);
    });

  const missing = {
    "existing-route": "routeRef.name: there is no ApisixRoute podinfo in namespace test",
    "from-flagger": "routeRef.name: there is no ApisixRoute podinfo in namespace test",
    adopt: "adopt: there is no Deployment shop in namespace default",
  };
  for (const [name, warning] of Object.entries(missing))
    it(`${name}: warns of what is not there yet`, () => {
      const found = walked.get(name);
      if (found === undefined || "missing" in found) throw new Error(`${name} was not walked`);
      const warnings = found.result.output.split("\n").filter((line) => line.includes("warning: "));
      expect(warnings.join("\n")).to.contain(warning);
    });

  it("promotion: refuses in preview what the stack before has not promoted, in one line", async () => {
    const project = await openExample("promotion", { as: "promotion-alone" });
    project.write({ "index.ts": edited(exampleText("promotion"), { 'config.get("promotesFrom")': '"staging"' }) });
    const preview = await project.preview();
    expect(preview.code).not.to.equal(0);
    expect(preview.output).to.match(/unknown stack|its output promoted is not there/);
    expect(preview.output).not.to.match(/\bat .*\.[jt]s:\d+/);
  });

  it("are what the packed package's types allow", () => {
    const typed = names.filter((name) => needed[name] === undefined);
    const folder = path.join(packedRoot, path.basename(process.env["APISIX_CANARY_SANDBOX_DIR"] ?? "outside"));
    const files = typed.map((name) => path.join(folder, `example-${name}`, "index.ts"));
    const strict = [
      "--ignoreConfig",
      "--strict",
      "--noEmit",
      "--target",
      "es2022",
      "--module",
      "nodenext",
      "--skipLibCheck",
    ];
    execFileSync(process.execPath, [path.join(packedRoot, "node_modules/typescript/bin/tsc"), ...strict, ...files], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      encoding: "utf8",
    });
  });
});
