// Stand-in for Apache APISIX 3.17: what is decided about a request before its body is read.
import { setTimeout as sleep } from "node:timers/promises";
import type { Mirror, MirrorTarget } from "../plugins/mirror.js";
import type { ActivePlugins } from "../plugins/check.js";
import { redirection, rewritePath } from "../plugins/rewrite.js";
import type { Routing } from "../routing/compile.js";
import { compileExpression } from "../routing/expression.js";
import { pickNode } from "../routing/upstream.js";
import type { Node, UpstreamState } from "../routing/upstream.js";
import type { Exchange } from "./exchange.js";
import { hasPage, page } from "./pages.js";

/** An answer of the gateway's own. */
export interface Reply {
  readonly kind: "reply";
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
  readonly headers: readonly string[];
}

/** The request goes to a node of an upstream, and perhaps a copy of it elsewhere. */
export interface Forward {
  readonly kind: "forward";
  readonly upstream: UpstreamState;
  readonly node: Node;
  readonly mirror: MirrorTarget | undefined;
}

export type Decision = Reply | Forward;

/** Longer request lines are refused. */
const LONGEST_LINE = 8 * 1024;

/** Finds the route, runs its plugins in the order of their priorities, and picks a node: that takes a place in the cycle. */
export async function decide(exchange: Exchange, routing: Routing | undefined, mirror: Mirror): Promise<Decision> {
  const { request } = exchange;
  if ((request.url ?? "").length + exchange.method.length > LONGEST_LINE) {
    return pageReply(414);
  }
  exchange.match = routing?.table.find(exchange);
  const plugins = exchange.match?.route.plugins ?? routing?.global ?? {};
  const rewritten = await rewritePhase(plugins, exchange, mirror);
  if (rewritten.reply !== undefined) {
    return rewritten.reply;
  }
  if (exchange.match === undefined) {
    return jsonReply(404, '{"error_msg":"404 Route Not Found"}\n');
  }
  const upstream = exchange.match.route.upstream(exchange.read, exchange.worker);
  if (upstream === "missing") {
    return jsonReply(500, "failed to fetch upstream info by upstream id\n");
  }
  const node = upstream === undefined ? undefined : pickNode(upstream, exchange.worker, new Set());
  if (upstream === undefined || node === undefined) {
    return pageReply(503);
  }
  exchange.picked = node;
  return { kind: "forward", upstream, node, mirror: rewritten.mirror };
}

async function rewritePhase(
  { fault, mirror: mirrorPlugin, proxyRewrite, redirect }: ActivePlugins,
  exchange: Exchange,
  mirror: Mirror,
): Promise<{ readonly reply?: Reply; readonly mirror?: MirrorTarget | undefined }> {
  const injected = fault?.applies(exchange.read) === true ? await injectFault(fault.config, exchange) : undefined;
  if (injected !== undefined) {
    return { reply: injected };
  }
  const mirrors = mirrorPlugin?.applies(exchange.read) === true && mirror.wants(mirrorPlugin.config);
  const target = mirrors ? await mirror.target(mirrorPlugin.config, exchange) : undefined;
  if (proxyRewrite?.applies(exchange.read) === true) {
    rewritePath(proxyRewrite.config, exchange);
  }
  const elsewhere = redirect?.applies(exchange.read) === true ? redirection(redirect.config, exchange) : undefined;
  if (elsewhere !== undefined) {
    const { status, location } = elsewhere;
    return { reply: { ...pageReply(status), headers: ["Location", location] } };
  }
  return { mirror: target };
}

async function injectFault(
  { delay, abort }: NonNullable<ActivePlugins["fault"]>["config"],
  exchange: Exchange,
): Promise<Reply | undefined> {
  if (delay !== undefined && hits(delay, exchange)) {
    await sleep(delay.duration * 1000);
  }
  if (abort !== undefined && hits(abort, exchange)) {
    return { kind: "reply", status: abort.http_status, body: abort.body, contentType: "text/plain", headers: [] };
  }
  return undefined;
}

function hits(
  fault: { readonly percentage: number; readonly vars?: readonly (readonly unknown[])[] | undefined },
  exchange: Exchange,
): boolean {
  const matches = fault.vars === undefined || fault.vars.some((vars) => compileExpression(vars)(exchange.read));
  return matches && Math.random() * 100 < fault.percentage;
}

/** nginx's page for a status. */
export function pageReply(status: number): Reply {
  const body = hasPage(status) ? page(status) : "";
  return { kind: "reply", status, body, contentType: "text/html; charset=utf-8", headers: [] };
}

function jsonReply(status: number, body: string): Reply {
  return { kind: "reply", status, body, contentType: "text/plain; charset=utf-8", headers: [] };
}
