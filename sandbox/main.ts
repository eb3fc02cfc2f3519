import { spawn } from "node:child_process";
import path from "node:path";
import { Command } from "commander";
import { runInside, startSandbox, stateFolder, statusOf, stopSandbox } from "./machine/index.js";

// `npm run sandbox -- up|status|exec -- CMD|logs|down`

const program = new Command("sandbox").description(
  "A one-machine cluster of its own: rootless, private, gone when it goes",
);
program.enablePositionalOptions();
program.option("--name <name>", "of the sandbox; several may run at once", "default");
const nameOf = (): string => program.opts<{ name: string }>().name;

program
  .command("up")
  .description("start it (nothing to do where it runs)")
  .action(() => startSandbox({ name: nameOf(), progress: (line) => console.log(line) }));

program
  .command("status")
  .description("running, starting or stopped")
  .action(() => console.log(`sandbox ${nameOf()}: ${statusOf(nameOf())}`));

program
  .command("exec")
  .description("run a command inside, with kubectl, pulumi and hey on its PATH")
  .argument("<command...>")
  .passThroughOptions()
  .allowUnknownOption()
  .action(async (command: string[]) => process.exit(await runInside(command, { name: nameOf() })));

program
  .command("logs")
  .description("of a part (etcd, kube-apiserver, node, …), or NAMESPACE/POD")
  .argument("<what>")
  .action(async (what: string) => process.exit(await logs(what)));

program
  .command("down")
  .description("end it and everything in it")
  .action(() => stopSandbox({ name: nameOf() }));

function logs(what: string): Promise<number> {
  const [namespace, pod] = what.split("/");
  if (pod !== undefined && namespace !== undefined)
    return runInside(["kubectl", "logs", "--all-containers", "-n", namespace, pod], { name: nameOf() });
  const file = path.join(stateFolder(nameOf()).logs, `${path.basename(what)}.log`);
  return new Promise((resolve) =>
    spawn("tail", ["-n", "200", file], { stdio: "inherit" }).once("exit", (code) => resolve(code ?? 1)),
  );
}

program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
