import * as z from "zod";

const texts = z.array(z.string());
const port = z.union([z.int(), z.string()]);

const backend = z.looseObject({
  serviceName: z.string(),
  servicePort: port,
  weight: z.int().nullish(),
  resolveGranularity: z.string().nullish(),
  subset: z.string().nullish(),
});

const plugin = z.looseObject({
  name: z.string(),
  enable: z.boolean().default(true),
  config: z.record(z.string(), z.unknown()).nullish(),
});

const rule = z.looseObject({
  name: z.string(),
  priority: z.int().nullish(),
  match: z.looseObject({ hosts: texts.nullish(), paths: texts.nullish() }).prefault({}),
  backends: z.array(backend).nullish(),
  upstreams: z.array(z.looseObject({ name: z.string().default(""), weight: z.int().nullish() })).nullish(),
  plugins: z.array(plugin).nullish(),
  plugin_config_name: z.string().nullish(),
  plugin_config_namespace: z.string().nullish(),
});

/** An ApisixRoute as somebody wrote it: everything that isn't read here passes by, and is kept. */
export const sourceRoute = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string().default(""),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.object({ ingressClassName: z.string().nullish(), http: z.array(rule).nullish() }).prefault({}),
});

/** Settings of a Service's upstream, whatever they are. */
export const sourceUpstream = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).default({}) }).prefault({}),
  spec: z.looseObject({ ingressClassName: z.string().nullish() }).prefault({}),
});

/** Plugins that a rule takes by name. */
export const pluginConfig = z.object({ spec: z.object({ plugins: z.array(plugin).nullish() }).prefault({}) });

export type SourceRoute = z.output<typeof sourceRoute>;
export type SourceRule = z.output<typeof rule>;
export type SourceBackend = z.output<typeof backend>;
export type SourcePlugin = z.output<typeof plugin>;
export type SourceUpstream = z.output<typeof sourceUpstream>;
