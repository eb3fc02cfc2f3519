// Stand-in for ADC 0.27: what the ingress controller asks of it over the unix socket.
//
// PUT /sync      {task} -> 202 {status, failed_count, endpoint_status, …}, whatever the servers said
//   Puts `config` (the format of PUT /apisix/admin/configs) into every server.
// PUT /validate  {task} -> 200 {success, errors}
//   Asks the first server whether it would take `config`.
//
// Both answer 400 for a task that is malformed, by these schemas or by ADC's own of the configuration,
// and 500 for one that can't be worked on.
import { z } from "zod";

const opts = z.looseObject({
  backend: z.string().min(1),
  /** Base addresses of the admin APIs, `http://10.244.0.5:9180`. */
  server: z.array(z.url().min(1)),
  token: z.string().min(1),
  /** What ADC remembers of the last push, it remembers by this. */
  cacheKey: z.string(),
  /** Forgets it first, and reads it from the gateways. */
  bypassCache: z.boolean().default(false),
});

/** Lists of resources by kind. */
export const resourcesSchema = z.record(z.string(), z.array(z.looseObject({})));

export const inputSchema = z.strictObject({ task: z.strictObject({ opts, config: resourcesSchema }) });

/** What the controller sends. */
export type Input = z.input<typeof inputSchema>;
/** A request to put a configuration into all gateways. */
export type Task = z.output<typeof inputSchema>["task"];
export type Resources = z.output<typeof resourcesSchema>;

const endpointStatus = z.looseObject({ server: z.string(), success: z.boolean(), reason: z.string().optional() });

export const syncResultSchema = z.looseObject({
  status: z.enum(["success", "all_failed", "partial_failure"]),
  success_count: z.number(),
  failed_count: z.number(),
  endpoint_status: z.array(endpointStatus),
});

const validationError = z.looseObject({
  resource_type: z.string().default(""),
  resource_name: z.string().default(""),
  index: z.number().default(0),
});

export const validateResultSchema = z.looseObject({
  success: z.boolean().optional(),
  message: z.string().default(""),
  errors: z.array(validationError).default([]),
});

export type SyncResult = z.output<typeof syncResultSchema>;
export type ValidateResult = z.input<typeof validateResultSchema>;
