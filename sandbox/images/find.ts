import { readFileSync } from "node:fs";
import http from "node:http";
import { filesBelow } from "../machine/state.js";
import { givenFor, readGivenImages } from "./given.js";
import type { Image } from "./image.js";
import { isOwn, localImage } from "./local.js";
import { storedImage } from "./registry.js";
import type { Pulled } from "./registry.js";

export type PullerAnswer = Pulled | { readonly kind: "refused"; readonly message: string };

/**
 * For the node inside a sandbox: what an image name means, in this order: what somebody gave for it, what its registry
 * has, and, where none can be reached, a program of this machine. @throws Error with the reason where it means nothing
 */
export async function findImage(reference: string, stateFolder: string): Promise<Image> {
  const { images, puller } = filesBelow(stateFolder);
  const given = givenFor(reference, givenAt(images));
  if (given !== undefined) return given;
  const answer = isOwn(reference) ? undefined : await ask(puller, reference);
  if (answer?.kind === "image") return answer.image;
  if (answer?.kind === "refused") throw new Error(answer.message);
  const local = await localImage(reference);
  if (local !== undefined) return local;
  const why = answer === undefined ? "" : `: ${answer.registry} can't be reached, and nothing stands in for it`;
  throw new Error(`no such image: ${reference}${why}`);
}

/** The sandbox's copy of `--images FILE`. */
function givenAt(file: string): ReturnType<typeof readGivenImages> {
  const name = textOf(file);
  return name === "" ? {} : readGivenImages(name);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Undefined where nobody pulls for this sandbox. */
async function ask(socketPath: string, reference: string): Promise<PullerAnswer | undefined> {
  const stored = storedImage(reference);
  if (stored !== undefined) return { kind: "image", image: stored };
  return new Promise((resolve) => {
    const path = `/?image=${encodeURIComponent(reference)}`;
    const request = http.get({ socketPath, path }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve(JSON.parse(body) as PullerAnswer));
      response.on("error", () => resolve(undefined));
    });
    request.on("error", () => resolve(undefined));
  });
}
