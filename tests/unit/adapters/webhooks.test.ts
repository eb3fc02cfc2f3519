import { expect } from "chai";
import { createServiceAccess } from "../../../release/adapters/service-access/index.js";
import { createWebhooks } from "../../../release/adapters/webhooks/index.js";
import type { WebhookAnswer } from "../../../release/ports/index.js";
import { answer, closeServers, errorOf, noSignal, settingsFor, startServer } from "./fixture.js";
import type { Play, PlayedServer } from "./fixture.js";

describe("webhooks", () => {
  let server: PlayedServer | undefined;
  afterEach(closeServers);

  async function call(play: Play, more = {}, signal = noSignal): Promise<WebhookAnswer> {
    server = await startServer(play);
    const hook = {
      name: "gate",
      url: `${server.url}/token-abc?key=k1`,
      timeout: "300ms",
      metadata: { cmd: "x" },
      ...more,
    };
    const settings = settingsFor({ analysis: { stepWeight: 10, webhooks: [hook] } });
    const serviceProxyFetch = () => Promise.reject(new Error("no proxy in this test"));
    const webhooks = createWebhooks(settings, createServiceAccess({ namespace: "test", serviceProxyFetch }));
    const webhook = settings.analysis.webhooks[0];
    if (webhook === undefined) throw new Error("no webhook");
    return webhooks.call(webhook, "Progressing", signal);
  }

  it("send Flagger's payload and take 2xx as yes", async () => {
    expect(await call((_seen, response) => answer(response, 202, ""))).to.deep.equal({ kind: "ok" });
    expect(server?.seen[0]?.method).to.equal("POST");
    expect(JSON.parse(server?.seen[0]?.body ?? "")).to.deep.equal({
      name: "podinfo",
      namespace: "test",
      phase: "Progressing",
      checksum: "r1",
      metadata: { cmd: "x" },
    });
  });

  const refusals: readonly (readonly [string, Play, string])[] = [
    ["a refusal with its text", (_s, r) => answer(r, 403, "not\nyet"), "webhook gate answers 403: not yet"],
    [
      "a redirect",
      (_s, r) => r.writeHead(302, { location: "http://169.254.169.254/" }).end(),
      "webhook gate answers 302",
    ],
    ["an answer that quotes its URL", (s, r) => answer(r, 404, `no ${s.url}`), "webhook gate answers 404: no [url]"],
    ["silence", () => undefined, "webhook gate no answer within 0.3 s"],
  ];
  for (const [what, play, message] of refusals)
    it(`take ${what} as no`, async () => {
      expect(await call(play)).to.deep.equal({ kind: "refused", message });
    });

  it("quote a huge answer shortly", async () => {
    const refused = await call((_seen, response) => answer(response, 500, "y".repeat(10_000_000)));
    expect(refused.kind === "refused" && refused.message.length).to.be.lessThan(130);
  });

  it("try again as often as told", async () => {
    let count = 0;
    const play: Play = (_seen, response) => answer(response, (count += 1) < 3 ? 500 : 200, "");
    expect(await call(play, { retries: 2 })).to.deep.equal({ kind: "ok" });
    expect(count).to.equal(3);
  });

  it("never show their URL", async () => {
    server = undefined;
    const refused = await call((_s, r) => r.socket?.destroy());
    expect(JSON.stringify(refused)).not.to.match(/token-abc|k1|127\.0\.0\.1/);
  });

  it("throw when the run is aborted", async () => {
    const controller = new AbortController();
    const called = errorOf(call(() => controller.abort(new Error("enough")), {}, controller.signal));
    expect((await called).message).to.equal("enough");
  });
});
