import type * as pulumi from "@pulumi/pulumi";
import { argsProblems } from "../canary-release/index.js";
import type { CanaryReleaseArgs } from "../canary-release/index.js";
import type { AnalysisInput, Problem } from "../../release/settings/index.js";
import { property } from "./documents.js";
import { settle, tellAtOrigin } from "./draft.js";
import { located, oneLine, translate } from "./translate.js";
import type { Translation } from "./translate.js";

/** Arguments for a `CanaryRelease`, and what was left out of them. */
export interface FromFlagger {
  /** Of the target: Flagger names Deployments and Services after it. */
  readonly name: string;
  /** What the Canary says of its release, in this package's words. */
  readonly args: FlaggerArgs;
  /** One line for each thing of the Canary that has no meaning here or is taken with a doubt. */
  readonly warnings: readonly string[];
}

/** What a Canary says of a release. Its pods (`template`) and the platform are not in it. */
export interface FlaggerArgs extends pulumi.Unwrap<
  Pick<
    CanaryReleaseArgs,
    | "namespace"
    | "service"
    | "route"
    | "routeRef"
    | "autoscaler"
    | "progressDeadline"
    | "skipAnalysis"
    | "revertOnDeletion"
    | "prometheusUrl"
  >
> {
  /** Its `analysis`, with what its MetricTemplates and AlertProviders say. */
  readonly analysis: AnalysisInput;
}

/** What the text itself doesn't say. */
export interface FromFlaggerOptions {
  /** Default: the Canary's, else `default`. */
  readonly namespace?: string;
  /** Data of Secrets that AlertProviders refer to, by name, where the text has them not. */
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * Reads the YAML of a Flagger Canary, with the MetricTemplates, AlertProviders, Secrets and the HorizontalPodAutoscaler
 * that it refers to in the same text. Whatever nothing was made of is named in `warnings`, at every depth.
 * Throws a one-line error with object, line and property path for what can't be taken, and for what the arguments'
 * own schema refuses.
 */
export function fromFlagger(yaml: string, options: FromFlaggerOptions = {}): FromFlagger {
  const { namespace, secrets = {} } = options;
  const translation = translate(yaml, {
    namespace,
    secrets: (name, key) => secrets[name]?.[key],
    withWorkload: false,
  });
  const { name, ...args } = accepted(translation);
  return { name, args, warnings: translation.warnings };
}

/** Name and arguments that the components take, or the error that says why not. */
export function accepted({ draft, canary, problems }: Translation): FlaggerArgs & { readonly name: string } {
  if (problems.length > 0) throw new Error(problems.join("; "));
  const settled = settle(draft);
  if (isAccepted(settled)) return settled;
  const refused = schemaProblems(settled).map(({ path, message }) => {
    const { at, text } = tellAtOrigin(draft, path, message);
    const { object, path: place } = at ?? canary;
    return oneLine(located(object, place, text));
  });
  throw new Error([...new Set(refused)].join("; "));
}

function isAccepted(settled: unknown): settled is FlaggerArgs & { readonly name: string } {
  return schemaProblems(settled).length === 0;
}

/** What a Canary does not say: its own arguments are checked as if that were right. */
const rest = {
  template: { spec: { containers: [{ name: "app" }] } },
  ingressClassName: "apisix",
  prometheusUrl: "http://prometheus",
};

function schemaProblems(settled: unknown): readonly Problem[] {
  if (typeof settled !== "object" || settled === null) return [{ path: "", message: "is no release" }];
  return argsProblems(property(settled, "name"), { ...rest, ...settled });
}
