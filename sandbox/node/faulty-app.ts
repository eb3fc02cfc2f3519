// Stand-in for an application under test: its faults are set by its environment.
import http from "node:http";
import { hostname } from "node:os";

const numberOf = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);

const port = numberOf("PORT", 9898);
const failPercent = numberOf("FAIL_PERCENT", 0);
const slowPercent = numberOf("SLOW_PERCENT", 0);
const slowMs = numberOf("SLOW_MS", 1000);
const crashAfterSeconds = numberOf("CRASH_AFTER_SECONDS", 0);
const badFirstSeconds = numberOf("BAD_FIRST_SECONDS", 0);
const failPath = process.env["FAIL_PATH"];
const neverReady = process.env["NEVER_READY"] !== undefined;
const version = process.env["VERSION"] ?? "0.0.0";
const started = performance.now();

/** Counts of requests, so that a share is met exactly and evenly instead of by chance. */
const served = { failing: 0, slow: 0 };

function takes(kind: keyof typeof served, percent: number): boolean {
  served[kind] += percent;
  if (served[kind] < 100) return false;
  served[kind] -= 100;
  return true;
}

/** Bad from its first user request on, not from its start: nobody asks it before it is ready. */
let firstUserMs: number | undefined;

function isBadStart(): boolean {
  firstUserMs ??= performance.now();
  return performance.now() - firstUserMs < badFirstSeconds * 1000;
}

function answer(response: http.ServerResponse, status: number): void {
  const body = JSON.stringify({ hostname: hostname(), version, status });
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}

const server = http.createServer((request, response) => {
  request.resume();
  if (request.url === "/healthz") return answer(response, 200);
  if (request.url === "/readyz") return answer(response, neverReady ? 503 : 200);
  const fails = takes("failing", failPercent) || isBadStart() || request.url === failPath;
  const status = fails ? 500 : 200;
  if (takes("slow", slowPercent)) setTimeout(() => answer(response, status), slowMs);
  else answer(response, status);
});
// Longer than the gateway keeps its idle connections, so that it is never the application that hangs up.
server.keepAliveTimeout = 75_000;
server.listen(port);

if (crashAfterSeconds > 0) setTimeout(() => process.exit(1), crashAfterSeconds * 1000 - (performance.now() - started));

process.once("SIGTERM", () => {
  server.close(() => process.exit(0));
  setTimeout(() => process.exit(0), 5_000).unref();
});
