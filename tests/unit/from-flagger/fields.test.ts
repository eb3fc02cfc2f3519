import { readFileSync } from "node:fs";
import { expect } from "chai";
import { outcomesOf, parseFields } from "./fields/outcome.js";
import type { Outcome, Way } from "./fields/outcome.js";
import { currentPage, fieldsPath, tablePath } from "./fields/write-table.js";

const fields = parseFields(readFileSync(fieldsPath, "utf8"));
const ways: readonly Way[] = ["routeRef", "hosts"];

/** What a Canary may say without that anything becomes of it. */
const merelyRead = [
  "apiVersion",
  "kind",
  "metadata",
  "spec.analysis.alerts[].providerRef.name",
  "spec.analysis.alerts[].providerRef.namespace",
  "spec.analysis.metrics[].templateRef.name",
  "spec.analysis.metrics[].templateRef.namespace",
  "spec.autoscalerRef.apiVersion",
  "spec.autoscalerRef.kind",
  "spec.autoscalerRef.name",
  "spec.provider",
  "spec.routeRef.apiVersion",
  "spec.routeRef.kind",
  "spec.service.match[].name",
  "spec.service.rewrite.type",
  "spec.service.unmanagedMetadata.annotations[]",
  "spec.service.unmanagedMetadata.labels[]",
  "spec.targetRef.apiVersion",
  "spec.targetRef.kind",
];

describe("Flagger's fields, one by one", () => {
  it("are as many as its custom resources have", () => {
    expect(fields).to.have.length(213);
    expect(new Set(fields.map(({ kind, path }) => `${kind} ${path}`))).to.have.property("size", fields.length);
  });

  it("end as the table in the documents says", async () => {
    expect(readFileSync(tablePath, "utf8"), "written by fields/write-table.js").to.equal(await currentPage());
  }).timeout(30_000);

  describe("each", function () {
    this.timeout(60_000);
    let tried: readonly { readonly path: string; readonly outcome: Outcome }[];
    before(() => {
      tried = fields.flatMap((field) =>
        ways.flatMap((way) => outcomesOf(field, way).map(({ outcome }) => ({ path: field.path, outcome }))),
      );
    });

    it("is taken, warned of or refused, but for references and what is so anyhow", () => {
      const read = tried.filter(({ outcome }) => outcome.kind === "read").map(({ path }) => path);
      expect([...new Set(read)].toSorted()).to.deep.equal(merelyRead);
    });

    it("that is refused or left out is named where it stands, in one line", () => {
      for (const { path, outcome } of tried) {
        const text =
          outcome.kind === "refused" ? outcome.error : outcome.kind === "warned" ? outcome.warning : undefined;
        const top = path.split(".").slice(0, 2).join(".").replaceAll("[]", "");
        if (text !== undefined)
          expect(text, path)
            .to.contain(top)
            .and.not.match(/[\r\n]/);
      }
    });
  });
});
