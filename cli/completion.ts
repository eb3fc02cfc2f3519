import type { Command, Option } from "commander";

/** What may come next, as the shell shows it. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** What only the cluster or the kubeconfig can say. Slow or absent answers are none: nobody waits for a TAB. */
export interface LiveNames {
  releases(typed: Typed): Promise<readonly Candidate[]>;
  namespaces(typed: Typed): Promise<readonly Candidate[]>;
  contexts(typed: Typed): Promise<readonly Candidate[]>;
}

/** Options that have been typed already, by their attribute names. */
export type Typed = Readonly<Record<string, string>>;

/** In place of candidates: the shell completes names of files. */
export const files = ":files";

const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

export function isShell(text: string): text is Shell {
  return shells.some((shell) => shell === text);
}

/**
 * What may stand in the place of the last word, which may be empty or half typed.
 * @param words what stands behind the program's name
 */
export async function complete(
  root: Command,
  words: readonly string[],
  live: LiveNames,
): Promise<readonly Candidate[] | typeof files> {
  const last = words.at(-1) ?? "";
  // bash splits at "=", and gives that as a word of its own.
  const before = words.slice(0, -1).filter((word) => word !== "=");
  const { command, typed, open, given } = walk(root, before);
  if (open !== undefined) return valuesOf(open, typed, live).then((found) => startingWith(found, last));
  const [, flag, value] = /^(--[a-z-]+)=(.*)$/s.exec(last) ?? [];
  if (flag !== undefined && value !== undefined) {
    const option = optionOf(command, flag);
    const found = option === undefined ? [] : await valuesOf(option, typed, live);
    return found === files ? files : startingWith(prefixed(found, `${flag}=`), last);
  }
  if (last.startsWith("-")) return startingWith(flagsOf(command), last);
  if (command === root) return startingWith(commandsOf(root), last);
  const argument = command.registeredArguments[given];
  if (argument === undefined) return [];
  if (argument.argChoices !== undefined) return startingWith(argument.argChoices.map(plain), last);
  return argument.name() === "name" ? startingWith(await live.releases(typed), last) : files;
}

interface Walked {
  readonly command: Command;
  readonly typed: Typed;
  /** An option whose value comes next. */
  readonly open: Option | undefined;
  /** Arguments of the command that stand there already. */
  readonly given: number;
}

function walk(root: Command, words: readonly string[]): Walked {
  const typed: Record<string, string> = {};
  let command = root;
  let open: Option | undefined;
  let given = 0;
  for (const word of words) {
    if (open !== undefined) {
      typed[open.attributeName()] = word;
      open = undefined;
    } else if (word.startsWith("-")) {
      const [flag = "", ...value] = word.split("=");
      const option = optionOf(command, flag);
      if (option === undefined || !takesValue(option)) continue;
      if (value.length > 0) typed[option.attributeName()] = value.join("=");
      else open = option;
    } else if (command === root) command = root.commands.find((each) => each.name() === word) ?? root;
    else given += 1;
  }
  return { command, typed, open, given };
}

function optionOf(command: Command, flag: string): Option | undefined {
  return command.options.find(({ short, long }) => short === flag || long === flag);
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

async function valuesOf(option: Option, typed: Typed, live: LiveNames): Promise<readonly Candidate[] | typeof files> {
  switch (option.attributeName()) {
    case "namespace":
      return live.namespaces(typed);
    case "context":
      return live.contexts(typed);
    case "output":
      return [plain("json")];
    case "kubeconfig":
    case "json":
    case "html":
      return files;
    default:
      return [];
  }
}

function flagsOf(command: Command): readonly Candidate[] {
  const visible = command.createHelp().visibleOptions(command);
  return visible.flatMap(({ long, description }) => (long == null ? [] : [{ value: long, description }]));
}

function commandsOf(root: Command): readonly Candidate[] {
  const visible = root.createHelp().visibleCommands(root);
  return visible.map((each) => ({ value: each.name(), description: each.description() }));
}

function startingWith(found: readonly Candidate[] | typeof files, text: string): readonly Candidate[] | typeof files {
  return found === files ? files : found.filter(({ value }) => value.startsWith(text));
}

function prefixed(found: readonly Candidate[], prefix: string): readonly Candidate[] {
  return found.map(({ value, description }) => ({ value: `${prefix}${value}`, description }));
}

function plain(value: string): Candidate {
  return { value, description: "" };
}

/** One line for each candidate; what others wrote can't become two. */
export function candidateLines(found: readonly Candidate[] | typeof files): string {
  if (found === files) return files;
  const clean = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
  return found.map(({ value, description }) => `${clean(value)}\t${clean(description)}`).join("\n");
}

/** The word to which the program answers with candidates. */
export const completeWord = "__complete";

/**
 * What a shell loads: `source <(apisix-canary completion bash)`. It asks the program itself, by words and never by a text to
 * be evaluated, so that what stands on the line is not run.
 */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: `# apisix-canary in bash: source <(apisix-canary completion bash)
_apisix_canary() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == "${files}" ]]; then
      compopt -o default 2>/dev/null
      return
    fi
    [[ -n $line ]] && COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("\${COMP_WORDS[0]}" ${completeWord} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _apisix_canary apisix-canary`,
  zsh: `#compdef apisix-canary
# apisix-canary in zsh: source <(apisix-canary completion zsh)
_apisix_canary() {
  local -a lines candidates
  local line
  lines=("\${(@f)$("\${words[1]}" ${completeWord} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ $lines[1] == "${files}" ]]; then
    _files
    return
  fi
  for line in $lines; do
    candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe apisix-canary candidates
}
compdef _apisix_canary apisix-canary`,
  fish: `# apisix-canary in fish: apisix-canary completion fish | source
function __apisix_canary_complete
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    set -l lines ($words[1] ${completeWord} $words[2..-1] "$last" 2>/dev/null)
    if test "$lines[1]" = "${files}"
        __fish_complete_path "$last"
    else
        printf '%s\\n' $lines
    end
end
complete -c apisix-canary -f -a '(__apisix_canary_complete)'`,
};
