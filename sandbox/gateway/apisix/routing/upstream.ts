// Stand-in for Apache APISIX 3.17: what the proxy knows about one upstream while it runs.
import type { Upstream } from "../admin/model.js";
import type { Weighted, WeightedRoundRobin } from "./weighted.js";

/** An address to connect to. */
export interface Node {
  readonly host: string;
  readonly port: number;
}

/** Timeouts of one attempt in milliseconds. */
export interface TimeoutsMs {
  readonly connect: number;
  readonly send: number;
  readonly read: number;
}

/** The language of an upstream. */
export type Scheme = Upstream["scheme"];

/** An upstream ready for use. */
export interface UpstreamState {
  readonly nodes: WeightedRoundRobin<Node>;
  readonly scheme: Scheme;
  /** Further attempts after the first one. */
  readonly retries: number;
  readonly timeouts: TimeoutsMs;
  /** The Host header to send; undefined passes the client's. "node" sends the node's address. */
  readonly host:
    { readonly kind: "pass" } | { readonly kind: "node" } | { readonly kind: "fixed"; readonly value: string };
}

const DEFAULT_TIMEOUTS_MS: TimeoutsMs = { connect: 60_000, send: 60_000, read: 60_000 };

/** The weighted addresses of an upstream, as its round robin takes them. */
export function weightedNodes(upstream: Upstream): readonly Weighted<Node>[] {
  return upstream.nodes.map(({ host, port, weight }) => ({ value: { host, port }, weight }));
}

/** Makes an upstream usable; `timeout` of the route goes before the upstream's own. */
export function upstreamState(
  upstream: Upstream,
  nodes: WeightedRoundRobin<Node>,
  timeout: Upstream["timeout"],
): UpstreamState {
  const seconds = timeout ?? upstream.timeout;
  return {
    nodes,
    scheme: upstream.scheme,
    retries: upstream.retries ?? Math.max(0, upstream.nodes.length - 1),
    timeouts:
      seconds === undefined
        ? DEFAULT_TIMEOUTS_MS
        : { connect: seconds.connect * 1000, send: seconds.send * 1000, read: seconds.read * 1000 },
    host: hostHeader(upstream),
  };
}

/**
 * The next node for a request that has tried some already; a retry so takes a place in the cycle, too.
 * A lone node is tried again; undefined when all have been tried, or there is none.
 */
export function pickNode(upstream: UpstreamState, worker: number, tried: ReadonlySet<Node>): Node | undefined {
  if (upstream.nodes.size === 1) {
    return upstream.nodes.next(worker);
  }
  if (tried.size >= upstream.nodes.size) {
    return undefined;
  }
  for (;;) {
    const node = upstream.nodes.next(worker);
    if (node === undefined || !tried.has(node)) {
      return node;
    }
  }
}

function hostHeader(upstream: Upstream): UpstreamState["host"] {
  switch (upstream.pass_host) {
    case "pass":
      return { kind: "pass" };
    case "node":
      return { kind: "node" };
    case "rewrite":
      return { kind: "fixed", value: upstream.upstream_host ?? "" };
  }
}
