import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { z } from "zod";
import { documents, root, textOf } from "./blocks.js";

const read = textOf;

/** Not ours, or made by a command. */
const foreign = new Set(["node_modules", "dist"]);
const rooms = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !foreign.has(entry.name))
  .map(({ name }) => name);

const texts = z.record(z.string(), z.string());
const manifest = z
  .object({ scripts: texts, engines: texts, devDependencies: texts, peerDependencies: texts })
  .parse(JSON.parse(read("package.json")));
const { scripts } = manifest;

/** What a document says to its reader, without what it shows. */
function proseOf(document: string): string {
  return read(document).replaceAll(/^```[^]*?^```$/gm, "");
}

interface Link {
  /** From the root; the document itself where only a heading is named. */
  readonly target: string;
  readonly heading: string | undefined;
  readonly written: string;
}

/** A document's links within the repository. */
function linksOf(document: string): readonly Link[] {
  const all = [...proseOf(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, written = ""]) => written);
  return all
    .filter((written) => !/^[a-z]+:/.test(written))
    .map((written) => {
      const [file = "", heading] = written.split("#");
      const target = file === "" ? document : path.join(path.dirname(document), file);
      return { target, heading, written };
    });
}

/** As GitHub and npm make them of headings. */
function anchorsOf(document: string): ReadonlySet<string> {
  const headings = [...proseOf(document).matchAll(/^#+ (.+)$/gm)].map(([, text = ""]) => text);
  const plain = headings.map((text) => text.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1"));
  return new Set(
    plain.map((text) =>
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** Cells of the rows of all tables, and where they are. */
function cellsOf(document: string): readonly { readonly at: string; readonly text: string }[] {
  return proseOf(document)
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .flatMap((line) =>
      line
        .replace(/\|\s*$/, "")
        .split(/(?<!\\)\|/)
        .slice(1)
        .map((text) => ({ at: `${document}: ${line.slice(0, 60)}`, text: text.trim() })),
    );
}

describe("the documents", () => {
  it("link to what is there", () => {
    const broken = documents().flatMap((document) =>
      linksOf(document)
        .filter(({ target }) => !existsSync(path.join(root, target)))
        .map(({ written }) => `${document}: ${written}`),
    );
    expect(documents()).to.include("ARCHITECTURE.md");
    expect(broken).to.deep.equal([]);
  });

  it("link to headings that are there", () => {
    const named = documents().flatMap((document) =>
      linksOf(document).flatMap(({ target, heading, written }) =>
        heading === undefined ? [] : [{ target, heading, at: `${document}: ${written}` }],
      ),
    );
    expect(named.length).to.be.greaterThan(20);
    expect(anchorsOf("docs/README.md")).to.include("how-to");
    const broken = named.filter(({ target, heading }) => !anchorsOf(target).has(heading));
    expect(broken.map(({ at }) => at)).to.deep.equal([]);
  });

  it("have an index that names each page below docs/", () => {
    const linked = new Set(linksOf("docs/README.md").map(({ target }) => path.normalize(target)));
    const strategies = new Set(linksOf("docs/strategies/README.md").map(({ target }) => path.normalize(target)));
    const reference = new Set(linksOf("docs/reference.md").map(({ target }) => path.normalize(target)));
    const pages = documents("docs").filter((page) => page !== "docs/README.md" && !/decisions\/\d/.test(page));
    expect(pages.filter((page) => ![linked, strategies, reference].some((each) => each.has(page)))).to.deep.equal([]);
  });

  it("have no blank cell in a table below docs/, nor in the references", () => {
    const pages = [...documents("docs"), "README.md", "cli/README.md", "release/settings/REFERENCE.md"];
    const cells = pages.flatMap(cellsOf);
    expect(cells.length).to.be.greaterThan(1_000);
    expect(cells.filter(({ text }) => text === "").map(({ at }) => at)).to.deep.equal([]);
  });

  it("say of others only what a page of theirs says, with a link to it", () => {
    const rows = proseOf("docs/comparison.md")
      .split("## Measured")[0]
      ?.split("\n")
      .filter((line) => /^\| (?!what |-)/.test(line));
    expect(rows).to.have.length.of.at.least(20);
    for (const row of rows ?? []) {
      const cells = row.split("|").slice(1, -1);
      for (const cell of cells.length === 4 ? cells.slice(2) : cells.slice(1)) expect(cell, row).to.match(/\]\(https:/);
    }
  });

  it("name the versions that package.json and the components have", () => {
    const page = read("docs/install.md");
    const row = (what: string): string => new RegExp(`^\\| ${what} .*$`, "m").exec(page)?.[0] ?? "";
    const { engines, devDependencies, peerDependencies } = manifest;
    expect(row("Node")).to.contain(engines["node"]?.replace(">=", "")).and.contain(devDependencies["node"]);
    for (const peer of ["@pulumi/pulumi", "@pulumi/kubernetes"])
      expect(row(`\`${peer}\``), peer)
        .to.contain(peerDependencies[peer]?.replace("^", ""))
        .and.contain(devDependencies[peer]);
    const deployed = ["components/apisix", "components/ingress-controller", "components/prometheus"].flatMap((room) =>
      readdirSync(path.join(root, room))
        .filter((file) => file.endsWith(".ts"))
        .flatMap((file) => [...read(path.join(room, file)).matchAll(/"([\w./-]+\/[\w-]+:v?\d[\w.-]*)"/g)]),
    );
    expect(deployed).to.have.length(4);
    for (const [, image = ""] of deployed) expect(page).to.contain(`\`${image}\``);
    // The first whose API server takes `sleep` in a preStop hook without a feature gate.
    expect(read("release/template/template.ts")).to.contain("preStop: { sleep:");
    expect(row("Kubernetes")).to.contain("1.30");
  });

  it("have a README for each room, and its line in the README's table of rooms", () => {
    expect(rooms).to.include.members(["components", "release", "fakes"]);
    const readme = read("README.md");
    for (const room of rooms) {
      expect(existsSync(path.join(root, room, "README.md")), room).to.equal(true);
      expect(readme, room).to.match(new RegExp(`^\\| \`${room}/\` +\\|`, "m"));
    }
  });

  it("have no room that npm run walls leaves out", () => {
    for (const room of rooms) expect(scripts["walls"]?.split(" ")).to.include(room);
  });

  it("have a line in the README for each npm script", () => {
    const told = /## Scripts\n([\s\S]*?)\n## /.exec(read("README.md"))?.[1] ?? "";
    // `prepare` is npm's own word for what it runs after an installation.
    for (const name of Object.keys(scripts).filter((each) => each !== "prepare"))
      expect(told, name).to.match(new RegExp(`^\\|[^|]*\`${name}(\`| )`, "m"));
  });

  it("list every decision", () => {
    const records = readdirSync(path.join(root, "docs/decisions")).filter((name) => /^\d{4}-/.test(name));
    const linked = linksOf("docs/decisions/README.md").map(({ written }) => written);
    expect(linked).to.have.members(records);
    for (const record of records)
      expect(read(`docs/decisions/${record}`), record).to.match(/## Situation[\s\S]+## Decision[\s\S]+## What follows/);
  });

  it("say of every public option what it means (npm run docs)", function () {
    this.timeout(180_000);
    const typedoc = path.join(root, "node_modules/typedoc/bin/typedoc");
    const { status, stdout, stderr } = spawnSync(process.execPath, [typedoc, "--emit", "none"], {
      cwd: root,
      encoding: "utf8",
    });
    expect(`${stdout}${stderr}`).not.to.match(/warning|error/i);
    expect(status).to.equal(0);
  });
});
