import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { z } from "zod";
import { cacheFolder } from "../../../sandbox/tools/ensure.js";
import { tools } from "../../../sandbox/tools/index.js";
import { blocks, commandsOf, documents, root, textOf } from "./blocks.js";

// Every command that a document tells its reader to type: the program, its command and its options are there.

interface Told {
  readonly at: string;
  readonly words: readonly string[];
}

/** In blocks, and in the text: `npm run …`, `apisix-canary …`, `pulumi …`, `kubectl …`. */
function toldCommands(): readonly Told[] {
  const inBlocks = blocks()
    .filter(({ kind }) => kind === "sh")
    .flatMap(({ document, line, text }) => commandsOf(text).map((words) => ({ at: `${document}:${line}`, words })));
  const inText = documents().flatMap((document) => {
    const text = textOf(document).replaceAll(/^```[^]*?^```$/gm, "");
    const found = text.matchAll(/`((?:npx )?(?:npm run|apisix-canary|pulumi|kubectl) [a-z][^`]*)`/g);
    return [...found].flatMap(([, command = ""]) =>
      commandsOf(command.replaceAll(/\s+/g, " ")).map((words) => ({ at: document, words })),
    );
  });
  return [...inBlocks, ...inText].map(({ at, words }) => ({ at, words: itself(words) }));
}

/** `npx apisix-canary …` is that program; `kubectl -n shop get …` is `kubectl get … -n shop`. */
function itself(words: readonly string[]): readonly string[] {
  const [first = "", second = "", third = "", ...rest] = words;
  if (first === "npx") return words.slice(1);
  return second === "-n" ? [first, ...rest, second, third] : words;
}

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")));

/** From the cache of the sandbox, which downloads it, or builds it as a part of another that goes by its name. */
function toolFile(name: "pulumi" | "kubectl"): string | undefined {
  const tool = [tools.pulumi, ...tools.controlPlane].find((each) => each.name === name);
  const owners = tool === undefined ? [] : [tool, ...(tool.partOf === undefined ? [] : [tool.partOf])];
  return owners.map((owner) => path.join(cacheFolder(owner), owner.name)).find((file) => existsSync(file));
}

type Program = readonly string[];
const helps = new Map<string, string>();

/** What the program says of itself; undefined where it refuses. */
function helpOf(program: Program, command: readonly string[], argv0?: string): string | undefined {
  const [file = "", ...argv] = [...program, ...command, "--help"];
  const key = [file, ...argv].join(" ");
  const known = helps.get(key);
  if (known !== undefined) return known;
  const { status, stdout, stderr } = spawnSync(file, argv, {
    encoding: "utf8",
    cwd: root,
    ...(argv0 === undefined ? {} : { argv0 }),
  });
  if (status !== 0) return undefined;
  helps.set(key, `${stdout}${stderr}`);
  return `${stdout}${stderr}`;
}

const dist = (file: string): Program => [process.execPath, path.join(root, "dist", file)];

interface Known {
  readonly program: Program | undefined;
  /** The words of a command: what comes first and is no option. */
  readonly depth: (words: readonly string[]) => number;
  /** Options that each command has without saying so. */
  readonly everywhere?: readonly string[];
  /** Name that it is called by. */
  readonly argv0?: string;
}

const pulumi = toolFile("pulumi");
const kubectl = toolFile("kubectl");
const twoWords = new Set(["stack", "config", "package"]);
const programs: Readonly<Record<string, Known>> = {
  "apisix-canary": { program: dist("cli/main.js"), depth: () => 1 },
  // An engine's plugin: it says its version, and nothing else to people.
  "pulumi-resource-apisix-canary": {
    program: dist("provider/main.js"),
    depth: () => 0,
    everywhere: ["--version"],
  },
  pulumi: {
    program: pulumi === undefined ? undefined : [pulumi],
    // `pulumi config set`, but `pulumi stack` alone.
    depth: ([first = "", second = "-"]) => (twoWords.has(first) && !second.startsWith("-") ? 2 : 1),
  },
  kubectl: {
    program: kubectl === undefined ? undefined : [kubectl],
    depth: ([first = "", second = ""]) => (second === "secret" ? 3 : first === "create" || first === "rollout" ? 2 : 1),
    everywhere: ["-n", "--namespace", "--context", "--kubeconfig"],
    argv0: "kubectl",
  },
};

/** Everybody's, or npm's own. */
const usual = [
  "mkdir",
  "cd",
  "printf",
  "curl",
  "sleep",
  "true",
  "openssl",
  "pip",
  "python",
  "python3",
  "npm",
  "source",
  "mocha",
  "jq",
];

function optionsIn(help: string): readonly string[] {
  return [...help.matchAll(/(?<![\w-])(--?[A-Za-z][\w-]*)/g)].map(([, option = ""]) => option);
}

function problemsOf({ program, depth, everywhere = [], argv0 }: Known, words: readonly string[]): readonly string[] {
  if (program === undefined) return [];
  const command = words.slice(0, depth(words)).filter((word) => !word.startsWith("-"));
  const help = helpOf(program, command, argv0);
  // Asked for what they don't know, some tell about themselves.
  if (help === undefined || !help.includes(command.at(-1) ?? "")) return [`there is no ${command.join(" ")}`];
  const known = new Set([...optionsIn(help), ...everywhere]);
  const asked = words.filter((word) => /^--?[A-Za-z]/.test(word)).map((word) => word.replace(/=.*$/, ""));
  return asked.filter((option) => !known.has(option)).map((option) => `${command.join(" ")} has no ${option}`);
}

/** The program behind `npm run`, which gets what stands behind `--`. */
function scriptProblems([name = "", ...rest]: readonly string[]): readonly string[] {
  const script = scripts[name];
  if (script === undefined) return [`there is no npm script ${name}`];
  const [, ...behind] = rest;
  const end = behind.indexOf("--");
  const given = rest[0] === "--" ? behind.slice(0, end < 0 ? behind.length : end) : [];
  const file = /node (?:--enable-source-maps )?dist\/(\S+\.js)$/.exec(script)?.[1];
  if (given.length === 0) return [];
  if (file === undefined) return [`npm run ${name} takes nothing`];
  return problemsOf({ program: dist(file), depth: ([first = "-"]) => (first.startsWith("-") ? 0 : 1) }, given);
}

function problemsIn({ at, words: [first = "", ...rest] }: Told): readonly string[] {
  const known = programs[first];
  const found =
    first === "npm" && rest[0] === "run"
      ? scriptProblems(rest.slice(1))
      : known === undefined
        ? usual.includes(first)
          ? []
          : [`nobody knows ${first}`]
        : problemsOf(known, rest);
  return found.map((problem) => `${at}: ${problem}`);
}

describe("the documents' commands", function () {
  this.timeout(120_000);
  const told = toldCommands();
  const of = (...names: readonly string[]) => told.filter(({ words: [first = ""] }) => names.includes(first));

  it("are commands of programs that there are, with options that they have", () => {
    const others = told.filter(({ words: [first = ""] }) => first !== "pulumi" && first !== "kubectl");
    expect(of("apisix-canary").length).to.be.greaterThan(20);
    expect(of("npm").length).to.be.greaterThan(20);
    expect(others.flatMap(problemsIn)).to.deep.equal([]);
  });

  const foreign = { pulumi, kubectl };
  for (const [name, file] of Object.entries(foreign)) {
    const skipped = file === undefined ? " (skipped: npm run sandbox -- up brings it)" : "";
    (file === undefined ? it.skip : it)(`are ${name}'s own where they say ${name}${skipped}`, () => {
      expect(of(name).length).to.be.greaterThan(5);
      expect(of(name).flatMap(problemsIn)).to.deep.equal([]);
    });
  }

  it("would be found out where they are wrong", () => {
    const wrong = [
      "apisix-canary abort x --why y",
      "apisix-canary stop x",
      "npm run nothing",
      "npm run demo -- --fast",
    ];
    for (const command of wrong)
      expect(
        commandsOf(command).flatMap((words) => problemsIn({ at: "here", words })),
        command,
      ).to.have.length(1);
  });
});
