// Stand-in for a container runtime: the command that takes a program's privileges away and then becomes the program.
import { execFileSync } from "node:child_process";
import path from "node:path";
import type { UserIds } from "../machine/user-ids.js";
import type { Confinement } from "./security.js";

/** Folder of the helper inside every container, as other runtimes put an init program there. */
const folder = "/.sandbox";

/** `setpriv` with what it needs to run in any root file system, an empty one too. */
export interface Helper {
  /** Name in `folder` to file on this machine. */
  readonly files: Readonly<Record<string, string>>;
  /** Beginning of the command inside. */
  readonly argv: readonly string[];
}

const locations = new Map<string, string>();

/** Where a program of this machine is: a container's own PATH may lead elsewhere. @throws Error where it is missing */
export function located(program: string): string {
  const known = locations.get(program) ?? printed("sh", ["-c", 'command -v "$0"', program], missing(program)).trim();
  locations.set(program, known);
  return known;
}

function missing(program: string): string {
  return `\`${program}\` is missing: install util-linux`;
}

let found: Helper | undefined;

/** @throws Error where this machine has no setpriv */
function helper(): Helper {
  found ??= findHelper();
  return found;
}

function findHelper(): Helper {
  const program = located("setpriv");
  // A static program has no loader, and ldd says so with an error.
  const listed = printed("sh", ["-c", 'ldd "$0" 2>/dev/null || true', program], missing("ldd"));
  const libraries = listed.split("\n").flatMap((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1] ?? []);
  const loader = libraries.find((file) => /\/ld[^/]*$/.test(file));
  const files = Object.fromEntries([program, ...libraries].map((file) => [path.basename(file), file]));
  const inside = (file: string): string => path.posix.join(folder, path.basename(file));
  const argv = loader === undefined ? [inside(program)] : [inside(loader), "--library-path", folder, inside(program)];
  return { files, argv };
}

function printed(program: string, args: readonly string[], hint: string): string {
  try {
    return execFileSync(program, [...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    throw new Error(hint);
  }
}

/** Where the helper's files go in a container: path inside to file on this machine. */
export function helperFiles(): readonly (readonly [inside: string, file: string])[] {
  return Object.entries(helper().files).map(([name, file]) => [path.posix.join(folder, name), file]);
}

/** Options of `unshare` (or `nsenter`) that come before the root is entered. */
export function userNamespaceFlags({ user, group }: Confinement, ids: UserIds): readonly string[] {
  return ids === "one" && user !== 0 ? ["--user", `--map-user=${user}`, `--map-group=${group}`] : [];
}

/** Beginning of the command inside the root: everything after it runs confined. */
export function confined(confinement: Confinement, ids: UserIds): readonly string[] {
  const { user, group, groups, capabilities, noNewPrivileges } = confinement;
  const members = groups.length === 0 ? ["--clear-groups"] : ["--groups", groups.join(",")];
  const identity = ids === "all" ? [`--reuid=${user}`, `--regid=${group}`, ...members] : [];
  // In a user namespace of its own it has nothing left to lose.
  const bounds = ids === "all" || user === 0 ? [`--bounding-set=${["-all", ...plus(capabilities)].join(",")}`] : [];
  const none = ["--inh-caps=-all", "--ambient-caps=-all"];
  return [...helper().argv, ...identity, ...bounds, ...none, ...(noNewPrivileges ? ["--no-new-privs"] : []), "--"];
}

function plus(capabilities: readonly string[]): readonly string[] {
  return capabilities.map((name) => `+${name}`);
}
