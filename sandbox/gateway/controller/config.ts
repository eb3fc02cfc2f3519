// Stand-in for the APISIX ingress controller 2.2: its config file.
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { goDurationSeconds } from "./duration.js";

/** The config file can't be used; the message says why. */
class ConfigError extends Error {}

const duration = (fallback: string) =>
  z.preprocess(
    (value) => value ?? fallback,
    z.union([z.string(), z.number()]).transform((value, context) => {
      const seconds = goDurationSeconds(String(value));
      if (seconds === undefined) {
        context.addIssue({ code: "custom", message: `time: invalid duration "${String(value)}"` });
        return z.NEVER;
      }
      return seconds;
    }),
  );

const flag = (fallback: boolean) => z.preprocess((value) => value ?? fallback, z.boolean());
const text = (fallback: string) => z.preprocess((value) => value ?? fallback, z.string());
const section = <T extends z.ZodType>(schema: T) => z.preprocess((value) => value ?? {}, schema);

const schema = z.looseObject({
  log_level: text("info"),
  controller_name: text("apisix.apache.org/apisix-ingress-controller"),
  leader_election_id: text("apisix-ingress-gateway-leader"),
  leader_election: section(
    z.looseObject({
      lease_duration: duration("30s"),
      renew_deadline: duration("20s"),
      retry_period: duration("2s"),
      disable: flag(false),
    }),
  ),
  metrics_addr: text(":8080"),
  probe_addr: text(":8081"),
  exec_adc_timeout: duration("15s"),
  provider: section(
    z.looseObject({
      type: text("apisix"),
      // The default of the binary, as measured.
      sync_period: duration("1h"),
      init_sync_delay: duration("20m"),
    }),
  ),
  webhook: section(
    z.looseObject({
      enable: flag(false),
      tls_cert_file: text("tls.crt"),
      tls_key_file: text("tls.key"),
      tls_cert_dir: text("/certs"),
      port: z.preprocess((value) => value ?? 9443, z.number().int()),
    }),
  ),
  disable_gateway_api: flag(false),
});

/** The settings of the controller; all times in seconds. Unknown keys are ignored, as by the real one. */
export type ControllerConfig = z.infer<typeof schema>;

/**
 * Reads a config file, a template over the environment. `name` decides between YAML and JSON by its ending.
 * Throws ConfigError when the real controller would not start.
 */
export function readConfig(name: string, content: string, env: NodeJS.ProcessEnv): ControllerConfig {
  const filled = fillTemplate(content, env);
  const raw: unknown = /\.ya?ml$/.test(name) ? parseYaml(filled) : JSON.parse(filled);
  const result = schema.safeParse(raw ?? {});
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new ConfigError(`${name}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`);
  }
  const { provider, controller_name, leader_election } = result.data;
  if (controller_name === "") {
    throw new ConfigError("controller_name is required");
  }
  if (provider.type !== "apisix-standalone") {
    throw new ConfigError(`${name}: provider.type is ${provider.type}; a gateway without etcd needs apisix-standalone`);
  }
  if (provider.sync_period <= 0) {
    throw new ConfigError("sync_period must be greater than 0 for standalone provider");
  }
  if (!leader_election.disable && leader_election.lease_duration <= leader_election.renew_deadline) {
    throw new ConfigError("leaseDuration must be greater than renewDeadline");
  }
  return result.data;
}

function fillTemplate(content: string, env: NodeJS.ProcessEnv): string {
  return content.replace(/\{\{-?\s*(.*?)\s*-?\}\}/g, (_all, expression: string) => {
    const name = /^\.(\w+)$/.exec(expression)?.[1];
    const value = name === undefined ? undefined : env[name];
    if (value === undefined) {
      throw new ConfigError(`error execute configuration template: no entry for ${expression} in the environment`);
    }
    return value;
  });
}

/** Port of a Go listen address like `:8080`; undefined for "0", which switches the server off. */
export function portOf(address: string): number | undefined {
  const port = Number(address.slice(address.lastIndexOf(":") + 1));
  return port > 0 ? port : undefined;
}
