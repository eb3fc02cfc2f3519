import { randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { client } from "./client.js";

/** Loopback alone: nobody else on the network can ask. */
const host = "127.0.0.1";
const tokenBytes = 24;
/** Between two looks at what a page shows. */
const everyMs = 1_000;

/** A page, and how it changes. */
export interface Page {
  /** The whole of it, with what there is now. */
  html(): Promise<string>;
  /** Its parts by their ids. Never throws: what goes wrong is a part. */
  sections(): Promise<Readonly<Record<string, string>>>;
}

/** Finds the page of a path below the token ("" or "namespace/name"); undefined: there is none. */
export type Pages = (path: string, root: string) => Page | undefined;

export interface Dashboard {
  /** With the token, without which nothing is answered. */
  readonly url: string;
  /** Resolves when all connections are closed. */
  close(): Promise<void>;
}

const headers = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

/**
 * Serves pages on loopback, below a random token that changes with each start. It answers only to the names of this machine's
 * loopback, so that a foreign page can't reach it through a name of its own (DNS rebinding), and it can change nothing.
 * @throws Error of one line where the port is taken.
 */
export async function serve(port: number, pages: Pages, signal: AbortSignal): Promise<Dashboard> {
  const token = randomBytes(tokenBytes).toString("base64url");
  const ended = new AbortController();
  const server = http.createServer((request, response) => {
    const { port: own } = server.address() as AddressInfo;
    void answer(request, response, { own, token, pages, signal: AbortSignal.any([signal, ended.signal]) });
  });
  await listen(server, port);
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${own}/${token}/`,
    close: async () => {
      ended.abort();
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, "close");
    },
  };
}

async function listen(server: http.Server, port: number): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    const why = code === "EADDRINUSE" ? "is taken: leave --port out, or give another one" : `can't be used (${code})`;
    throw new Error(`port ${port} ${why}`, { cause: error });
  }
}

interface Asked {
  readonly own: number;
  readonly token: string;
  readonly pages: Pages;
  readonly signal: AbortSignal;
}

async function answer(request: http.IncomingMessage, response: http.ServerResponse, asked: Asked): Promise<void> {
  const refuse = (status: number, text: string): void => {
    response.writeHead(status, { ...headers, "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
  };
  if (!isOwnName(request.headers.host, asked.own)) return refuse(421, "this page is served to this machine alone");
  if (request.method !== "GET") return refuse(405, "there is nothing to change here");
  const [, token = "", ...rest] = (request.url ?? "/").split("?")[0]?.split("/") ?? [];
  if (!isSame(token, asked.token)) return refuse(403, "open the address that apisix-canary dashboard printed");
  const root = `/${asked.token}`;
  const [first, ...below] = rest;
  if (first === "app.js" && below.length === 0) {
    response.writeHead(200, { ...headers, "content-type": "text/javascript; charset=utf-8" }).end(client);
    return;
  }
  const isStream = first === "events";
  const page = asked.pages(pathOf(isStream ? below : rest), root);
  if (page === undefined) return refuse(404, "there is no such page");
  if (isStream) return stream(page, request, response, asked.signal);
  const html = await page.html().catch(() => undefined);
  if (html === undefined) return refuse(500, "this page can't be made");
  response.writeHead(200, { ...headers, "content-type": "text/html; charset=utf-8" }).end(html);
}

/** Names come from the cluster, where they are plain: nothing is decoded that a path could be made of. */
function pathOf(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("/");
}

function isOwnName(given: string | undefined, port: number): boolean {
  return given === `${host}:${port}` || given === `localhost:${port}`;
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Server-sent events: at each look the sections that are no longer what the page has. */
async function stream(
  page: Page,
  request: http.IncomingMessage,
  response: http.ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  request.once("close", () => gone.abort());
  const ended = AbortSignal.any([signal, gone.signal]);
  response.writeHead(200, { ...headers, "content-type": "text/event-stream" });
  const known = new Map<string, string>();
  while (!ended.aborted) {
    const sections = Object.entries(await page.sections());
    const changed = sections.filter(([id, html]) => known.get(id) !== html);
    for (const [id, html] of changed) known.set(id, html);
    // A comment where nothing has changed: it finds out whether the page is still there.
    response.write(changed.length === 0 ? ":\n\n" : `data: ${JSON.stringify(Object.fromEntries(changed))}\n\n`);
    await sleep(everyMs, undefined, { signal: ended }).catch(() => undefined);
  }
  response.end();
}
