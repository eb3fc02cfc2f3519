/** `--images FILE`: programs that somebody gives for image names, in place of what would be pulled. */
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { familiarName, parseReference } from "./image.js";
import type { Image } from "./image.js";
import { imageOf, ociConfig } from "./oci-config.js";
import type { OciConfig } from "./oci-config.js";

/** Where harnesses pass the file on. */
export const imagesVariable = "APISIX_CANARY_IMAGES";
/** Of the option that every command with a sandbox has. */
export const imagesHelp = `YAML file: image name -> unpacked root file system or program (also: $${imagesVariable})`;

const overrides = {
  entrypoint: z.array(z.string()).optional(),
  cmd: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  user: z.coerce.string().optional(),
  cwd: z.string().optional(),
};

const unpacked = z.strictObject({ rootfs: z.string(), config: z.string().optional(), ...overrides });
const program = z.strictObject({
  program: z.array(z.string()).min(1),
  /** Folders that it needs beside its own. */
  shared: z.array(z.string()).default([]),
  env: overrides.env,
  user: overrides.user,
  cwd: overrides.cwd,
});
const entries = z.record(z.string(), z.union([unpacked, program]));

type Given = ReadonlyMap<string, Image>;

/**
 * Reads the file (YAML or JSON): for each image name, with its tag or without, an unpacked root file system with its
 * configuration, or a program of this machine with its arguments. @throws Error in one line
 */
export function readGivenImages(file: string): Given {
  const at = (text: string): Error => new Error(`--images ${file}: ${text}`);
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch {
    throw at("can't be read: give a YAML or JSON file");
  }
  const parsed = entries.safeParse(parsedYaml(content, at));
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join(".") ?? "";
    throw at(
      `${where === "" ? "" : `"${where}": `}give "rootfs" (a folder, with "config") or "program" (a list of words)`,
    );
  }
  const folder = path.dirname(path.resolve(file));
  const inside = (relative: string): string => path.resolve(folder, relative);
  const images = new Map<string, Image>();
  for (const [name, entry] of Object.entries(parsed.data)) {
    const failure = (text: string): Error => at(`"${name}": ${text}`);
    const image = "rootfs" in entry ? unpackedImage(entry, inside, failure) : programImage(entry, inside, failure);
    images.set(name, image);
  }
  return images;
}

function parsedYaml(content: string, at: (text: string) => Error): unknown {
  try {
    return parse(content);
  } catch (error) {
    throw at(error instanceof Error ? (error.message.split("\n")[0] ?? "no YAML") : String(error));
  }
}

type Resolve = (relative: string) => string;
type Fail = (text: string) => Error;

function unpackedImage(entry: z.output<typeof unpacked>, inside: Resolve, fail: Fail): Image {
  const folder = inside(entry.rootfs);
  if (!isFolder(folder)) throw fail(`rootfs ${folder} is no folder`);
  const config = entry.config === undefined ? {} : readConfig(inside(entry.config), fail);
  const merged: OciConfig = {
    Entrypoint: entry.entrypoint ?? config.Entrypoint,
    // As with Docker: another entrypoint forgets the image's command.
    Cmd: entry.cmd ?? (entry.entrypoint === undefined ? config.Cmd : undefined),
    Env: [...(config.Env ?? []), ...pairs(entry.env)],
    User: entry.user ?? config.User,
    WorkingDir: entry.cwd ?? config.WorkingDir,
    StopSignal: config.StopSignal,
  };
  return imageOf(merged, { kind: "unpacked", folder }, { kind: "given" });
}

function readConfig(file: string, fail: Fail): OciConfig {
  try {
    return ociConfig.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    throw fail(`config ${file} is no image configuration: give the JSON that \`crane config\` prints`);
  }
}

function programImage(entry: z.output<typeof program>, inside: Resolve, fail: Fail): Image {
  const [word = "", ...rest] = entry.program;
  const file = inside(word);
  if (!isFile(file)) throw fail(`program ${file} is no file`);
  const shared = [path.dirname(file), ...entry.shared.map(inside)].filter((folder) => !folder.startsWith("/usr/"));
  const config = { Entrypoint: [file, ...rest], Env: pairs(entry.env), User: entry.user, WorkingDir: entry.cwd };
  const files = { kind: "machine", shared, programs: {}, writable: [] } as const;
  return imageOf(config, files, { kind: "given" });
}

function pairs(env: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

function isFolder(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** The image given for a reference: with its tag, else for all tags. */
export function givenFor(reference: string, given: Given): Image | undefined {
  const { repository, tag } = parseReference(reference);
  const familiar = familiarName(repository);
  const find = (wanted: (name: string) => boolean): Image | undefined => [...given].find(([name]) => wanted(name))?.[1];
  return (
    find((name) => name === reference) ??
    find((name) => isTagged(name) && isSame(name, familiar) && parseReference(name).tag === tag) ??
    find((name) => !isTagged(name) && isSame(name, familiar))
  );
}

function isSame(name: string, familiar: string): boolean {
  return familiarName(parseReference(name).repository) === familiar;
}

function isTagged(name: string): boolean {
  return name.lastIndexOf(":") > name.lastIndexOf("/");
}
