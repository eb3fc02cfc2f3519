import type { Progress } from "../tools/index.js";
import { givenFor, readGivenImages } from "./given.js";
import { parseReference } from "./image.js";
import type { Image } from "./image.js";
import { localImage, usualImages } from "./local.js";
import { pullImage } from "./registry.js";

/**
 * Has the programs of these images at hand before anybody asks for them, and tells of each which one runs. Those of
 * this machine are found or built by `localImage`. @throws Error in one line
 */
export async function prepareImages(
  references: readonly string[],
  givenFile: string | undefined,
  progress: Progress,
  signal?: AbortSignal,
): Promise<void> {
  const given = givenFile === undefined ? {} : readGivenImages(givenFile);
  for (const reference of references) {
    const image = givenFor(reference, given) ?? (await preparedImage(reference, progress, signal));
    if (image !== undefined) progress(tellOrigin(reference, image));
  }
}

async function preparedImage(reference: string, progress: Progress, signal?: AbortSignal): Promise<Image | undefined> {
  const pulled = await pullImage(reference, progress, signal);
  return pulled.kind === "image" ? pulled.image : localImage(reference, progress, signal);
}

/** `apisix:3.17.0-debian: real, pulled (sha256:0123456789ab)`. */
export function tellOrigin(reference: string, { origin }: Image): string {
  const { repository, tag } = parseReference(reference);
  const name = `${repository.split("/").at(-1) ?? repository}:${tag}`;
  switch (origin.kind) {
    case "given":
      return `${name}: real, given with --images`;
    case "pulled":
      return `${name}: real, pulled (${origin.digest.slice(0, 19)})`;
    case "real program":
      return `${name}: real program, of this machine`;
    case "stand-in":
      return `${name}: stand-in (its registry can't be reached)`;
  }
}

export { usualImages };
