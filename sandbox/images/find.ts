import { readFileSync } from "node:fs";
import http from "node:http";
import { z } from "zod";
import { filesBelow } from "../machine/state.js";
import { givenFor, readGivenImages } from "./given.js";
import type { Image } from "./image.js";
import { isOwn, localImage } from "./local.js";
import { isMoving, storedImage } from "./registry.js";

/** What the puller says: it and the node inside have the same store. */
export const pullerAnswer = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("pulled") }),
  z.strictObject({ kind: z.literal("unreachable"), registry: z.string() }),
  z.strictObject({ kind: z.literal("refused"), message: z.string() }),
]);
export type PullerAnswer = z.output<typeof pullerAnswer>;

/**
 * For the node inside a sandbox: what an image name means, in this order: what somebody gave for it, what its registry
 * has, and, where none can be reached, a program of this machine. @throws Error with the reason where it means nothing
 */
export async function findImage(reference: string, stateFolder: string): Promise<Image> {
  const { images, puller } = filesBelow(stateFolder);
  const given = givenFor(reference, givenAt(images));
  if (given !== undefined) return given;
  const stored = isOwn(reference) || isMoving(reference) ? undefined : storedImage(reference);
  if (stored !== undefined) return stored;
  const answer = isOwn(reference) ? undefined : await ask(puller, reference);
  if (answer?.kind === "refused") throw new Error(answer.message);
  const found = answer?.kind === "pulled" ? storedImage(reference) : await localImage(reference);
  if (found !== undefined) return found;
  const why =
    answer?.kind === "unreachable" ? `: ${answer.registry} can't be reached, and nothing stands in for it` : "";
  throw new Error(`no such image: ${reference}${why}`);
}

/** The sandbox's copy of `--images FILE`. */
function givenAt(file: string): ReturnType<typeof readGivenImages> {
  const name = textOf(file);
  return name === "" ? new Map() : readGivenImages(name);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Undefined where nobody pulls for this sandbox. */
function ask(socketPath: string, reference: string): Promise<PullerAnswer | undefined> {
  return new Promise((resolve) => {
    const path = `/?image=${encodeURIComponent(reference)}`;
    const request = http.get({ socketPath, path }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve(pullerAnswer.parse(JSON.parse(body))));
      response.on("error", () => resolve(undefined));
    });
    request.on("error", () => resolve(undefined));
  });
}
