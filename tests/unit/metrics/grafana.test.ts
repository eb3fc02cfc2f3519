import { readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { z } from "zod";
import { releaseDashboardJson } from "../../../components/grafana/index.js";
import { releaseDashboard } from "../../../dashboards/grafana.js";
import { expressionsIn, groupsOf } from "./documents.js";
import { exporterOf, observed } from "./releases.js";
import { metricsIn } from "./promql.js";

const root = path.resolve(__dirname, "../../../..");
const text = (file: string): string => readFileSync(path.join(root, file), "utf8");

/** Names that the watchdog exports. */
async function exported(): Promise<readonly string[]> {
  const all = await (await exporterOf(() => [observed("podinfo")])).text();
  return [...all.matchAll(/^# TYPE (\w+) gauge$/gm)].map(([, name = ""]) => name);
}

describe("Grafana's dashboard", () => {
  it("is what its builder makes", () => {
    expect(JSON.parse(text("components/grafana/release-dashboard.json"))).to.deep.equal(
      JSON.parse(JSON.stringify(releaseDashboard())),
    );
    expect(JSON.parse(releaseDashboardJson())).to.deep.equal(JSON.parse(JSON.stringify(releaseDashboard())));
  });

  it("asks for metrics that there are, in PromQL, of the data source that the reader chose", async () => {
    const known = await exported();
    const expressions = expressionsIn(releaseDashboard());
    expect(expressions.length).to.be.greaterThan(15);
    for (const expression of expressions)
      for (const name of metricsIn(expression)) expect(known, expression).to.include(name);
    expect(JSON.stringify(releaseDashboard()).match(/"uid":"(?!\$\{datasource\}|apisix-canary-releases)/g)).to.equal(
      null,
    );
  });

  it("shows every metric of a release", () => {
    const shown = new Set(expressionsIn(releaseDashboard()).flatMap(metricsIn));
    for (const name of [
      "weight",
      "phase",
      "failed_checks",
      "check_value",
      "check_limit",
      "check_requests",
      "check_evidence",
      "check_verdict",
    ])
      expect(shown).to.include(`apisix_canary_${name}`);
  });

  it("has panels that lie side by side, with a name each", () => {
    const panel = z.object({
      title: z.string().min(1),
      gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
    });
    const panels = z.array(panel).parse(releaseDashboard().panels);
    for (const [index, { title, gridPos: a }] of panels.entries())
      for (const { title: other, gridPos: b } of panels.slice(index + 1)) {
        const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
        expect(apart, `${title} and ${other}`).to.equal(true);
      }
  });
});

describe("the rules for Prometheus", () => {
  const document: unknown = parse(text("docs/operations/prometheus-rule.yaml"));

  it("are a PrometheusRule whose expressions ask for metrics that there are", async () => {
    const known = await exported();
    const rules = groupsOf(document).flatMap((group) => group.rules);
    expect(rules.length).to.be.greaterThan(4);
    for (const { alert, expr, labels, annotations } of rules) {
      for (const name of metricsIn(expr)) expect(known, alert).to.include(name);
      expect(["info", "warning", "critical"]).to.include(labels["severity"]);
      expect(annotations["summary"]).to.be.a("string");
      expect(annotations["description"]).to.be.a("string");
    }
  });
});

describe("docs/operations/metrics.md", () => {
  it("describes each metric that is exported, and no other", async () => {
    const described = [...text("docs/operations/metrics.md").matchAll(/^\| `(apisix_canary_\w+)`/gm)].map(
      ([, name]) => name,
    );
    expect(described.toSorted()).to.deep.equal((await exported()).toSorted());
  });
});
