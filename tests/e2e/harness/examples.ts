/** The examples, and the programs of the documents, as their readers have them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { UserProject } from "./project.js";

const root = path.resolve(__dirname, "../../../..");
const examples = path.join(root, "examples");

/** Each folder that is a project of Pulumi's. */
export function exampleNames(): readonly string[] {
  return readdirSync(examples).filter((name) => existsSync(path.join(examples, name, "Pulumi.yaml")));
}

interface Opened {
  /** Of the project's folder. */
  readonly as?: string;
  /** Whether it comes with what it has for its stacks. Default true. */
  readonly configured?: boolean;
}

/** A copy of the example in a project of its own, with the packed package, on a fresh stack. */
export function openExample(
  name: string,
  { as = `example-${name}`, configured = true }: Opened = {},
): Promise<UserProject> {
  return UserProject.copy(as, path.join(examples, name), { configured });
}

/** Its program. */
export function exampleText(name: string, file = "index.ts"): string {
  return readFileSync(path.join(examples, name, file), "utf8");
}

/** The first program in a document of this repository. */
export function firstProgram(document: string): string {
  const found = /```ts\n([^]*?)```/.exec(readFileSync(path.join(root, document), "utf8"));
  if (found?.[1] === undefined) throw new Error(`${document}: no program`);
  return found[1];
}

/** As its author edits it: each text by another; one that is not there is an error. */
export function edited(text: string, changes: Readonly<Record<string, string>>): string {
  return Object.entries(changes).reduce((all, [from, to]) => {
    if (!all.includes(from)) throw new Error(`nothing to change: there is no ${from}`);
    return all.replaceAll(from, to);
  }, text);
}

/** "+ 23 to create" of a preview. */
export function plannedResources(output: string): number {
  return Number(/\+ (\d+) to create/.exec(output)?.[1] ?? 0);
}
