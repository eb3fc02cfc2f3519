import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import ts from "typescript";
import { manifest, root } from "./tarball.js";

// The README's program in projects as `pulumi new` makes and made them, with the package as npm publishes it.

const name = "pulumi-apisix-canary";

interface Template {
  readonly type: "commonjs" | "module";
  readonly options: Readonly<Record<string, unknown>>;
}

const usual = {
  strict: true,
  outDir: "bin",
  target: "es2020",
  sourceMap: true,
  noFallthroughCasesInSwitch: true,
  noImplicitReturns: true,
  forceConsistentCasingInFileNames: true,
};
const templates: Readonly<Record<string, Template>> = {
  "the former TypeScript template: CommonJS, found as Node 10 does": {
    type: "commonjs",
    options: { ...usual, module: "commonjs", moduleResolution: "node10", ignoreDeprecations: "6.0" },
  },
  "the present TypeScript template: CommonJS, found as Node does": {
    type: "commonjs",
    options: { ...usual, module: "nodenext", moduleResolution: "nodenext" },
  },
  "ES modules, found as Node does": {
    type: "module",
    options: { ...usual, target: "es2022", module: "nodenext", moduleResolution: "nodenext" },
  },
  "ES modules for a bundler": {
    type: "module",
    options: { ...usual, target: "es2022", module: "esnext", moduleResolution: "bundler" },
  },
};

/** The tarball unpacked, with the packages that it asks for beside it. */
function install(folder: string): void {
  const modules = path.join(folder, "node_modules");
  mkdirSync(path.join(modules, name), { recursive: true });
  const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  execFileSync("npm", pack, { cwd: root, stdio: "ignore" });
  const { version } = manifest;
  execFileSync("tar", [
    ...["-xzf", path.join(folder, `${name}-${String(version)}.tgz`)],
    ...["-C", path.join(modules, name), "--strip-components=1"],
  ]);
  const asked = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies), "@types/node"];
  for (const each of asked) {
    mkdirSync(path.dirname(path.join(modules, each)), { recursive: true });
    symlinkSync(path.join(root, "node_modules", each), path.join(modules, each));
  }
}

/** What `tsc` says of the project and of the package's own types; those of others are their own matter. */
function problemsIn(folder: string, files: Readonly<Record<string, string>>, { type, options }: Template): string[] {
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name: "shop", private: true, type }));
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, file), text);
  const config = { compilerOptions: { ...options, types: ["node"], noEmit: true }, files: Object.keys(files) };
  const parsed = ts.parseJsonConfigFileContent(config, ts.sys, folder);
  const program = ts.createProgram(parsed.fileNames, parsed.options);
  const own = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(folder));
  const found = own.flatMap((file) => [
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file),
  ]);
  return [...parsed.errors, ...program.getOptionsDiagnostics(), ...found].map(
    ({ file, messageText }) =>
      `${path.relative(folder, file?.fileName ?? folder)}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
  );
}

describe("a project with the published package", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(path.join(tmpdir(), "canary-templates-"));
  const [, program = ""] = /```ts\n([^]*?)```/.exec(readFileSync(path.join(root, "README.md"), "utf8")) ?? [];
  before(() => install(folder));
  after(() => rmSync(folder, { recursive: true }));

  for (const [title, template] of Object.entries(templates))
    it(`is typed: ${title}`, () => {
      expect(program).to.contain("new CanaryRelease(");
      const wrong = program.replace("stepWeight: 10", "stepWieght: 10");
      const problems = problemsIn(folder, { "index.ts": program, "wrong.ts": wrong }, template);
      expect(problems).to.have.length(1);
      expect(problems.join()).to.match(/^wrong\.ts: .*'stepWieght'/);
    });
});
