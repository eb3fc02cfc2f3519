import { expect } from "chai";
import { ExchangeError, quote, send } from "../../../release/adapters/http/index.js";
import { answer, closeServers, errorOf, noSignal, startServer } from "./fixture.js";
import type { Play, PlayedServer } from "./fixture.js";

describe("one HTTP exchange", () => {
  let server: PlayedServer | undefined;
  const playing = async (play: Play): Promise<URL> => new URL((server = await startServer(play)).url);
  const limits = { method: "GET", timeoutMs: 300, maxBytes: 1000 } as const;
  afterEach(closeServers);

  it("does not follow a redirect", async () => {
    const url = await playing((_seen, response) => response.writeHead(302, { location: "/other" }).end());
    expect(await send({ ...limits, url }, noSignal)).to.deep.equal({ status: 302, body: "" });
    expect(server?.seen).to.have.length(1);
  });

  it("refuses an answer that is too large, or cuts it", async () => {
    const url = await playing((_seen, response) => response.end("x".repeat(100_000)));
    const error = await errorOf(send({ ...limits, url }, noSignal));
    expect(error).to.be.instanceOf(ExchangeError).with.property("kind", "tooLarge");
    const cut = await send({ ...limits, url, whenTooLarge: "cut" }, noSignal);
    expect(cut.body).to.have.length(1000);
  });

  it("gives up when the answer drips", async () => {
    const url = await playing((_seen, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write("."), 50);
      response.on("close", () => clearInterval(timer));
    });
    const error = await errorOf(send({ ...limits, url }, noSignal));
    expect(error.message).to.equal("no answer within 0.3 s");
  });

  it("says in words that a connection was refused, without the URL", async () => {
    const url = await playing(() => undefined);
    await server?.close();
    const error = await errorOf(send({ ...limits, url: new URL(`${url.origin}/secret`) }, noSignal));
    expect(error).to.be.instanceOf(ExchangeError).with.property("kind", "connect");
    expect(error.message).to.equal("connection refused");
  });

  it("is rejected with the signal's reason", async () => {
    const url = await playing(() => undefined);
    const controller = new AbortController();
    const sent = errorOf(send({ ...limits, url }, controller.signal));
    controller.abort(new Error("stop now"));
    expect((await sent).message).to.equal("stop now");
    expect((await errorOf(send({ ...limits, url }, controller.signal))).message).to.equal("stop now");
  });

  it("survives headers that are too large and a broken answer", async () => {
    const url = await playing((seen, response) => {
      if (seen.url === "/headers") response.writeHead(200, { big: "x".repeat(100_000) }).end();
      else response.socket?.end("nonsense\r\n\r\n");
    });
    for (const path of ["/headers", "/nonsense"])
      expect((await errorOf(send({ ...limits, url: new URL(path, url) }, noSignal))).message).to.match(
        /^the exchange failed/,
      );
  });

  it("keeps connections", async () => {
    const ports = new Set<number | undefined>();
    const url = await playing((_seen, response) => {
      ports.add(response.socket?.remotePort);
      answer(response, 200, {});
    });
    for (let each = 0; each < 3; each += 1) await send({ ...limits, url }, noSignal);
    expect(ports).to.have.property("size", 1);
  });
});

describe("quoted text of others", () => {
  it("is one short line", () => {
    expect(quote("a\n\u001b[31mb\u2028c")).to.equal("a [31mb c");
    expect(quote("x".repeat(500))).to.have.length(100);
  });
});
