import { existsSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import path from "node:path";
import { expect } from "chai";
import { manifest, root, tarball, treeOf } from "./tarball.js";
import type { Tarball } from "./tarball.js";

const text = (file: string): string => readFileSync(path.join(root, file), "utf8");

/** Of `@scope/name/part` the package. */
const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

describe("the published package", function () {
  this.timeout(60_000);
  let packed: Tarball;
  before(() => (packed = tarball()));
  const filesEnding = (ending: string): readonly string[] => [...packed.files].filter((file) => file.endsWith(ending));
  const known = [
    ...Object.keys(manifest.dependencies),
    ...Object.keys(manifest.peerDependencies),
    "pulumi-apisix-canary",
  ];

  it("is small", () => {
    expect(packed.size).to.be.lessThan(2_000_000);
    expect(packed.unpackedSize).to.be.lessThan(7_800_000);
  });

  it("brings few packages along: 330 with Pulumi's own, of which there is one copy", () => {
    const tree = treeOf([...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]);
    expect(tree.size).to.be.lessThan(330);
    const own = treeOf(Object.keys(manifest.dependencies));
    expect(own.size).to.be.lessThan(40);
    expect([...own].filter((place) => place.includes("@pulumi/"))).to.deep.equal([]);
    for (const peer of ["@pulumi/pulumi", "@pulumi/kubernetes"]) {
      expect(manifest.peerDependencies[peer]).to.match(/^\^\d+\.\d+\.\d+$/);
      expect(manifest.dependencies).not.to.have.property(peer);
    }
    for (const heavy of ["echarts", "@kubernetes/client-node", "selfsigned", "prettier"])
      expect(
        [...tree].some((place) => place.endsWith(`node_modules/${heavy}`)),
        heavy,
      ).to.equal(false);
  });

  it("needs no package that isn't installed with it", () => {
    const unknown = filesEnding(".js").flatMap((file) => {
      if (file.startsWith("dist/bundled/") || file.endsWith("/program.js")) return [];
      const asked = [...text(file).matchAll(/(?:\brequire|\bimport)\("([^".][^"]*)"\)/g)].map(([, name = ""]) => name);
      const foreign = asked.filter((name) => !builtinModules.includes(name.replace(/^node:/, "")));
      return foreign.filter((name) => !known.includes(packageOf(name))).map((name) => `${file}: ${name}`);
    });
    expect(unknown).to.deep.equal([]);
  });

  it("has types that need none either, from what a program imports", () => {
    const seen = new Set<string>();
    const unknown: string[] = [];
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      expect(packed.files, file).to.include(file);
      for (const [, name = ""] of text(file).matchAll(/(?:\bfrom\s+|import\(\s*)"([^"]+)"/g)) {
        if (name.endsWith(".json")) continue;
        if (name.startsWith(".")) visit(path.posix.join(path.posix.dirname(file), name.replace(/\.js$/, ".d.ts")));
        else if (!name.startsWith("node:") && !known.includes(packageOf(name))) unknown.push(`${file}: ${name}`);
      }
    };
    visit("dist/components/index.d.ts");
    visit("dist/release/index.d.ts");
    expect(seen.size).to.be.greaterThan(20);
    expect(unknown).to.deep.equal([]);
  });

  it("has the source behind each map", () => {
    const maps = filesEnding(".js.map").filter((file) => !file.startsWith("dist/bundled/"));
    expect(maps.length).to.be.greaterThan(100);
    for (const file of maps) {
      const { sources, sourcesContent } = JSON.parse(text(file)) as { sources: string[]; sourcesContent?: string[] };
      expect(sourcesContent?.length, file).to.equal(sources.length);
      expect(
        sourcesContent?.every((source) => source.length > 0),
        file,
      ).to.equal(true);
    }
    for (const file of filesEnding(".js").filter((each) => text(each).includes("sourceMappingURL=")))
      expect(packed.files, file).to.include(`${file}.map`);
  });

  it("has documents whose links lead to files in it", () => {
    const documents = filesEnding(".md");
    expect(documents).to.include.members(["README.md", "cli/README.md", "docs/operations/metrics.md"]);
    const broken = documents.flatMap((file) =>
      [...text(file).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].flatMap(([, link = ""]) => {
        const target = path.posix.join(path.posix.dirname(file), link).replace(/\/$/, "");
        const there = packed.files.has(target) || [...packed.files].some((each) => each.startsWith(`${target}/`));
        return there ? [] : [`${file}: ${link}`];
      }),
    );
    expect(broken).to.deep.equal([]);
  });

  it("leaves out what nobody needs who uses it", () => {
    for (const file of packed.files)
      expect(file).not.to.match(/^(tests|sandbox|fakes|bundled|dashboards|\.|dist\/(tests|sandbox|bench|fakes))/);
    expect(packed.files).to.include("dist/bundled/LICENSES.txt").and.not.to.include("dist/bundled/write.js");
    for (const bin of Object.values(manifest["bin"] as Record<string, string>))
      expect(existsSync(path.join(root, bin)) && packed.files.has(bin.replace("./", ""))).to.equal(true);
    expect(manifest.keywords).to.include.members(["pulumi", "apisix", "canary"]);
  });
});
