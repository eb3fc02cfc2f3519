import type { ReleaseSettings } from "../../settings/index.js";
import type { ServiceAccess } from "../service-access/index.js";
import { access } from "./access.js";
import { parseAnswer, singleValue } from "./answers.js";
import { ask, queryUrl } from "./custom.js";
import { requestsQuery } from "./query.js";

/** Counts what the gateway has ever sent to addresses, by any route; undefined where nobody can tell. */
export function createRequestCounter(
  settings: Pick<ReleaseSettings, "prometheusUrl" | "prometheus" | "metricPrefix">,
  serviceAccess: ServiceAccess,
): (nodes: readonly string[], signal: AbortSignal) => Promise<number | undefined> {
  return async (nodes, signal) => {
    const url = queryUrl(settings.prometheusUrl, requestsQuery(settings.metricPrefix, nodes));
    const answer = await ask(serviceAccess, { url, ...access(settings.prometheus) }, signal);
    const parsed = answer.kind === "error" ? answer : parseAnswer(answer.body);
    if (parsed.kind === "error") return undefined;
    const counted = singleValue(parsed.data);
    if (counted.kind === "noData") return 0;
    return counted.kind === "value" ? counted.value : undefined;
  };
}
