/** `plugin_attr` of the gateway: what we need of it, joined with what a user adds. */

export type PluginAttributes = Readonly<Record<string, unknown>>;

/** Where arguments of ours say it already; another value there would blind the checks. */
const reserved: Readonly<Record<string, string>> = {
  enable_export_server: "the metrics are always exported",
  export_uri: "Prometheus and the pods' annotations rest on it",
  export_addr: "Prometheus and the pods' annotations rest on it",
  metric_prefix: "the checks read apisix_",
  refresh_interval: "give metricsRefreshSeconds",
  default_buckets: "give latencyBuckets",
};

/** Ours and theirs; lists are joined. @throws Error in one line for what arguments of ours say already */
export function joinedAttributes(ours: PluginAttributes, theirs: PluginAttributes): PluginAttributes {
  const prometheus = theirs["prometheus"];
  for (const name of isObject(prometheus) ? Object.keys(prometheus) : []) {
    const reason = reserved[name];
    if (reason !== undefined) throw new Error(`pluginAttr.prometheus.${name}: ${reason}`);
  }
  return joined(ours, theirs);
}

function joined(ours: PluginAttributes, theirs: PluginAttributes): PluginAttributes {
  const added = Object.entries(theirs).map(([name, value]) => [name, joinedValue(ours[name], value)] as const);
  return { ...ours, ...Object.fromEntries(added) };
}

function joinedValue(ours: unknown, theirs: unknown): unknown {
  if (isObject(ours) && isObject(theirs)) return joined(ours, theirs);
  return Array.isArray(ours) && Array.isArray(theirs) ? [...(ours as unknown[]), ...(theirs as unknown[])] : theirs;
}

function isObject(value: unknown): value is PluginAttributes {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
