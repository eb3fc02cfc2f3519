import { expect } from "chai";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import type { ClientHttp2Session, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { request as httpsRequest } from "node:https";
import { text as readText } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { generate } from "selfsigned";
import { Bench, HOST } from "./bench.js";

async function certificate(name: string): Promise<{ cert: string; key: string }> {
  const { cert, private: key } = await generate([{ name: "commonName", value: name }], { keySize: 2048 });
  return { cert, key };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
}

function ask(session: ClientHttp2Session, headers: Record<string, string>, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":authority": HOST, ...headers }, { endStream: body === undefined });
    let answered: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    stream.on("response", (received) => (answered = received));
    stream.on("trailers", (received: IncomingHttpHeaders) => (trailers = received));
    stream.on("error", reject);
    readText(stream).then(
      (text) => resolve({ status: Number(answered[":status"]), body: text, headers: answered, trailers }),
      reject,
    );
    if (body !== undefined) stream.end(body);
  });
}

describe("gateway stand-in: https, HTTP/2 and gRPC", () => {
  let bench: Bench;
  let pair: { cert: string; key: string };
  const sessions: ClientHttp2Session[] = [];
  before(async () => (pair = await certificate(HOST)));
  beforeEach(async () => {
    bench = new Bench();
    await bench.start();
  });
  afterEach(() => {
    sessions.forEach((session) => {
      session.destroy();
    });
    bench.stop();
  });

  function open(address: string, servername?: string): ClientHttp2Session {
    const session = connectHttp2(address, {
      rejectUnauthorized: false,
      ...(servername === undefined ? {} : { servername }),
    });
    session.on("error", () => undefined);
    sessions.push(session);
    return session;
  }

  function get(servername: string): Promise<{ status: number; body: string; certificate: string }> {
    return new Promise((resolve, reject) => {
      const options = {
        host: "127.0.0.1",
        port: bench.tlsPort,
        servername,
        rejectUnauthorized: false,
        agent: false,
      } as const;
      const request = httpsRequest({ ...options, headers: { Host: HOST } }, (response) => {
        const peer = bench.subjectOf(response.socket);
        readText(response).then(
          (body) => resolve({ status: response.statusCode ?? 0, body, certificate: peer }),
          reject,
        );
      });
      request.on("error", reject).end();
    });
  }

  it("serves https with the certificate of the name, into the same series as http", async () => {
    const upstream = await bench.serve((request, response) => response.end(request.headers["x-forwarded-proto"]));
    const other = await certificate("other.example.com");
    bench.configure([upstream], {
      ssls: [
        { id: "1", snis: [HOST], ...pair },
        { id: "2", snis: ["*.example.org"], ...other },
      ],
    });
    expect(await get(HOST)).to.deep.equal({ status: 200, body: "https", certificate: `CN=${HOST}` });
    expect((await get("shop.example.org")).certificate).to.equal("CN=other.example.com");
    expect((await bench.get()).body).to.equal("http");
    expect(await bench.metrics()).to.match(/http_status\{code="200",route="ns_app_main".*\} 3/);
  });

  it("ends the handshake for a name without a certificate, and before the first configuration", async () => {
    const failed = (name: string) =>
      get(name).then(
        () => "served",
        () => "refused",
      );
    expect(await failed(HOST)).to.equal("refused");
    const upstream = await bench.serve((_request, response) => response.end());
    bench.configure([upstream], { ssls: [{ id: "1", snis: [HOST, "*.example.org"], ...pair }] });
    expect(await failed("elsewhere.net")).to.equal("refused");
    expect(await failed("a.b.example.org")).to.equal("refused");
    expect(await failed(HOST)).to.equal("served");
  });

  it("does not redirect to https what came by https", async () => {
    const upstream = await bench.serve((_request, response) => response.end("good"));
    const plugins = { redirect: { http_to_https: true } };
    bench.configure([upstream], { route: { plugins }, ssls: [{ id: "1", snis: [HOST], ...pair }] });
    expect((await get(HOST)).body).to.equal("good");
    expect((await bench.get()).status).to.equal(301);
  });

  it("speaks HTTP/2 on both ports", async () => {
    const upstream = await bench.serve((request, response) => {
      void readText(request).then((body) => response.end(`${request.headers.host ?? ""} ${body}`));
    });
    bench.configure([upstream], { ssls: [{ id: "1", snis: [HOST], ...pair }] });
    for (const session of [
      open(`http://127.0.0.1:${String(bench.port)}`),
      open(`https://127.0.0.1:${String(bench.tlsPort)}`, HOST),
    ]) {
      const answers = await Promise.all([
        ask(session, { ":path": "/" }),
        ask(session, { ":path": "/x", ":method": "POST" }, "hello"),
      ]);
      expect(answers.map(({ status, body }) => [status, body])).to.deep.equal([
        [200, `${HOST} `],
        [200, `${HOST} hello`],
      ]);
    }
    expect(await bench.metrics()).to.match(/http_status\{code="200",route="ns_app_main".*\} 4/);
  });

  it("gives requests of one HTTP/2 connection no mirror to wait for", async () => {
    const slow = await bench.serve((_request, response) => setTimeout(() => response.end(), 400));
    const upstream = await bench.serve((_request, response) => response.end("good"));
    const plugins = { "proxy-mirror": { host: `http://127.0.0.1:${String(slow)}` } };
    bench.configure([upstream], { route: { plugins } });
    const session = open(`http://127.0.0.1:${String(bench.port)}`);
    const started = performance.now();
    await ask(session, { ":path": "/" });
    await ask(session, { ":path": "/" });
    expect(performance.now() - started).to.be.below(350);
  });

  describe("gRPC", () => {
    const method = {
      ":path": "/grpc.health.v1.Health/Check",
      ":method": "POST",
      "content-type": "application/grpc",
      te: "trailers",
    };

    async function upstreamOf(respond: (stream: ServerHttp2Stream) => void): Promise<number> {
      const server = createHttp2Server();
      server.on("stream", (stream) => {
        stream.on("error", () => undefined);
        respond(stream);
      });
      return bench.listen(server);
    }

    it("passes bodies, trailers and all on; counts 200 whatever the grpc-status", async () => {
      const port = await upstreamOf((stream) => {
        stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
        stream.on("wantTrailers", () => {
          stream.sendTrailers({ "grpc-status": "14", "grpc-message": "unavailable" });
        });
        void readText(stream).then((body) => stream.end(`echo ${body}`));
      });
      bench.configure([port], { upstream: { scheme: "grpc" } });
      const answer = await ask(open(`http://127.0.0.1:${String(bench.port)}`), method, "ping");
      expect(answer).to.deep.include({ status: 200, body: "echo ping" });
      expect(answer.trailers["grpc-status"]).to.equal("14");
      expect(await bench.metrics()).to.match(
        /code="200".*node="127.0.0.1".*response_source="upstream",upstream_status="200"\} 1/,
      );
    });

    it("counts a stream at its end, with its whole length", async () => {
      const port = await upstreamOf((stream) => {
        stream.respond({ ":status": 200, "content-type": "application/grpc" });
        stream.write("first");
        setTimeout(() => stream.end("last"), 250);
      });
      bench.configure([port], { upstream: { scheme: "grpc" } });
      const asked = ask(open(`http://127.0.0.1:${String(bench.port)}`), method, "ping");
      await sleep(120);
      expect(await bench.metrics()).to.not.contain('code="200"');
      expect((await asked).body).to.equal("firstlast");
      const text = await bench.metrics();
      expect(Number(/latency_sum\{type="upstream".*\} (\S+)/.exec(text)?.[1])).to.be.within(230, 1000);
    });

    it("answers 502 for a node that refuses, and for one that is asked in the wrong language", async () => {
      bench.configure([1], { upstream: { scheme: "grpc" } });
      const session = open(`http://127.0.0.1:${String(bench.port)}`);
      expect((await ask(session, method, "ping")).status).to.equal(502);
      const port = await upstreamOf((stream) => stream.respond({ ":status": 200 }, { endStream: true }));
      bench.configure([port]);
      expect((await ask(session, method, "ping")).status).to.equal(502);
    });
  });
});
