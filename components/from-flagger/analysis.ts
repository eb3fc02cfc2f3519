import { check, durationSeconds } from "../../release/settings/index.js";
import { alertsOf } from "./alerts.js";
import { Shape } from "./draft.js";
import type { Draft } from "./draft.js";
import { metricsOf } from "./metrics.js";
import type { MetricContext } from "./metrics.js";
import type { Leaf, Reader } from "./reader.js";
import { strategyOf } from "./strategy.js";

/** Flagger never looks more often. */
const leastIntervalSeconds = 10;

/** `analysis` of the arguments: Flagger's names, where they mean the same. */
export function analysisOf(analysis: Reader, context: MetricContext): Draft {
  const webhooks = analysis.items("webhooks").map(webhookOf);
  return new Shape(analysis, {
    interval: intervalOf(analysis),
    threshold: analysis.count("threshold"),
    ...strategyOf(analysis),
    primaryReadyThreshold: analysis.number("primaryReadyThreshold"),
    canaryReadyThreshold: analysis.number("canaryReadyThreshold"),
    metrics: metricsOf(analysis, context),
    webhooks: webhooks.length === 0 ? undefined : webhooks,
    alerts: alertsOf(analysis, context.library, context.namespace),
  });
}

function intervalOf(analysis: Reader): Leaf<string> | undefined {
  const interval = analysis.text("interval");
  const checked = check(durationSeconds, interval?.value);
  if (checked.kind === "valid" && checked.settings < leastIntervalSeconds)
    analysis.at("interval")?.doubt(`is taken as it is: Flagger makes at least ${leastIntervalSeconds}s of it`);
  return interval;
}

function webhookOf(webhook: Reader): Draft {
  webhook.at("disableTLS")?.leaveOut("is left out: certificates are verified");
  return new Shape(webhook, {
    name: webhook.needText("name"),
    type: webhook.text("type"),
    url: webhook.needText("url"),
    timeout: webhook.text("timeout"),
    retries: webhook.number("retries"),
    metadata: webhook.textMap("metadata"),
    muteAlert: webhook.flag("muteAlert"),
  });
}
