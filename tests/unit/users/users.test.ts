import http from "node:http";
import type { Socket } from "node:net";
import { expect } from "chai";
import { percentileMs, startSessions, startTraffic } from "../../../sandbox/users/index.js";
import type { Tally } from "../../../sandbox/users/index.js";

type Handler = (request: http.IncomingMessage, response: http.ServerResponse, nth: number) => void;

/** Users of a server that treats the nth request of each connection as told. */
async function usersOf(handler: Handler, keepAlive = true): Promise<Tally> {
  const requests = new Map<Socket, number>();
  const server = http.createServer((request, response) => {
    const nth = (requests.get(request.socket) ?? 0) + 1;
    requests.set(request.socket, nth);
    handler(request, response, nth);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  const users = startTraffic({ host: "app", perSecond: 50, gateway: "127.0.0.1", port, keepAlive });
  await new Promise((resolve) => setTimeout(resolve, 400));
  const tally = await users.stop();
  server.close();
  server.closeAllConnections();
  return tally;
}

const fine: Handler = (_request, response) => response.end(JSON.stringify({ version: "1" }));

describe("users", () => {
  it("repeat a request once when the kept connection was closed under it, as HTTP clients do", async () => {
    const tally = await usersOf((request, response, nth) =>
      nth === 1 ? fine(request, response, nth) : request.socket.destroy(),
    );
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    expect(tally.retried).to.be.greaterThan(0);
    expect(tally.byVersion.get("1")?.total).to.equal(tally.total);
  });

  it("count a fresh connection that is closed without an answer as a failure", async () => {
    const tally = await usersOf((request) => request.socket.destroy(), false);
    expect(tally.failed).to.equal(tally.total);
    expect(tally.retried).to.equal(0);
  });

  it("count an error answered on a kept connection as a failure of its version", async () => {
    const tally = await usersOf((_request, response) => response.writeHead(500).end(JSON.stringify({ version: "2" })));
    expect(tally.failed).to.equal(tally.total);
    expect(tally.byVersion.get("2")?.failed).to.equal(tally.total);
  });
});

describe("people who come again", () => {
  /** Each new one is told to be `a`; the server answers by what it made of the cookies. */
  async function meet(versionOf: (cookie: string | undefined, nth: number) => string) {
    const counts = { requests: 0 };
    const server = http.createServer((request, response) => {
      counts.requests += 1;
      if (request.headers.cookie === undefined) response.setHeader("Set-Cookie", ["user=a; Path=/", "b=1"]);
      response.end(JSON.stringify({ version: versionOf(request.headers.cookie, counts.requests) }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const bound = server.address();
    const port = typeof bound === "object" && bound !== null ? bound.port : 0;
    const sessions = startSessions({ host: "app", perSecond: 100, gateway: "127.0.0.1", port, users: 5 });
    await new Promise((resolve) => setTimeout(resolve, 400));
    const tally = await sessions.stop();
    server.close();
    server.closeAllConnections();
    return tally;
  }

  it("keep the cookies that they were given", async () => {
    const tally = await meet((cookie) => (cookie === "user=a; b=1" ? "2" : "1"));
    expect(tally).to.include({ users: 5, failed: 0, switchedBack: 0 });
    expect([...tally.lastVersion]).to.deep.equal([["2", 5]]);
  });

  it("notice when they are sent back to what they had before", async () => {
    const tally = await meet((_cookie, nth) => (nth > 5 && nth <= 10 ? "2" : "1"));
    expect(tally.switchedBack).to.equal(5);
  });

  it("wait as long as the median says", () => {
    expect(percentileMs({ tookMs: [5, 1, 9] }, 50)).to.equal(5);
    expect(percentileMs({ tookMs: [] }, 50)).to.equal(0);
  });
});
