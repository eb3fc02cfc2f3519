import path from "node:path";
import { expect } from "chai";
import ts from "typescript";
import { parse } from "yaml";
import * as components from "../../../components/index.js";
import { blocks, root } from "./blocks.js";
import type { Block } from "./blocks.js";

// What a reader copies out of the documents: whole programs, parts of programs, parts of settings.

/** Why a block can't be tried. What stands behind the kind is the block's own reason. */
const untried: Readonly<Record<string, RegExp>> = {
  "ts sketch": /…/,
  mermaid: /^(flowchart|sequenceDiagram|stateDiagram-v2)\b/,
  text: /\S/,
  // Run by the end-to-end test of examples/python, which has the same program.
  python: /^import pulumi_apisix_canary as canary$/m,
};

const all = blocks();
const programs = all.filter(({ kind }) => kind === "ts");
const ambient = [
  'import * as pulumi from "@pulumi/pulumi";',
  `import { ${Object.keys(components).join(", ")} } from "pulumi-apisix-canary";`,
  "declare const config: pulumi.Config;",
].join("\n");

/** A whole program as it is; else with what surrounds it where it stands in one. */
function asProgram({ text }: Block): string {
  if (text.startsWith("import ")) return text;
  const around = text.includes("const platform") ? "" : "declare const platform: CanaryPlatform;";
  if (/^(new|const) /.test(text)) return `${ambient}\n${around}\n${text}`;
  return `import type { AnalysisInput } from "pulumi-apisix-canary";\nexport const analysis: AnalysisInput = { interval: "1m",\n${text} };`;
}

/** As this package's own programs are checked, but that a part may leave names unused. */
function options(): ts.CompilerOptions {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined };
  const own = ts.getParsedCommandLineOfConfigFile(path.join(root, "tsconfig.json"), {}, host)?.options ?? {};
  return { ...own, noEmit: true, incremental: false, noUnusedLocals: false, noUnusedParameters: false };
}

/** Each is a file beside the document that it stands in. */
function problemsIn(texts: ReadonlyMap<string, string>): readonly string[] {
  const compilerOptions = options();
  delete compilerOptions["tsBuildInfoFile"];
  const host = ts.createCompilerHost(compilerOptions);
  const program = ts.createProgram([...texts.keys()], compilerOptions, {
    ...host,
    fileExists: (file) => texts.has(path.resolve(file)) || host.fileExists(file),
    readFile: (file) => texts.get(path.resolve(file)) ?? host.readFile(file),
    getSourceFile: (file, target, ...rest) => {
      const text = texts.get(path.resolve(file));
      return text === undefined ? host.getSourceFile(file, target, ...rest) : ts.createSourceFile(file, text, target);
    },
  });
  return [...texts.keys()].flatMap((file) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${path.basename(file)}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
    );
  });
}

function fileOf({ document, line, text }: Block): string {
  const isModule = /^(const .* = )?await /m.test(text);
  const name = `${path.basename(document, ".md")}-line-${line}.${isModule ? "mts" : "ts"}`;
  return path.join(root, path.dirname(document), name);
}

describe("the documents' programs", () => {
  it("are there: whole ones, parts, settings", () => {
    expect(programs.filter(({ text }) => text.startsWith("import ")).length).to.be.greaterThan(8);
    expect(programs.filter(({ text }) => /^(new|const) /.test(text)).length).to.be.greaterThan(2);
    expect(programs.map(({ document }) => document)).to.include.members(["README.md", "docs/tutorial.md"]);
  });

  it("are typed as the package wants them, and would be found out where they are not", function () {
    this.timeout(120_000);
    const wrong = `${ambient}\nnew CanaryPlatform("edge", { namespaces: "apisix" });`;
    const texts = new Map(programs.map((block) => [fileOf(block), asProgram(block)]));
    const problems = problemsIn(texts.set(path.join(root, "docs/wrong.ts"), wrong));
    expect(problems.filter((problem) => !problem.startsWith("wrong.ts"))).to.deep.equal([]);
    expect(problems.join()).to.contain("'namespaces' does not exist");
  });

  it("are YAML where they say so", () => {
    const found = all.filter(({ kind }) => kind === "yaml");
    expect(found.length).to.be.greaterThan(0);
    for (const { text } of found) expect(parse(text)).to.be.an("object");
  });

  it("are of a kind that is tried, or say why not", () => {
    for (const { document, line, kind, text } of all) {
      if (["ts", "sh", "yaml"].includes(kind)) continue;
      const [name = ""] = Object.keys(untried).filter((each) => kind === each || kind.startsWith(`${each}:`));
      expect(untried[name], `${document}:${line}: ${kind}`).not.to.equal(undefined);
      expect(text, `${document}:${line}`).to.match(untried[name] ?? /$^/);
    }
    for (const kind of Object.keys(untried))
      expect(
        all.some((block) => block.kind === kind || block.kind.startsWith(`${kind}:`)),
        kind,
      ).to.equal(true);
  });
});
