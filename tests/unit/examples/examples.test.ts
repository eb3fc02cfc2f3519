import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildSync } from "esbuild";
import { expect } from "chai";
import { parse } from "yaml";
import { z } from "zod";

// What each example has, and that what documents point at is there.

const root = path.resolve(__dirname, "../../../..");
const folder = path.join(root, "examples");
const names = readdirSync(folder).filter((name) => existsSync(path.join(folder, name, "Pulumi.yaml")));
const project = z.strictObject({
  name: z.string(),
  description: z.string(),
  main: z.string().optional(),
  runtime: z.union([z.string(), z.looseObject({ name: z.string() })]),
  config: z.unknown().optional(),
  resources: z.unknown().optional(),
  outputs: z.unknown().optional(),
});
/** Whose runtime finds its program by itself. */
const otherLanguages = ["python", "yaml"];

const read = (...parts: readonly string[]): string => readFileSync(path.join(root, ...parts), "utf8");

interface WorkflowParser {
  readonly NoOperationTraceWriter: new () => object;
  parseWorkflow(
    file: { readonly name: string; readonly content: string },
    trace: object,
  ): { readonly context: { readonly errors: { getErrors(): readonly { readonly message: string }[] } } };
}

/** It imports JSON as only bundlers do. */
function gitHubsParser(): WorkflowParser {
  const scratch = mkdtempSync(path.join(tmpdir(), "canary-workflow-"));
  const outfile = path.join(scratch, "parser.js");
  const stdin = { contents: 'export * from "@actions/workflow-parser"', resolveDir: root };
  buildSync({ stdin, bundle: true, platform: "node", format: "cjs", outfile, logLevel: "error" });
  const loaded = createRequire(__filename)(outfile) as WorkflowParser;
  rmSync(scratch, { recursive: true });
  return loaded;
}

describe("examples", () => {
  for (const name of names)
    it(`${name}: has a README of its own, says which program is meant, and is in the list`, () => {
      expect(read("examples", name, "README.md")).to.match(new RegExp(`^# ${name}\n`));
      expect(read("examples", "README.md")).to.contain(`](${name}/README.md)`);
      const { main } = project.parse(parse(read("examples", name, "Pulumi.yaml")));
      if (otherLanguages.includes(name)) return;
      expect(main).to.equal("index.ts");
      expect(existsSync(path.join(folder, name, "index.ts"))).to.equal(true);
    });

  it("github-actions: its workflow is one, by GitHub's own parser", () => {
    const parser = gitHubsParser();
    const file = "github-actions/.github/workflows/release.yml";
    const parsed = (content: string) =>
      parser
        .parseWorkflow({ name: file, content }, new parser.NoOperationTraceWriter())
        .context.errors.getErrors()
        .map(({ message }) => message);
    const content = read("examples", file);
    expect(parsed(content)).to.deep.equal([]);
    expect(parsed(content.replace("runs-on", "run-on"))).not.to.deep.equal([]);
  });
});

describe("documents", () => {
  const documents = ["README.md", "CHANGELOG.md", "docs", "examples", "components", "sandbox", "cli"].flatMap((each) =>
    each.endsWith(".md")
      ? [each]
      : readdirSync(path.join(root, each), { recursive: true, encoding: "utf8" })
          .filter((name) => name.endsWith(".md") && !name.includes("node_modules"))
          .map((name) => path.join(each, name)),
  );
  for (const document of documents)
    it(`${document} links to what is there`, () => {
      const text = read(document).replaceAll(/```[^]*?```|`[^`\n]*`/g, "");
      const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)].map(([, link = ""]) => link);
      const dead = links.filter((link) => !existsSync(path.resolve(root, path.dirname(document), link)));
      expect(dead).to.deep.equal([]);
    });
});
