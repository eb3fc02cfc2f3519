import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { commandsOf, documents, root, textOf, blocks } from "../documents/blocks.js";

// Nothing that a reader copies is merely looked at: each example and each how-to has an end-to-end test that walks it.

const endToEnd = path.join(root, "tests/e2e");
/** Of each file; those that only preview the examples aside. */
const tests = new Map(
  readdirSync(endToEnd, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith("previews.test.ts"))
    .map((name) => [name, readFileSync(path.join(endToEnd, name), "utf8")]),
);

/** Those whose program an update runs, there or in the story that other languages share. */
function walkedExamples(): readonly string[] {
  const found = [...tests.values()].flatMap((text) => [
    ...text.matchAll(/(?:exampleText|openExample)\("([a-z-]+)"/g),
    ...text.matchAll(/tellStory\(\{ name: "([a-z-]+)"/g),
  ]);
  return [...new Set(found.map(([, name = ""]) => name))].toSorted();
}

/** A file of this repository and what stands in it. */
type Place = readonly [file: string, text: string];

interface Walk {
  readonly test: Place;
  /** Where each command of the page is run. */
  readonly commands?: Readonly<Record<string, Place>>;
}

const e2e = "tests/e2e";
const project = `${e2e}/harness/project.ts`;
const pipeline = "examples/github-actions/.github/workflows/release.yml";

const howTos: Readonly<Record<string, Walk>> = {
  "another-language": {
    test: [`${e2e}/python.test.ts`, "tellStory("],
    commands: {
      // The engine's generator in its place: `package add` asks a registry for the language's own.
      "pulumi package": [`${e2e}/harness/languages.ts`, 'execute(generator, ["python"'],
      "pulumi-resource-apisix-canary --version": ["tests/unit/provider/protocol.test.ts", '[executable, "--version"]'],
    },
  },
  "existing-deployment": { test: [`${e2e}/examples.test.ts`, 'it("adopt: a running Deployment becomes a release'] },
  "existing-gateway": { test: [`${e2e}/examples.test.ts`, 'it("existing-gateway: what others have installed serves'] },
  "existing-route": { test: [`${e2e}/examples.test.ts`, 'it("existing-route: fails while the route is missing'] },
  "flagger-manifests": { test: [`${e2e}/examples.test.ts`, 'it("from-flagger: the Canary as it is'] },
  "flagger-migration": {
    test: [`${e2e}/alone/migration.test.ts`, "is written as a project by `import`"],
    commands: {
      "apisix-canary import": [`${e2e}/alone/migration.test.ts`, '.cli(["import", '],
      "pulumi stack": [project, '"stack", "init"'],
      "pulumi config": [`${e2e}/alone/migration.test.ts`, "project.configure({ prometheusUrl"],
      "pulumi preview": [`${e2e}/alone/migration.test.ts`, "project.preview()"],
      "pulumi up": [`${e2e}/alone/migration.test.ts`, "project.up("],
    },
  },
  "new-application": { test: [`${e2e}/empty/programs.test.ts`, `it("README's first one: ships the next revision`] },
  pipeline: {
    test: [`${e2e}/pipelines.test.ts`, 'it("ships a tag by hand under users, and keeps the run\'s report"'],
    commands: {
      "pulumi preview": [pipeline, "run: pulumi preview --non-interactive"],
      "pulumi up": [pipeline, "run: pulumi up --yes --skip-preview --non-interactive"],
      "apisix-canary report": [pipeline, "npx apisix-canary report shop --namespace shop"],
    },
  },
  promotion: {
    test: [`${e2e}/pipelines.test.ts`, 'it("brings the first tag through all three"'],
    commands: { "pulumi up": [`${e2e}/pipelines.test.ts`, '"up", "--yes"'] },
  },
};
const pages = documents("docs/how-to").map((page) => path.basename(page, ".md"));

describe("what readers copy", () => {
  it("examples: each is walked through updates by an end-to-end test, and no other", () => {
    const folder = path.join(root, "examples");
    const names = readdirSync(folder).filter((name) => existsSync(path.join(folder, name, "Pulumi.yaml")));
    expect(names.length).to.be.greaterThan(20);
    expect(walkedExamples()).to.deep.equal(names.toSorted());
  });

  it("how-to: each page is walked by an end-to-end test, and no other", () => {
    expect(Object.keys(howTos).toSorted()).to.deep.equal(pages.toSorted());
  });

  for (const [page, { test, commands = {} }] of Object.entries(howTos))
    it(`how-to/${page}: its test is there, and so is a run of each of its commands`, () => {
      for (const [file, text] of [test, ...Object.values(commands)]) expect(textOf(file), file).to.contain(text);
      expect(commandsIn(`docs/how-to/${page}.md`)).to.deep.equal(Object.keys(commands).toSorted());
    });

  it("tutorial: its commands and its program are walked as they are", () => {
    expect(tests.get("empty/tutorial.ts")).to.contain('firstProgram("docs/tutorial.md")');
    expect(tests.get("empty/programs.test.ts")).to.contain("walkTutorial(");
  });
});

/** `pulumi up`, `apisix-canary import`; not what everybody has, such as npm. */
function commandsIn(page: string): readonly string[] {
  const words = blocks()
    .filter(({ document, kind }) => document === page && kind === "sh")
    .flatMap(({ text }) => commandsOf(text))
    .filter(([program = ""]) => /pulumi|apisix-canary/.test(program));
  return [...new Set(words.map((each) => each.slice(0, 2).join(" ")))].toSorted();
}
