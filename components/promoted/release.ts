import { z } from "zod";
import { promotedVerdicts } from "../../release/model/index.js";
import type { Promoted, PromotedVerdict } from "../../release/model/index.js";

export type { PromotedVerdict };

/** What a release serves to all its users: as its promotion found it on the primary, never as a program asks for it. */
export interface PromotedRelease {
  /** Image of the first container, as its template names it. */
  readonly image: string;
  /** Tag of that image; "" where it has none. */
  readonly tag: string;
  /** Images of all containers, by name. */
  readonly images: Readonly<Record<string, string>>;
  /** Hash of its pods' template and configuration. */
  readonly revision: string;
  /** When it was promoted, ISO time. */
  readonly at: string;
  /**
   * `passed`: every step of its analysis. `initialized`: the first revision, with nothing to compare. `skipped`: without
   * an analysis, as the program asks. `onRequest`: a person left out the rest. `unjudged`: around the analysis.
   */
  readonly verdict: PromotedVerdict;
  /** What its analysis says. */
  readonly report: {
    /** One sentence: why, and the last figures of each check. */
    readonly summary: string;
    /** ConfigMap with the whole report, beside the release: `apisix-canary report` reads it. */
    readonly configMap: string;
  };
}

export const promotedRelease: z.ZodType<PromotedRelease> = z.object({
  image: z.string(),
  tag: z.string(),
  images: z.record(z.string(), z.string()),
  revision: z.string(),
  at: z.string(),
  verdict: z.enum(promotedVerdicts),
  report: z.object({ summary: z.string(), configMap: z.string() }),
});

/** The promotion's record as an output of the component. */
export function asPromoted({ images, revision, at, verdict, summary }: Promoted, configMap: string): PromotedRelease {
  const image = images[0]?.image ?? "";
  return {
    image,
    tag: tagOf(image),
    images: Object.fromEntries(images.map((each) => [each.container, each.image])),
    revision,
    at,
    verdict,
    report: { summary, configMap },
  };
}

/** `registry:5000/app:1.2@sha256:…` has the tag `1.2`; "" where there is none. */
export function tagOf(image: string): string {
  const name = image.split("@")[0]?.split("/").at(-1) ?? "";
  return name.includes(":") ? (name.split(":").at(-1) ?? "") : "";
}
