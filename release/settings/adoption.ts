import { z } from "zod";
import type { PlainTemplate } from "../template/index.js";

const texts = z.record(z.string(), z.string());
const manifest = z.record(z.string(), z.unknown());

const plainTemplate: z.ZodType<PlainTemplate> = z.object({
  metadata: z.object({ labels: texts.exactOptional(), annotations: texts.exactOptional() }).exactOptional(),
  spec: z.looseObject({ containers: z.array(manifest) }),
});

/** What the runtime is told of a takeover, beside the release's settings. The component writes it. */
export const adoptionSettings = z.object({
  /** How the application runs before; `none`: it is only to be given back one day. */
  from: z.enum(["deployment", "flagger", "none"]),
  /** Name of Flagger's Canary. */
  flaggerCanary: z.string().optional(),
  routeRef: z.string().optional(),
  targetPort: z.union([z.int(), z.string()]).optional(),
  /** Specs of the Services as the program has them. */
  services: z.object({ primary: manifest, canary: manifest }),
  /** Of the primary's Deployment: what the program says beside selector and template. */
  primarySpec: manifest,
  /** The primary's pods as the program has them; unsaid where they refer to copies of its own. */
  template: plainTemplate.optional(),
  /** On deletion: a plain Deployment serves again, or everything goes. */
  givesBack: z.boolean(),
});

export type AdoptionSettings = z.output<typeof adoptionSettings>;
