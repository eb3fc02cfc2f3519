import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import path from "node:path";
import { Argument, Command, CommanderError, InvalidArgumentError } from "commander";
import { candidateLines, complete, completeWord, isShell, scripts } from "./completion.js";
import { exitCodes } from "./exit-codes.js";
import { asImport } from "./import/index.js";
import { liveNames } from "./live-names.js";
import { ask } from "./requests.js";
import type { Request } from "./requests.js";
import { askingText } from "../release/model/index.js";
import { Releases } from "./releases.js";
import { showReport, statusOf } from "./report.js";
import type { ReportTarget } from "./report.js";
import { description, releaseTable } from "./views.js";
import { watch } from "./watch.js";

/** Where the program writes, and when it has to end. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  readonly isTerminal: boolean;
  readonly signal: AbortSignal;
}

interface Where {
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly context?: string;
  readonly kubeconfig?: string;
}

interface Saying {
  readonly reason?: string;
  readonly force?: boolean;
  readonly skipGates?: boolean;
}

interface Looking extends Where {
  readonly output?: "json";
}

const requests: Readonly<Record<Request, string>> = {
  abort: "take the canary's traffic back and fail the update",
  pause: "hold the canary's weight",
  resume: "go on after a pause",
  approve: "open the gate that a release waits at",
  promote: "leave out the remaining steps",
};

/** Runs the program; the exit code, of `exitCodes`. Every error is one line. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const result: Result = { code: exitCodes.done };
    const [first, ...words] = argv;
    if (first === completeWord) {
      terminal.out(candidateLines(await complete(program(terminal, result), words, liveNames)));
      return exitCodes.done;
    }
    await program(terminal, result).parseAsync([...argv], { from: "user" });
    return result.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (terminal.signal.aborted) return exitCodes.interrupted;
    terminal.error(`apisix-canary: ${error instanceof Error ? error.message : String(error)}`);
    return exitCodes.failed;
  }
}

interface Result {
  code: number;
}

function program(terminal: Terminal, result: Result): Command {
  const root = new Command("apisix-canary")
    .description("Looks at releases and tells a running one what to do")
    .version(version(), "-V, --version", "this program's version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.error(text.trimEnd()),
    });
  looking(root, "status [name]", "all releases, or one with its checks and events").action(
    async (name: string | undefined, options: Looking) => terminal.out(await status(name, options, terminal.signal)),
  );
  looking(root, "watch [name]", "the same, again and again")
    .option("--interval <seconds>", "seconds between two looks", seconds, 2)
    .action((name: string | undefined, options: Looking & { interval: number }) => {
      const screen = { isTerminal: terminal.isTerminal, print: terminal.out };
      return watch(() => status(name, options, terminal.signal), screen, options.interval * 1000, terminal.signal);
    });
  addDashboard(root, terminal);
  addReport(root, terminal);
  addReplay(root, terminal, result);
  asImport(where(root.command("import <canary>")), terminal);
  for (const [request, text] of Object.entries(requests)) addRequest(root, request as Request, text, terminal);
  addCompletion(root, terminal);
  return root;
}

/** As its package says: it lies two folders above the compiled program. */
function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(path.join(__dirname, "../../package.json"), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "?";
}

function addDashboard(root: Command, terminal: Terminal): void {
  where(root.command("dashboard [name]").description("a page on this machine that shows releases live; Ctrl-C ends it"))
    .option("-A, --all-namespaces", "releases of all namespaces")
    .option("--port <port>", "of the page; default: any free one", port)
    .action(async (name: string | undefined, options: Where & { readonly port?: number }) => {
      const releases = new Releases(options);
      const namespace = await namespaceOf(releases, name, options);
      // A web server and templates: only for those who ask for it.
      const { dashboard } = await import("./dashboard/index.js");
      await dashboard({ releases, namespace, name, port: options.port ?? 0, say: terminal.out }, terminal.signal);
    });
}

function addCompletion(root: Command, terminal: Terminal): void {
  root
    .command("completion")
    .description("what a shell loads to complete commands, options and names: source <(apisix-canary completion bash)")
    .addArgument(new Argument("<shell>").choices(Object.keys(scripts)))
    .action((shell: string) => {
      if (isShell(shell)) terminal.out(scripts[shell]);
    });
}

function addReport(root: Command, terminal: Terminal): void {
  where(root.command("report <name>").description("what the last run decided, and why"))
    .option("-o, --output <format>", "json: the status alone", format)
    .option("--json <file>", "write the stored report as JSON; - for standard output")
    .option("--html <file>", "write it as one page with charts; - for standard output")
    .action(async (name: string, options: Looking & ReportTarget) => {
      const releases = new Releases(options);
      const namespace = options.namespace ?? (await releases.defaultNamespace());
      const text =
        options.output === "json"
          ? json(await statusOf(releases, namespace, name, terminal.signal))
          : await showReport(releases, namespace, name, options, terminal.signal);
      terminal.out(text);
    });
}

function addReplay(root: Command, terminal: Terminal, result: Result): void {
  root
    .command("replay <report>")
    .description("decide a report (JSON file) again, offline; exit 1 where anything differs without --set")
    .option(
      "--set <setting=value>",
      "with another setting, e.g. analysis.confidence=0.99; may be repeated",
      (text: string, earlier: readonly string[]) => [...earlier, text],
      [],
    )
    .action(async (file: string, options: { readonly set: readonly string[] }) => {
      // The analysis takes a moment to load: only for those who ask for it.
      const { replayFile } = await import("./replay.js");
      const { text, identical } = await replayFile(file, options.set);
      terminal.out(text);
      if (!identical && options.set.length === 0) result.code = exitCodes.failed;
    });
}

function addRequest(root: Command, request: Request, text: string, terminal: Terminal): void {
  const command = where(root.command(`${request} <name>`).description(text));
  if (request !== "resume")
    command
      .option("--reason <text>", "shown in the release's status")
      .option("--force", "write it also where no run is under way; the next one clears it");
  if (request === "promote") command.option("--skip-gates", "also past a closed confirm-promotion gate");
  command.action(async (name: string, options: Where & Saying) => {
    const releases = new Releases(options);
    const namespace = options.namespace ?? (await releases.defaultNamespace());
    const text = askingText(userInfo().username, options.reason, options.skipGates ?? false);
    const asking = { request, namespace, name, text, force: options.force ?? false };
    for (const line of await ask(releases, asking, terminal.signal)) terminal.out(line);
  });
}

function where(command: Command): Command {
  return command
    .option("-n, --namespace <namespace>", "default: the one of the kubeconfig's context")
    .option("--context <name>", "context of the kubeconfig")
    .option("--kubeconfig <file>", "default: KUBECONFIG, then ~/.kube/config");
}

function looking(root: Command, name: string, text: string): Command {
  return where(root.command(name).description(text))
    .option("-A, --all-namespaces", "releases of all namespaces")
    .option("-o, --output <format>", "json", format);
}

function format(text: string): "json" {
  if (text !== "json") throw new InvalidArgumentError("the only other format is json");
  return text;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 0.2)) throw new InvalidArgumentError("at least 0.2 seconds");
  return value;
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new InvalidArgumentError("a port is 0 to 65535");
  return value;
}

/** Where to look; undefined: in all namespaces, for no name in particular. */
async function namespaceOf(releases: Releases, name: string | undefined, options: Where): Promise<string | undefined> {
  const { namespace, allNamespaces = false } = options;
  if (namespace === undefined && allNamespaces && name !== undefined)
    throw new Error("a name belongs to one namespace: use -n NAMESPACE, not -A");
  return namespace ?? (allNamespaces ? undefined : await releases.defaultNamespace());
}

async function status(name: string | undefined, options: Looking, signal: AbortSignal): Promise<string> {
  const releases = new Releases(options);
  const namespace = await namespaceOf(releases, name, options);
  if (name === undefined || namespace === undefined) {
    const all = await releases.list(namespace, signal);
    return options.output === "json" ? json(all) : releaseTable(all);
  }
  const release = await releases.get(namespace, name, signal);
  if (options.output === "json") return json(release);
  return description(release, await releases.events(release, signal), Date.now());
}

function json(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}
