import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { z } from "zod";

const root = path.resolve(__dirname, "../../../..");
const run = promisify(execFile);

interface Example {
  /** File, and what it imports: a file of the tree, or a package. */
  readonly refused: readonly [from: string, to: string];
  readonly passed: readonly [from: string, to: string];
}

/** Of each rule in `.dependency-cruiser.mjs` one import that breaks it and a neighbour that doesn't. */
const examples: Readonly<Record<string, Example>> = {
  "no-circles": {
    refused: ["release/model/egg.ts", "release/model/hen.ts"],
    passed: ["release/model/hens.ts", "release/model/hen.ts"],
  },
  "imports-exist": {
    refused: ["tests/nowhere.ts", "tests/missing.ts"],
    passed: ["tests/somewhere.ts", "fakes/index.ts"],
  },
  "packages-are-declared": {
    refused: ["sandbox/node/a.ts", "brought-along"],
    passed: ["sandbox/node/a.ts", "chai"],
  },
  "product-ships-what-it-needs": {
    refused: ["cli/a.ts", "chai"],
    passed: ["tests/a.ts", "chai"],
  },
  "product-stands-alone": {
    refused: ["release/machine/run.ts", "sandbox/users/index.ts"],
    passed: ["bench/a.ts", "sandbox/users/index.ts"],
  },
  "programs-use-the-package": {
    refused: ["examples/simple/index.ts", "components/index.ts"],
    passed: ["examples/simple/index.ts", "pulumi-apisix-canary"],
  },
  "components-use-the-pure-core": {
    refused: ["components/apisix/a.ts", "release/ports/index.ts"],
    passed: ["components/apisix/a.ts", "release/settings/index.ts"],
  },
  "components-through-their-index": {
    refused: ["components/platform/a.ts", "components/crds/inside.ts"],
    passed: ["components/platform/a.ts", "components/crds/index.ts"],
  },
  "components-stand-apart": {
    refused: ["components/prometheus/a.ts", "components/apisix/index.ts"],
    passed: ["components/platform/a.ts", "components/apisix/index.ts"],
  },
  "pulumi-at-the-edge": {
    refused: ["release/machine/run.ts", "@pulumi/pulumi"],
    passed: ["release/pulumi/a.ts", "@pulumi/pulumi"],
  },
  "kubernetes-client-in-its-adapter": {
    refused: ["release/adapters/reporter/index.ts", "@kubernetes/client-node"],
    passed: ["release/adapters/kubernetes/index.ts", "@kubernetes/client-node"],
  },
  "core-is-pure": {
    refused: ["release/analysis/a.ts", "node:fs"],
    passed: ["release/adapters/http/a.ts", "node:fs"],
  },
  "settings-parse-with-zod": {
    refused: ["release/settings/index.ts", "yaml"],
    passed: ["release/settings/index.ts", "zod"],
  },
  "analysis-is-arithmetic": {
    refused: ["release/analysis/a.ts", "zod"],
    passed: ["release/analysis/a.ts", "@stdlib/math"],
  },
  "words-need-nothing": {
    refused: ["release/ports/index.ts", "zod"],
    passed: ["release/report/a.ts", "zod"],
  },
  "settings-and-model-come-first": {
    refused: ["release/model/a.ts", "release/analysis/index.ts"],
    passed: ["release/model/a.ts", "release/settings/index.ts"],
  },
  "strategy-above-settings": {
    refused: ["release/strategy/a.ts", "release/ports/index.ts"],
    passed: ["release/strategy/a.ts", "release/settings/index.ts"],
  },
  "train-above-the-words": {
    refused: ["release/train/a.ts", "release/ports/index.ts"],
    passed: ["release/train/a.ts", "release/model/index.ts"],
  },
  "analysis-above-settings": {
    refused: ["release/analysis/a.ts", "release/ports/index.ts"],
    passed: ["release/analysis/a.ts", "release/settings/index.ts"],
  },
  "ports-above-the-core": {
    refused: ["release/ports/a.ts", "release/adapters/kubernetes/index.ts"],
    passed: ["release/ports/a.ts", "release/analysis/index.ts"],
  },
  "report-above-the-ports": {
    refused: ["release/report/a.ts", "release/machine/run.ts"],
    passed: ["release/report/a.ts", "release/ports/index.ts"],
  },
  "machine-over-ports": {
    refused: ["release/machine/run.ts", "release/adapters/kubernetes/index.ts"],
    passed: ["release/machine/run.ts", "release/ports/index.ts"],
  },
  "machine-without-io": {
    refused: ["release/machine/run.ts", "node:timers"],
    passed: ["release/machine/run.ts", "node:crypto"],
  },
  "adapters-know-no-machine": {
    refused: ["release/adapters/http/a.ts", "release/machine/run.ts"],
    passed: ["release/adapters/http/a.ts", "release/ports/index.ts"],
  },
  "release-without-programs": {
    refused: ["release/watchdog/a.ts", "cli/a.ts"],
    passed: ["cli/a.ts", "release/report/a.ts"],
  },
  "watchdog-fits-a-configmap": {
    refused: ["release/watchdog/a.ts", "release/adapters/kubernetes/index.ts"],
    passed: ["release/watchdog/a.ts", "release/adapters/kubernetes/lock.ts"],
  },
  "previews-stay-light": {
    refused: ["components/index.ts", "echarts"],
    passed: ["components/index.ts", "zod"],
  },
  "cli-over-the-product": {
    refused: ["cli/a.ts", "release/pulumi/a.ts"],
    passed: ["cli/a.ts", "release/adapters/kubernetes/index.ts"],
  },
  "fakes-fake-ports": {
    refused: ["fakes/index.ts", "release/adapters/kubernetes/index.ts"],
    passed: ["fakes/index.ts", "release/ports/index.ts"],
  },
  "bench-without-tests": {
    refused: ["bench/a.ts", "tests/a.ts"],
    passed: ["bench/a.ts", "fakes/index.ts"],
  },
  "sandbox-knows-no-product": {
    refused: ["sandbox/node/a.ts", "release/ports/index.ts"],
    passed: ["sandbox/node/a.ts", "sandbox/users/index.ts"],
  },
};

const dependencies = ["@kubernetes/client-node", "@pulumi/pulumi", "@stdlib/math", "echarts", "yaml", "zod"];
const devDependencies = ["chai"];
const packages = [...dependencies, ...devDependencies, "brought-along", "pulumi-apisix-canary"];

const isFile = (name: string): boolean => name.endsWith(".ts");

const output = z.object({
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
    ruleSetUsed: z.object({ forbidden: z.array(z.object({ name: z.string(), comment: z.string() })) }),
  }),
});

/** A tree in which every pair of the examples is one import. */
function build(folder: string): void {
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  };
  const versions = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, "1.0.0"]));
  write(
    "package.json",
    JSON.stringify({
      name: "house",
      dependencies: versions([...dependencies, "pulumi-apisix-canary"]),
      devDependencies: versions(devDependencies),
    }),
  );
  write("tsconfig.json", "{}");
  for (const name of packages) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: "1.0.0", main: "index.js" }));
    write(`node_modules/${name}/index.js`, "module.exports = {};\n");
  }
  const imports = Object.values(examples).flatMap(({ refused, passed }) => [refused, passed]);
  const files = new Set(imports.flat().filter((name) => isFile(name) && name !== "tests/missing.ts"));
  for (const file of [...files, "release/model/hen.ts"]) {
    const wanted = imports.filter(([from]) => from === file).map(([, to]) => to);
    if (file === "release/model/hen.ts") wanted.push("release/model/egg.ts");
    write(file, `${[...new Set(wanted)].map((to) => `import "${specifier(file, to)}";`).join("\n")}\nexport {};\n`);
  }
}

function specifier(from: string, to: string): string {
  if (!isFile(to)) return to;
  const relative = path.posix.relative(path.posix.dirname(from), to).replace(/\.ts$/, ".js");
  return relative.startsWith(".") ? relative : `./${relative}`;
}

/** How the tool names what an import leads to: a file, a file of a package, a module of Node, or nothing at all. */
function resolutions(from: string, to: string): RegExp {
  const literal = (text: string): string => text.replace(/[.\\/]/g, "\\$&");
  if (isFile(to)) return new RegExp(`^(${literal(to)}|${literal(specifier(from, to))})$`);
  return new RegExp(`^(node_modules/${literal(to)}/.*|${literal(to.replace(/^node:/, ""))})$`);
}

describe("the walls between the rooms", function () {
  this.timeout(60_000);
  const folder = mkdtempSync(path.join(tmpdir(), "canary-walls-"));
  let found: z.output<typeof output>["summary"];

  before(async () => {
    build(folder);
    const cruise = path.join(root, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
    const rooms = ["components", "release", "cli", "sandbox", "bench", "examples", "fakes", "tests"];
    const argv = [cruise, "--config", path.join(root, ".dependency-cruiser.mjs"), "--output-type", "json", ...rooms];
    const { stdout } = await run(process.execPath, argv, { cwd: folder, maxBuffer: 32 * 1024 * 1024 });
    found = output.parse(JSON.parse(stdout)).summary;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const breaks = (rule: string, [from, to]: Example["refused"]): boolean =>
    found.violations.some(
      (violation) =>
        violation.rule.name === rule && violation.from === from && resolutions(from, to).test(violation.to),
    );

  for (const [rule, { refused, passed }] of Object.entries(examples)) {
    it(`${rule}: ${refused.join(" must not import ")}, ${passed.join(" may import ")}`, () => {
      expect(breaks(rule, refused)).to.equal(true);
      expect(breaks(rule, passed)).to.equal(false);
    });
  }

  it("are all shown here, and each says why it stands", () => {
    const rules = found.ruleSetUsed.forbidden;
    expect(rules.map(({ name }) => name)).to.have.members(Object.keys(examples));
    for (const { name, comment } of rules) expect(comment, name).to.have.length.greaterThan(30);
  });
});

describe("the published package", () => {
  it("has no trace of the sandbox or the benchmarks, in no word of its sources", () => {
    const sources = ["components", "release", "cli"].flatMap((room) =>
      readdirSync(path.join(root, room), { recursive: true, encoding: "utf8" })
        .filter(isFile)
        .map((file) => path.join(room, file)),
    );
    expect(sources).to.include("components/index.ts");
    const traces = sources.filter((file) => /sandbox|bench/i.test(readFileSync(path.join(root, file), "utf8")));
    expect(traces).to.deep.equal([]);
  });

  it("ships the product's rooms alone", () => {
    const { files } = z
      .object({ files: z.array(z.string()) })
      .parse(JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")));
    expect(files.filter((file) => file.startsWith("dist"))).to.have.members([
      "dist/bundled/*.js",
      "dist/bundled/LICENSES.txt",
      "dist/cli",
      "dist/components",
      "dist/provider",
      "dist/release",
    ]);
  });
});
