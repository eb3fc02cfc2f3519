/** `import`: the program of a release for an application that Flagger manages. */
import path from "node:path";
import type { Command } from "commander";
import { stringify } from "yaml";
import { ApiServer, createAccess, defaultNamespace } from "../../release/adapters/kubernetes/index.js";
import type { KubeconfigSource } from "../../release/adapters/kubernetes/index.js";
import { readCanary } from "./read.js";
import { writeProject } from "./project.js";

interface ImportOptions extends KubeconfigSource {
  readonly namespace?: string;
  readonly output?: string;
}

interface Screen {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  readonly signal: AbortSignal;
}

/** @param command with its name and the options that say where the cluster is */
export function asImport(command: Command, screen: Screen): void {
  command
    .description("write the program that takes over an application from Flagger: reads its Canary, changes nothing")
    .option("-o, --output <folder>", "of a new Pulumi project; default: the program on standard output")
    .action((name: string, options: ImportOptions) => importCanary(name, options, screen));
}

async function importCanary(name: string, options: ImportOptions, { out, error, signal }: Screen): Promise<void> {
  const api = new ApiServer(createAccess(options));
  const namespace = options.namespace ?? (await defaultNamespace(options));
  const { target, ingressClassName, objects, notes } = await readCanary(api, namespace, name, signal);
  // It loads Pulumi's SDK and a formatter: only for those who ask for it.
  const { programFor } = await import("../../components/from-flagger/index.js");
  const text = objects.map((each) => stringify(each, { aliasDuplicateObjects: false })).join("---\n");
  const program = await programFor(text, {
    namespace,
    adopt: { flaggerCanary: name },
    ...(ingressClassName === undefined ? {} : { ingressClassName }),
  });
  for (const note of notes) error(`apisix-canary: ${note}`);
  if (options.output === undefined) return out(program);
  const folder = path.resolve(options.output);
  await writeProject(folder, target, program);
  out(`${folder}: the program of release ${target}.${namespace}; nothing was changed in the cluster`);
  out("next: read it, then: npm install && pulumi stack init && pulumi preview && pulumi up");
}
