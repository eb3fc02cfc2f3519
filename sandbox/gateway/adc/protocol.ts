// Stand-in for ADC 0.27: what the ingress controller asks of it over the unix socket.
//
// PUT /sync      {servers, token, timeoutMs, config} -> {results: [{server, outcome}]}
//   Puts `config` (the format of PUT /apisix/admin/configs) into every server.
// PUT /validate  the same request -> {results}
//   Asks the first server that answers whether it would take `config`.
//
// Both answer 200 whatever the servers said, 400 for a malformed request.
import { z } from "zod";

export const taskSchema = z.strictObject({
  /** Base addresses of the admin APIs, `http://10.244.0.5:9180`. */
  servers: z.array(z.url()),
  token: z.string(),
  timeoutMs: z.number().positive(),
  config: z.record(z.string(), z.array(z.unknown())),
});

/** A request to put a configuration into all gateways. */
export type Task = z.infer<typeof taskSchema>;

const outcome = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("accepted"), changed: z.boolean() }),
  /** The gateway answered 4xx: it will not take this configuration. */
  z.strictObject({ kind: z.literal("refused"), status: z.number(), message: z.string() }),
  /** The gateway could not be asked: refused connection, timeout, 5xx. */
  z.strictObject({ kind: z.literal("unreachable"), message: z.string() }),
]);

export const answerSchema = z.strictObject({
  results: z.array(z.strictObject({ server: z.string(), outcome })),
});

/** What one gateway said. */
export type Outcome = z.infer<typeof outcome>;
/** What all gateways said. */
export type Answer = z.infer<typeof answerSchema>;
