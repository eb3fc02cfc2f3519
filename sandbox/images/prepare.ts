import { chmodSync, existsSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ensureTool, prepareTools, tools } from "../tools/index.js";
import type { Progress, Tool } from "../tools/index.js";
import { givenFor, readGivenImages } from "./given.js";
import { parseReference } from "./image.js";
import type { Image } from "./image.js";
import { flaggerImage, loadTesterImage, localImage, toolsOf, usualImages } from "./local.js";
import { pullImage } from "./registry.js";
import { withoutLinks } from "./root.js";

export interface ImageOptions {
  /** File that gives programs for image names; undefined: none. */
  readonly images: string | undefined;
  readonly flagger: boolean;
}

type Prepared = ReadonlyMap<string, Image>;

/**
 * Has the programs of the usual images at hand before anybody asks for them: given, pulled, or of this machine; and
 * with those of this machine all `others` that have to be made. Tells of each image which one runs. @throws Error in one line
 */
export async function prepareImages(
  options: ImageOptions,
  others: readonly Tool[],
  progress: Progress,
  signal?: AbortSignal,
): Promise<Prepared> {
  const given = options.images === undefined ? new Map<string, Image>() : readGivenImages(options.images);
  const references = [...usualImages, ...(options.flagger ? [flaggerImage] : [])];
  const found = new Map<string, Image>();
  const local: string[] = [];
  for (const reference of references) {
    const image = givenFor(reference, given) ?? (await pulledImage(reference, progress, signal));
    if (image === undefined) local.push(reference);
    else found.set(reference, image);
  }
  const made = local.flatMap((reference) => toolsOf(reference));
  await prepareTools([...others, ...made], ["the cluster"], progress, signal);
  for (const reference of local) {
    const image = await localImage(reference, progress, signal);
    if (image !== undefined) found.set(reference, image);
  }
  for (const [reference, image] of found) progress(describeImage(reference, image));
  return found;
}

async function pulledImage(reference: string, progress: Progress, signal?: AbortSignal): Promise<Image | undefined> {
  const pulled = await pullImage(reference, progress, signal);
  return pulled.kind === "image" ? pulled.image : undefined;
}

/** `apisix:3.17.0-debian: real, pulled (sha256:0123456789ab)`; pure. */
export function describeImage(reference: string, { origin }: Pick<Image, "origin">): string {
  const { repository, tag } = parseReference(reference);
  const name = `${repository.split("/").at(-1) ?? repository}:${tag}`;
  switch (origin.kind) {
    case "given":
      return `${name}: given with --images`;
    case "pulled":
      return `${name}: real, pulled (${origin.digest.slice(0, 19)})`;
    case "real program":
      return `${name}: real program of this machine (its image can't be pulled)`;
    case "stand-in":
      return `${name}: stand-in (its image can't be pulled)`;
  }
}

/** Load generator for people: out of the load tester's image where that is a real one. The file is in `bin`. */
export async function installHey(
  bin: string,
  images: Prepared,
  progress: Progress,
  signal?: AbortSignal,
): Promise<void> {
  const files = images.get(loadTesterImage)?.files;
  const folder = files?.kind === "unpacked" ? files.folder : undefined;
  const inside = ["/usr/bin/hey", "/usr/local/bin/hey"].find(
    (each) => folder !== undefined && existsSync(folder + each),
  );
  const script = path.join(bin, "hey");
  if (folder === undefined || inside === undefined) {
    // The program itself: whoever finds it on PATH may put it where nothing else of this machine is.
    symlinkSync((await ensureTool(tools.hey, progress, signal)).file, script);
    return;
  }
  const argv = [...loaderOf(folder), folder + withoutLinks(folder, inside)];
  writeFileSync(script, `#!/bin/sh\nexec ${argv.map((word) => `'${word}'`).join(" ")} "$@"\n`);
  chmodSync(script, 0o755);
}

/** A program of such an image runs on this machine with the image's own loader and libraries. */
function loaderOf(folder: string): readonly string[] {
  const lib = path.join(folder, "lib");
  const loader = existsSync(lib) ? readdirSync(lib).find((name) => /^ld-musl-.*\.so\.1$/.test(name)) : undefined;
  return loader === undefined
    ? []
    : [path.join(lib, loader), "--library-path", `${lib}:${path.join(folder, "usr/lib")}`];
}
