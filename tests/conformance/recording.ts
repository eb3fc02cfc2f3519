import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { apisixRouteSchema } from "../../sandbox/gateway/controller/resources.js";

const request = z.strictObject({
  method: z.string(),
  path: z.string(),
  headers: z.record(z.string(), z.string()).default({}),
  bodyBytes: z.number().default(0),
  status: z.number(),
  backend: z.enum(["primary", "canary"]).nullable(),
  ms: z.number(),
  closedBy: z.string().optional(),
});

const schema = z.strictObject({
  series: z.string(),
  gateway: z.string(),
  host: z.string(),
  route: apisixRouteSchema,
  nodes: z.record(z.string(), z.enum(["primary", "canary"])),
  requests: z.array(request),
});

/** A series of requests to the real gateway, and its metrics pages around them. */
export type Recording = z.infer<typeof schema> & { readonly before: string; readonly after: string };
export type RecordedRequest = z.infer<typeof request>;

/** The recordings are data, so they lie in the source tree. */
const folder = path.resolve(__dirname, "../../../tests/conformance/recordings");

export function recordings(): readonly Recording[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return names.sort().map((name) => {
    const read = (ending: string): string => readFileSync(path.join(folder, name.replace(".json", ending)), "utf8");
    return { ...schema.parse(JSON.parse(read(".json"))), before: read(".before.txt"), after: read(".after.txt") };
  });
}
