import { expect } from "chai";
import { createServiceAccess } from "../../../release/adapters/service-access/index.js";
import { createWebhooks } from "../../../release/adapters/webhooks/index.js";
import type { WebhookAnswer } from "../../../release/ports/index.js";
import { answer, closeServers, noSignal, settingsFor, startServer } from "../adapters/fixture.js";
import type { Play } from "../adapters/fixture.js";

/** One call of a webhook at a hostile server; what the machine gets to hear. */
async function call(play: Play): Promise<WebhookAnswer> {
  const { url } = await startServer(play);
  const hook = { name: "gate", url: `${url}/hook-token?key=k1`, timeout: "300ms" };
  const settings = settingsFor({ analysis: { stepWeight: 10, webhooks: [hook] } });
  const serviceProxyFetch = () => Promise.reject(new Error("no proxy in this test"));
  const [webhook] = settings.analysis.webhooks;
  if (webhook === undefined) throw new Error("no webhook");
  const webhooks = createWebhooks(settings, createServiceAccess({ namespace: "test", serviceProxyFetch }));
  return webhooks.call(webhook, "Progressing", noSignal);
}

/** A byte now and then, for ever. */
const drip: Play = (_seen, response) => {
  response.writeHead(200);
  const timer = setInterval(() => response.write("."), 50);
  response.on("close", () => clearInterval(timer));
};

/** As much as the other side takes, for ever. */
const flood =
  (status: number): Play =>
  (_seen, response) => {
    response.writeHead(status);
    const chunk = "x".repeat(65_536);
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on("drain", more);
    more();
  };

const closed = "the connection was closed before an answer";
const redirect =
  (status: number, location: string): Play =>
  (_seen, response) =>
    void response.writeHead(status, { location }).end();

const hostile: readonly (readonly [string, Play, string])[] = [
  ["silence", () => undefined, "no answer within 0.3 s"],
  ["an answer that drips", drip, "no answer within 0.3 s"],
  ["a redirect to the cloud's metadata", redirect(302, "http://169.254.169.254/latest/"), "answers 302"],
  ["a redirect to a file", redirect(301, "file:///etc/passwd"), "answers 301"],
  ["a redirect that keeps the method", redirect(307, "http://127.0.0.1:1/"), "answers 307"],
  ["a redirect for ever", redirect(308, "/hook-token"), "answers 308"],
  ["a refusal without a word", (_s, r) => void r.writeHead(403).end(), "answers 403"],
  ["a refusal of many lines", (_s, r) => answer(r, 500, "a\r\nb\n\nc"), "answers 500: a b c"],
  ["colours and bells", (_s, r) => answer(r, 500, "\u001b[31mred\u0007\u009b"), "answers 500: [31mred"],
  ["lines of other alphabets", (_s, r) => answer(r, 500, "a\u2028b\u2029c"), "answers 500: a b c"],
  ["bytes that are no text", (_s, r) => void r.writeHead(500).end(Buffer.from([0xff, 0xfe, 0x41])), "answers 500: ��A"],
  ["its own URL in the answer", (s, r) => answer(r, 404, `no ${s.url}`), "answers 404: no [url]"],
  ["a closed connection", (_s, r) => void r.socket?.destroy(), closed],
  [
    "half an answer",
    (_s, r) => void (r.writeHead(200, { "content-length": 99 }), r.write("a"), setTimeout(() => r.destroy(), 20)),
    closed,
  ],
  ["no HTTP at all", (_s, r) => void r.socket?.end("HELLO\r\n\r\n"), "the exchange failed (HPE_INVALID_CONSTANT)"],
  [
    "headers without end",
    (_s, r) => void r.socket?.end(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}\r\n\r\n`),
    "the exchange failed (HPE_HEADER_OVERFLOW)",
  ],
  [
    "a status of its own",
    (_s, r) => void r.socket?.end("HTTP/1.1 999 Fine\r\ncontent-length: 0\r\n\r\n"),
    "answers 999",
  ],
];

describe("hostile webhooks", () => {
  afterEach(closeServers);

  for (const [title, play, message] of hostile)
    it(`${title} is no, in one line without the URL`, async () => {
      expect(await call(play)).to.deep.equal({ kind: "refused", message: `webhook gate ${message}` });
    });

  it("a flood of refusal is quoted shortly, a flood of consent is consent, and neither is read to its end", async () => {
    const refused = await call(flood(500));
    expect(refused.kind === "refused" && refused.message.length).to.be.lessThan(130);
    expect(await call(flood(200))).to.deep.equal({ kind: "ok" });
  });

  it("rubbish in the body of a consent is consent: only the status counts", async () => {
    expect(await call((_s, r) => answer(r, 200, '{"verdict":"rollback"'))).to.deep.equal({ kind: "ok" });
  });
});
