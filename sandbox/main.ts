import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { imagesHelp } from "./images/index.js";
import {
  defaultName,
  describeSandbox,
  runInside,
  showApiServer,
  startSandbox,
  stateFolder,
  stopSandbox,
} from "./machine/index.js";

// `npm run sandbox -- up|status|exec -- CMD|logs|down`

interface Options {
  readonly name: string;
}

const program = new Command("sandbox").description(
  "A one-machine cluster of its own: rootless, private, gone when it goes",
);
program.enablePositionalOptions();

/** Every verb takes the sandbox's name, so that several may run at once. */
function verb(usage: string, description: string): Command {
  return program.command(usage).description(description).option("--name <name>", "of the sandbox", defaultName);
}

verb("up", "start it (nothing to do where it runs)")
  .option("--foreground", "stay until Ctrl-C, then end it")
  .option("--images <file>", imagesHelp)
  .option("--flagger", "have the real Flagger ready too")
  .action(up);

verb("status", "what of it runs; exit code 3 when it is stopped").action(({ name }: Options) => {
  const lines = describeSandbox(name);
  lines.forEach((line) => console.log(line));
  process.exitCode = lines.length > 1 ? 0 : 3;
});

verb("exec", "run a command inside, with kubectl, pulumi and hey on its PATH")
  .argument("<command...>")
  .passThroughOptions()
  .action(async (command: string[], { name }: Options) => process.exit(await runInside(command, { name })));

verb("logs", "of a part (etcd, kube-apiserver, supervisor, node, …), or of NAMESPACE/POD")
  .argument("<what>")
  .option("-f, --follow", "go on with what comes")
  .action(async (what: string, options: Options & { readonly follow?: true }) =>
    process.exit(await logs(what, options.name, options.follow ?? false)),
  );

verb("api", "the API server on a port of this machine, for clients that are not inside; until Ctrl-C").action(
  async ({ name }: Options) => {
    const { kubeconfig, port } = await showApiServer(name);
    const file = path.join(stateFolder(name).root, "kubeconfig-outside");
    writeFileSync(file, kubeconfig, { mode: 0o600 });
    console.log(`sandbox ${name}: https://127.0.0.1:${port}, KUBECONFIG=${file}; Ctrl-C ends it`);
  },
);

verb("down", "end it and everything in it").action(({ name }: Options) => stopSandbox({ name }));

interface UpOptions extends Options {
  readonly foreground?: true;
  readonly images?: string;
  readonly flagger?: true;
}

async function up({ name, foreground, images, flagger }: UpOptions): Promise<void> {
  const abort = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        abort.abort(new Error(`sandbox ${name}: given up (${signal})`));
        resolve();
      });
    }
  });
  const progress = (line: string): void => console.log(line);
  await startSandbox({ name, images, flagger: flagger ?? false, progress, signal: abort.signal });
  if (foreground === undefined) return;
  console.log("Ctrl-C ends it");
  const alive = setInterval(() => undefined, 60_000);
  await stopped;
  clearInterval(alive);
  await stopSandbox({ name });
}

function logs(what: string, name: string, follow: boolean): Promise<number> {
  const followFlag = follow ? ["-f"] : [];
  const [namespace, pod] = what.split("/");
  if (pod !== undefined && namespace !== undefined)
    return runInside(["kubectl", "logs", "--all-containers", ...followFlag, "-n", namespace, pod], { name });
  const file = path.join(stateFolder(name).logs, `${path.basename(what)}.log`);
  return new Promise((resolve, reject) =>
    spawn("tail", ["-n", "200", ...followFlag, file], { stdio: "inherit" })
      .once("error", () => reject(new Error("`tail` is missing: install coreutils")))
      .once("exit", (code) => resolve(code ?? 1)),
  );
}

program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
