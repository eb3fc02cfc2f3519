import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { run } from "../../../cli/program.js";
import { closeServers, kubeconfigFor, playApi } from "../adapters/fixture.js";

const base = "/apis/apisix-canary.io/v1";
const main = path.join(__dirname, "../../../cli/main.js");

const release = (name: string, namespace: string, phase: string) => ({
  metadata: { name, namespace, uid: name },
  status: { phase, canaryWeight: 0, failedChecks: 0, revision: "r", lastTransitionTime: "", fence: 1 },
});
const all = [
  release("podinfo", "test", "Progressing"),
  release("post", "test", "Succeeded"),
  release("shop", "web", "Failed"),
];
const answers = {
  [`GET ${base}/canaryreleases`]: { items: all },
  [`GET ${base}/namespaces/test/canaryreleases`]: { items: all.slice(0, 2) },
  [`GET ${base}/namespaces/default/canaryreleases`]: { items: [release("main", "default", "Succeeded")] },
};

describe("completion", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "canary-completion-"));
  const kubeconfig = path.join(folder, "config");
  before(() => {
    const wrapper = path.join(folder, "apisix-canary");
    writeFileSync(wrapper, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
    chmodSync(wrapper, 0o755);
  });
  afterEach(closeServers);
  after(() => rmSync(folder, { recursive: true }));

  const play = async () => {
    const server = await playApi(answers);
    writeFileSync(kubeconfig, kubeconfigFor(server.url));
  };

  async function candidates(...words: readonly string[]): Promise<readonly string[]> {
    await play();
    const out: string[] = [];
    const terminal = { out: (text: string) => void out.push(text), error: () => undefined, isTerminal: false };
    const before = process.env["KUBECONFIG"];
    process.env["KUBECONFIG"] = kubeconfig;
    try {
      expect(await run(["__complete", ...words], { ...terminal, signal: new AbortController().signal })).to.equal(0);
    } finally {
      if (before === undefined) delete process.env["KUBECONFIG"];
      else process.env["KUBECONFIG"] = before;
    }
    return out.join("\n").split("\n").filter(Boolean);
  }

  const values = async (...words: readonly string[]) => (await candidates(...words)).map((line) => line.split("\t")[0]);

  it("offers commands, with what they do", async () => {
    expect(await values("")).to.include.members([
      "status",
      "watch",
      "dashboard",
      "report",
      "replay",
      "abort",
      "completion",
    ]);
    expect(await values("")).not.to.include("__complete");
    expect(await candidates("sta")).to.deep.equal(["status\tall releases, or one with its checks and events"]);
  });

  it("offers the options of the command, and their values", async () => {
    expect(await values("status", "-")).to.include.members([
      "--namespace",
      "--all-namespaces",
      "--output",
      "--kubeconfig",
    ]);
    expect(await values("abort", "--re")).to.deep.equal(["--reason"]);
    expect(await values("status", "-o", "")).to.deep.equal(["json"]);
    expect(await values("status", "--output=")).to.deep.equal(["--output=json"]);
    // As bash hands it over.
    expect(await values("status", "--output", "=", "j")).to.deep.equal(["json"]);
    expect(await values("status", "--context", "")).to.deep.equal(["x"]);
  });

  it("offers releases of the namespace that stands on the line, with their phases", async () => {
    expect(await candidates("abort", "-n", "test", "po")).to.deep.equal(["podinfo\tProgressing", "post\tSucceeded"]);
    expect(await values("abort", "--namespace=test", "podi")).to.deep.equal(["podinfo"]);
    expect(await values("status", "")).to.deep.equal(["main"]);
    expect(await candidates("status", "-n", "")).to.deep.equal(["test\t2 releases", "web\t1 release"]);
    expect(await values("status", "podinfo", "")).to.deep.equal([]);
  });

  it("leaves names of files to the shell", async () => {
    expect(await candidates("replay", "")).to.deep.equal([":files"]);
    expect(await candidates("report", "podinfo", "--html", "")).to.deep.equal([":files"]);
    expect(await candidates("status", "--kubeconfig", "")).to.deep.equal([":files"]);
  });

  it("offers nothing where the cluster says nothing, and never an error", async () => {
    expect(await values("status", "--kubeconfig", "/nowhere", "")).to.deep.equal([]);
    expect(await values("frobnicate", "")).not.to.be.empty;
    expect(await values("completion", "")).to.deep.equal(["bash", "zsh", "fish"]);
  });

  /** Runs a line in a real shell, in which the program is on PATH. */
  const shell = (program: string, argv: readonly string[], line: string): Promise<readonly string[]> =>
    new Promise((resolve, reject) => {
      const env = {
        ...process.env,
        PATH: `${folder}:${process.env["PATH"] ?? ""}`,
        KUBECONFIG: kubeconfig,
        HOME: folder,
      };
      const child = spawn(program, [...argv, "-c", line], { env, cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
      let [out, error] = ["", ""];
      child.stdout.on("data", (text: Buffer) => (out += text.toString()));
      child.stderr.on("data", (text: Buffer) => (error += text.toString()));
      child.once("error", reject);
      child.once("close", () => (error === "" ? resolve(out.split("\n").filter(Boolean)) : reject(new Error(error))));
    });

  const bash = (...words: readonly string[]) => {
    const quoted = words.map((word) => `'${word}'`).join(" ");
    const line = `COMP_WORDS=(apisix-canary ${quoted}); COMP_CWORD=${words.length}; _apisix_canary; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return shell("bash", ["--norc"], `source <(apisix-canary completion bash); ${line}`);
  };
  // What zsh's own completion would be given; the rest of it needs a person at a terminal.
  const zsh = (...words: readonly string[]) => {
    const quoted = words.map((word) => `'${word}'`).join(" ");
    const stubs = `compdef() { : }; _files() { print files }; _describe() { print -l -- "\${(@P)2}" }`;
    const line = `words=(apisix-canary ${quoted}); CURRENT=${words.length + 1}; _apisix_canary`;
    return shell("zsh", ["-f"], `${stubs}; source <(apisix-canary completion zsh); ${line}`);
  };
  const fish = (...words: readonly string[]) =>
    shell(
      "fish",
      ["--no-config"],
      `apisix-canary completion fish | source; complete -C 'apisix-canary ${words.join(" ")}'`,
    );

  const expected = {
    bash: { ask: bash, release: ["podinfo"], files: [] },
    zsh: { ask: zsh, release: ["podinfo:Progressing"], files: ["files"] },
    fish: { ask: fish, release: ["podinfo\tProgressing"], files: ["apisix-canary", "config"] },
  };
  for (const [name, { ask, release: line, files }] of Object.entries(expected)) {
    const there = spawnSync(name, ["--version"]).error === undefined;
    (there ? it : it.skip)(`works in a real ${name}${there ? "" : ` (skipped: there is no ${name})`}`, async () => {
      await play();
      expect((await ask("stat")).map((each) => each.split(/[\t:]/)[0])).to.deep.equal(["status"]);
      expect(await ask("abort", "-n", "test", "podi")).to.deep.equal(line);
      const found = await ask("replay", "");
      if (files.length === 0) expect(found).to.deep.equal([]);
      else expect(found.map((each) => each.split("\t")[0])).to.include.members(files);
      // What stands on the line is never run.
      await ask("status", "$(touch${IFS}was-run)");
      expect(spawnSync("ls", [folder], { encoding: "utf8" }).stdout).not.to.contain("was-run");
    }).timeout(60_000);
  }
});
