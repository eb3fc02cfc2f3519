import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { z } from "zod";

const root = path.resolve(__dirname, "../../../..");
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");

/** Not ours, or made by a command. */
const foreign = new Set(["node_modules", "dist"]);
const rooms = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !foreign.has(entry.name))
  .map(({ name }) => name);

function documents(folder = "."): readonly string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name.startsWith(".") || foreign.has(entry.name) ? [] : documents(name);
    return name.endsWith(".md") ? [name] : [];
  });
}

const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read("package.json")));

/** Targets of a document's links within the repository. */
function linksOf(document: string): readonly string[] {
  const text = read(document).replace(/```[\s\S]*?```/g, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target.replace(/#.*$/, ""))
    .filter((target) => target !== "" && !/^[a-z]+:/.test(target));
}

describe("the documents", () => {
  it("link to what is there", () => {
    const broken = documents().flatMap((document) =>
      linksOf(document)
        .filter((target) => !existsSync(path.join(root, path.dirname(document), target)))
        .map((target) => `${document}: ${target}`),
    );
    expect(documents()).to.include("ARCHITECTURE.md");
    expect(broken).to.deep.equal([]);
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
    const linked = linksOf("docs/decisions/README.md");
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
