// Stand-in for ADC 0.27: its own look at a configuration, before any gateway is asked.
import { z } from "zod";
import type { Resources } from "./protocol.js";

const time = z.coerce.number().gt(0);
const timeout = z.strictObject({ connect: time, send: time, read: time }).optional();
const host = z.string().min(1);
const methods = z.enum(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE", "PURGE"]);
const address = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: "Must be IP or CIDR, accepts both IPv4 and IPv6",
});
const upstream = z.looseObject({
  nodes: z
    .array(
      z.looseObject({
        host,
        port: z.coerce.number().int().min(1).max(65_535),
        weight: z.coerce.number().int().min(0),
      }),
    )
    .optional(),
  retries: z.coerce.number().int().min(0).max(65_535).optional(),
  scheme: z.enum(["grpc", "grpcs", "http", "https", "tcp", "tls", "udp", "kafka"]).optional(),
  type: z.enum(["roundrobin", "chash", "least_conn", "ewma"]).optional(),
  pass_host: z.enum(["pass", "node", "rewrite"]).optional(),
  timeout,
  checks: z
    .looseObject({ active: z.looseObject({}).optional() })
    .refine(
      (checks) => checks.active !== undefined,
      "Passive health checks must be enabled at the same time as active health checks",
    )
    .optional(),
});

/** The parts that people get wrong. */
const configuration = z.looseObject({
  routes: z
    .array(
      z.looseObject({
        uris: z.array(z.string()).min(1),
        methods: z.array(methods).nonempty().optional(),
        remote_addrs: z.array(address).optional(),
        priority: z.coerce.number().int().optional(),
        timeout,
      }),
    )
    .default([]),
  services: z.array(z.looseObject({ hosts: z.array(host).optional(), upstream: upstream.optional() })).default([]),
  upstreams: z.array(upstream).default([]),
  ssls: z
    .array(
      z.looseObject({
        snis: z.array(host).min(1),
        cert: z.string().min(128, { error: "Must be a certificate string or a secret reference" }),
        key: z.string().min(32, { error: "Must be a certificate private key string or a secret reference" }),
      }),
    )
    .default([]),
});

/** What is wrong; undefined when nothing is. */
export function lint(config: Resources): z.ZodError | undefined {
  return configuration.safeParse(config).error;
}
