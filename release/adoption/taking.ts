import { templateFor } from "../template/index.js";
import { matches } from "./live.js";
import type { LabelSelector, LiveDeployment, LiveFlaggerCanary, LivePolicy, LiveScaler, LiveService } from "./live.js";

/** What the program says of the release that takes over. */
export interface Taking {
  readonly namespace: string;
  readonly name: string;
  readonly service: { readonly name: string; readonly port: number; readonly targetPort: number | string | undefined };
  /** Who scales the release's pods; undefined: nobody. */
  readonly autoscaler: "managed" | "external" | undefined;
  /** Name of Flagger's Canary, where it manages the application. */
  readonly flaggerCanary: string | undefined;
  readonly routeRef: string | undefined;
}

/** What is there, of the kinds that a takeover touches or could harm. */
export interface Surroundings {
  readonly target: LiveDeployment | undefined;
  readonly primary: LiveDeployment | undefined;
  readonly apex: LiveService | undefined;
  readonly canary: LiveFlaggerCanary | undefined;
  readonly services: readonly LiveService[];
  readonly deployments: readonly LiveDeployment[];
  readonly autoscalers: readonly LiveScaler[];
  /** KEDA's. */
  readonly scaledObjects: readonly LiveScaler[];
  readonly networkPolicies: readonly LivePolicy[];
  readonly disruptionBudgets: readonly LivePolicy[];
}

/** What the release keeps of what is there: immutable selectors, labels that they need, ports of the Service. */
export interface Kept {
  readonly selector: LabelSelector;
  /** Labels that the canary's pods must have. */
  readonly canaryLabels: Readonly<Record<string, string>>;
  /** Labels by which the primary's pods stay apart from them. */
  readonly primaryLabels: Readonly<Record<string, string>>;
  readonly ports: readonly Readonly<Record<string, unknown>>[];
}

/** Selector and labels that a release keeps of a Deployment that it takes over. */
export function keptOf(release: string, { spec }: Pick<LiveDeployment, "spec">): Omit<Kept, "ports"> {
  const { selector, template } = spec;
  const keys = [...Object.keys(selector.matchLabels), ...selector.matchExpressions.map(({ key }) => key)];
  const own = Object.entries(template.metadata.labels).filter(([key]) => keys.includes(key));
  const made = templateFor("primary", release, "", template, {});
  const primaryLabels = apart(selector, made.metadata?.labels ?? {});
  return { selector, canaryLabels: Object.fromEntries(own), primaryLabels };
}

/** Another value for the first label of a selector that would select the primary's pods as well. */
function apart(selector: LabelSelector, labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [first] = Object.entries(selector.matchLabels);
  if (first === undefined || !matches(selector, labels)) return {};
  return { [first[0]]: `${first[1]}-primary`.slice(0, 63) };
}

/** Labels of the primary's pods, where they are made of those of now. */
export function primaryLabelsOf(release: string, target: LiveDeployment): Readonly<Record<string, string>> {
  const made = templateFor("primary", release, "", target.spec.template, {});
  return { ...made.metadata?.labels, ...keptOf(release, target).primaryLabels };
}
