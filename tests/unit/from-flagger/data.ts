import { readFileSync } from "node:fs";
import path from "node:path";
import { fromFlagger } from "../../../components/from-flagger/index.js";
import type { FromFlagger, FromFlaggerOptions } from "../../../components/from-flagger/index.js";

const folder = path.resolve(__dirname, "../../../../tests/unit/from-flagger/data");

/** A manifest as somebody wrote it. */
export function manifest(name: string): string {
  return readFileSync(path.join(folder, `${name}.yaml`), "utf8");
}

export function documents(...texts: readonly string[]): string {
  return texts.join("\n---\n");
}

interface Parts {
  readonly metadata?: string;
  readonly spec?: string;
  readonly service?: string;
  readonly analysis?: string;
  readonly routeRef?: boolean;
}

/** A Canary that is as simple as can be, and these lines at their places. */
export function canary({ metadata = "", spec = "", service = "", analysis = "", routeRef = true }: Parts = {}): string {
  const lines = (text: string, indent: number): string =>
    text.replace(/^\n|\n\s*$/g, "").replaceAll(/^/gm, " ".repeat(indent));
  return [
    "apiVersion: flagger.app/v1beta1",
    "kind: Canary",
    "metadata:",
    "  name: app",
    "  namespace: shop",
    lines(metadata, 2),
    "spec:",
    "  targetRef: { apiVersion: apps/v1, kind: Deployment, name: app }",
    routeRef ? "  routeRef: { apiVersion: apisix.apache.org/v2, kind: ApisixRoute, name: app }" : "",
    lines(spec, 2),
    "  service:",
    "    port: 80",
    lines(service, 4),
    "  analysis:",
    "    stepWeight: 10",
    lines(analysis, 4),
  ]
    .filter((line) => line.trim() !== "")
    .join("\n");
}

/** Metrics that are there, so that nothing is said of the defaults. */
export const metrics = `
metrics:
  - { name: request-success-rate, thresholdRange: { min: 99 } }`;

export function takenFrom(text: string, options?: FromFlaggerOptions): FromFlagger {
  return fromFlagger(text, options);
}

export function refusal(text: string, options?: FromFlaggerOptions): string {
  try {
    fromFlagger(text, options);
    return "taken";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
