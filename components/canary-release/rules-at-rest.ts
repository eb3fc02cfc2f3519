import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { annotations } from "../../release/model/index.js";
import { analysis as schema, check, inOneLine, pathText } from "../../release/settings/index.js";
import type { AnalysisSettings } from "../../release/settings/index.js";
import { mirrorOf, ownRulesOf } from "../../release/strategy/index.js";
import { orRefuse, refusal } from "../errors/index.js";
import type { Making } from "./making.js";
import { refusalsOf, rulesAtRest } from "./route/index.js";
import type { HttpRule } from "./route/index.js";

/** What the weighted route of a release says at rest. */
export interface RouteAtRest {
  readonly rules: pulumi.Output<readonly HttpRule[]>;
  /** For who knows the route alone: which of its rules are ours to add. */
  readonly annotations: pulumi.Output<Readonly<Record<string, string>>>;
}

/** @param uid of the release's own object: nobody can guess it, and it stays */
export function routeAtRest(
  { release, args, refuse }: Pick<Making, "release" | "args" | "refuse">,
  base: pulumi.Input<readonly HttpRule[]>,
  uid: pulumi.Output<string | undefined>,
): RouteAtRest {
  const analysis = pulumi.output(args.analysis).apply(settingsOf);
  const own = pulumi.unsecret(analysis).apply((settings) => (settings === undefined ? [] : ownRulesOf(settings)));
  const service = args.service.name ?? release;
  const build = (given: typeof analysis): pulumi.Output<readonly HttpRule[]> =>
    pulumi
      .all([base, given, args.service.port])
      .apply(orRefuse(refuse, accepted))
      .apply(([rules, settings, port]) => {
        if (settings === undefined || ownRulesOf(settings).length === 0) return pulumi.output(rules);
        const token = mirrorOf(settings) === undefined ? pulumi.output("") : uid.apply(tokenOf);
        return token.apply((mirrorToken) => rulesAtRest(rules, { analysis: settings, service, port, mirrorToken }));
      });
  // A secret anywhere in the analysis makes all of it one; of that only these kinds of rules show a value.
  const mayShow = own.apply((kinds) => kinds.includes("match") || kinds.includes("preview"));
  return {
    rules: mayShow.apply((may) => build(may ? analysis : pulumi.unsecret(analysis))),
    annotations: own.apply((kinds): Readonly<Record<string, string>> =>
      kinds.length === 0 ? {} : { [annotations.rules]: kinds.join(",") },
    ),
  };
}

/** Undefined where it can't be read: the runtime says why. */
function settingsOf(input: unknown): AnalysisSettings | undefined {
  const checked = check(schema, input);
  return checked.kind === "valid" ? checked.settings : undefined;
}

type Known = readonly [readonly HttpRule[], AnalysisSettings | undefined, number];

/** @throws RunError in one line where the release's own rules can't stand beside these */
function accepted<T extends Known>(known: T): T {
  const [rules, settings] = known;
  if (settings === undefined || ownRulesOf(settings).length === 0) return known;
  const found = refusalsOf(rules, settings).map(({ path, message }) => ({ path: pathText(path), message }));
  if (found.length > 0) throw refusal(inOneLine(found));
  return known;
}

const tokenLength = 16;

function tokenOf(uid: string | undefined): string {
  return createHash("sha256")
    .update(uid ?? "")
    .digest("hex")
    .slice(0, tokenLength);
}
