/** Blocks of code in the documents, and the commands in them. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

export const root = path.resolve(__dirname, "../../../..");

/** Not ours, or made by a command. */
const foreign = new Set(["node_modules", "dist"]);

/** Every document of this repository, from its root. */
export function documents(folder = "."): readonly string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name.startsWith(".") || foreign.has(entry.name) ? [] : documents(name);
    return name.endsWith(".md") ? [name] : [];
  });
}

export function textOf(document: string): string {
  return readFileSync(path.join(root, document), "utf8");
}

export interface Block {
  readonly document: string;
  readonly line: number;
  /** `ts`, or `ts sketch` with what comes behind it. */
  readonly kind: string;
  readonly text: string;
}

export function blocks(): readonly Block[] {
  return documents().flatMap((document) => {
    const text = textOf(document);
    return [...text.matchAll(/^```([^\n]*)\n([^]*?)^```$/gm)].map(({ index, 1: kind = "", 2: inner = "" }) => {
      return { document, line: text.slice(0, index).split("\n").length, kind, text: inner };
    });
  });
}

/** The words of each command of a shell's text: those on either side of `&&`, `||`, `;` and `|`, and inside of loops. */
export function commandsOf(text: string): readonly (readonly string[])[] {
  return text.split("\n").flatMap((line) => {
    const words = [...line.matchAll(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|\$\([^)]*\)|[^\s"';|&])+|&&|\|\||[;|&]/g)].map(
      String,
    );
    const comment = words.findIndex((word) => word.startsWith("#"));
    return split(comment < 0 ? words : words.slice(0, comment));
  });
}

const betweenCommands = new Set(["&&", "||", ";", "|", "&"]);

function split(words: readonly string[]): readonly (readonly string[])[] {
  const commands: string[][] = [[]];
  for (const word of words) {
    if (betweenCommands.has(word)) commands.push([]);
    else commands.at(-1)?.push(word);
  }
  return commands.map((command) => withoutLoop(command)).filter((command) => command.length > 0);
}

/** `for x in a b` and `done` run nothing themselves. */
function withoutLoop(command: readonly string[]): readonly string[] {
  const [first, ...rest] = command;
  if (first === "for" || first === "done") return [];
  return first === "do" || first === "while" ? withoutLoop(rest) : command;
}
