import { expect } from "chai";
import fc from "fast-check";
import { readReport, Recorder, settingsOf } from "../../../release/report/index.js";
import type { ReleaseInput } from "../../../release/settings/index.js";
import { settingsFor } from "../../../fakes/index.js";

/** Settings with a secret in every place where one may be. */
function secretive(secret: string): Partial<ReleaseInput> {
  const url = `https://hooks-${secret}.example.com/services/${secret}?token=${secret}`;
  return {
    kubeconfig: `{"users":[{"token":"${secret}"}]}`,
    context: `context-${secret}`,
    prometheusUrl: url,
    analysis: {
      stepWeight: 10,
      webhooks: [{ name: "load-test", url, metadata: { cmd: `hey -H token:${secret}`, name: "podinfo.test" } }],
      alerts: [{ name: "ops", provider: { type: "slack", address: url, channel: secret, username: secret } }],
      metrics: [
        {
          name: "errors",
          thresholdRange: { max: 1 },
          templateVariables: { key: secret },
          template: {
            provider: {
              type: "web",
              address: url,
              jsonPath: "$.value",
              headers: { authorization: `Bearer ${secret}` },
            },
          },
        },
      ],
    },
  };
}

const secrets = fc.stringMatching(/^[A-Za-z0-9]{16,40}$/).filter((text) => !/^\d+$/.test(text));

/** The webhook is that of one step. */
function ofOneStep(secret: string): Partial<ReleaseInput> {
  const { analysis, ...rest } = secretive(secret);
  const { stepWeight: _weight, webhooks, ...others } = analysis ?? {};
  return { ...rest, analysis: { ...others, steps: [{ weight: 10, webhooks }] } };
}

function reportAbout(secret: string, of = secretive): string {
  const settings = settingsFor("r2", {}, of(secret));
  const recorder = new Recorder(settings);
  const url = (settings.analysis.webhooks[0] ?? settings.analysis.steps?.[0]?.webhooks?.[0])?.url ?? "none";
  const say = (message: string): void =>
    recorder.announce({ level: "info", message, phase: "Progressing", canaryWeight: 0, alert: false }, 1_000);
  say(`Starting canary analysis for podinfo.test`);
  say(`webhook load-test: ${url} answers 403: token ${secret} is not valid`);
  const message = `errors: no answer of ${url} with Bearer ${secret}`;
  recorder.record({
    subject: "canary",
    startedAtMs: 1_000,
    observation: {
      nowMs: 2_000,
      reading: { kind: "reading", series: [], custom: [{ metric: "errors", outcome: { kind: "error", message } }] },
      surroundings: {
        subjectNodes: [],
        baselineNodes: [],
        subjectReady: 0,
        baselineReady: 0,
        weightPercent: 10,
        weightSinceMs: 0,
      },
      intervalEnds: false,
    },
    assessment: {
      verdict: { kind: "hold", reason: "error", sentence: `errors: ${message}` },
      checks: [
        {
          metric: "errors",
          verdict: "error",
          value: undefined,
          limit: 1,
          unit: "",
          requests: 0,
          confidence: 0,
          dryRun: false,
          sentence: `errors: ${message}`,
        },
      ],
      observedSharePercent: undefined,
      subjectRequests: 0,
      totalRequests: 0,
    },
  });
  const reason = `webhook at ${url} said ${secret}`;
  return JSON.stringify(recorder.report({ part: "analysis", outcome: "failed", reason }, 3_000));
}

describe("a report", () => {
  it("holds no secret, wherever it was", () => {
    fc.assert(
      fc.property(secrets, (secret) => {
        for (const of of [secretive, ofOneStep]) {
          const json = reportAbout(secret, of);
          expect(json).not.to.contain(secret);
          expect(json).not.to.contain("example.com");
        }
      }),
    );
  });

  it("keeps what people need: names, limits, and sentences without the secret", () => {
    const report = readReport(reportAbout("s3cr3tS3cr3tS3cr3t"));
    expect(report.announcements.map(({ message }) => message)).to.deep.equal([
      "Starting canary analysis for podinfo.test",
      "webhook load-test: redacted answers 403: token redacted is not valid",
    ]);
    expect(report.ticks[0]?.decision.sentence).to.equal("errors: errors: no answer of redacted with redacted");
    expect(report.ticks[0]?.reading).to.have.nested.property("custom[0].outcome.message").that.contains("redacted");
    expect(report.settings).to.have.nested.property("analysis.webhooks[0].name", "load-test");
    expect(report.settings).not.to.have.any.keys("kubeconfig", "context");
  });

  it("has settings that are still valid", () => {
    const report = readReport(reportAbout("s3cr3tS3cr3tS3cr3t"));
    expect(settingsOf(report).analysis.metrics[0]?.thresholdRange).to.deep.equal({ max: 1 });
    expect(settingsOf(report).analysis.stepWeight).to.equal(10);
    const ofStep = settingsOf(readReport(reportAbout("s3cr3tS3cr3tS3cr3t", ofOneStep)));
    expect(ofStep.analysis.steps?.[0]).to.have.nested.property("webhooks[0].name", "load-test");
  });
});
