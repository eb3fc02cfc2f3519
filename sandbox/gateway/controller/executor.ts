// Stand-in for the APISIX ingress controller 2.2: has ADC push or validate, and words what went wrong.
import type { Input, Resources } from "../adc/protocol.js";
import { syncResultSchema, validateResultSchema } from "../adc/protocol.js";
import type { Adc, AdcAnswer } from "./adc-client.js";
import type { GatewayTarget } from "./gateway-target.js";
import { throughFile } from "./temporary-file.js";

/** What became of a push. */
export type SyncOutcome =
  | { readonly kind: "synced" }
  /** The message gets into the status of every object of the push. */
  | { readonly kind: "failed"; readonly message: string }
  /** Nothing was pushed, and no status says so. */
  | { readonly kind: "not tried"; readonly message: string };

/** What became of a validation. */
export type Verdict =
  | { readonly kind: "valid" }
  | { readonly kind: "invalid"; readonly message: string }
  /** Nobody can tell. */
  | { readonly kind: "unavailable"; readonly message: string };

const BACKEND = "apisix-standalone";

/** Talks to ADC about the gateways of a GatewayProxy. */
export class Executor {
  readonly #adc: Adc;
  readonly #folder: string;
  /** Targets that this leader has pushed to: ADC may remember an older leader's push for the others. */
  readonly #current = new Set<string>();

  /** `folder` takes the temporary files. */
  constructor(adc: Adc, folder: string) {
    this.#adc = adc;
    this.#folder = folder;
  }

  async sync(target: GatewayTarget, resources: Resources): Promise<SyncOutcome> {
    const config = this.#prepare(resources);
    if (config instanceof Error) {
      return { kind: "not tried", message: config.message };
    }
    const name = target.name;
    const bypassCache = !this.#current.has(name);
    const problem = await this.#syncOnce(target, config, bypassCache);
    if (problem === undefined) {
      this.#current.add(name);
      return { kind: "synced" };
    }
    if (bypassCache || !problem.includes("conf_version")) {
      return { kind: "failed", message: problem };
    }
    // Somebody else has written to the gateways: what ADC remembers of them is read anew.
    const again = await this.#syncOnce(target, config, true);
    return again === undefined ? { kind: "synced" } : { kind: "failed", message: again };
  }

  /** Every gateway is asked, one after the other. */
  async validate(target: GatewayTarget, resources: Resources): Promise<Verdict> {
    const config = this.#prepare(resources);
    if (config instanceof Error) {
      return { kind: "unavailable", message: config.message };
    }
    const refusals: string[] = [];
    const failures: string[] = [];
    for (const server of target.servers) {
      try {
        const answer = await this.#adc.ask("validate", input(target, [server], config, false));
        const refusal = refusalOf(answer);
        if (refusal !== undefined) {
          refusals.push(`ServerAddr: ${server}, Err: ${refusal}`);
        }
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
    }
    if (refusals.length > 0) {
      const about = `ADC validation error for ${target.name}: [${refusals.join("; ")}]`;
      return { kind: "invalid", message: `ADC validation errors: [${about}]` };
    }
    return failures.length > 0 ? { kind: "unavailable", message: failures.join("\n") } : { kind: "valid" };
  }

  #prepare(resources: Resources): Resources | Error {
    try {
      return throughFile(resources, this.#folder);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  async #syncOnce(target: GatewayTarget, config: Resources, bypassCache: boolean): Promise<string | undefined> {
    const servers = target.servers.join(",");
    const problem = await this.#adc
      .ask("sync", input(target, servers.split(","), config, bypassCache))
      .then(syncProblem, (error: unknown) => (error instanceof Error ? error.message : String(error)));
    return problem === undefined ? undefined : `ServerAddr: ${servers}, Err: ${problem}`;
  }
}

/** Without a gateway the list of servers is one empty text, which ADC takes for an invalid address. */
function input(target: GatewayTarget, server: string[], config: Resources, bypassCache: boolean): Input {
  const opts = { backend: BACKEND, server, token: target.token, cacheKey: target.name, bypassCache };
  return { task: { opts, config } };
}

function syncProblem({ status, body }: AdcAnswer): string | undefined {
  if (Math.trunc(status / 100) !== 2) {
    return `HTTP ${String(status)}: ${body}`;
  }
  const { endpoint_status } = syncResultSchema.parse(JSON.parse(body));
  const failed = endpoint_status.filter(({ success }) => !success);
  return failed.length === 0 ? undefined : failed.map(({ server, reason }) => `${server}: ${reason ?? ""}`).join("; ");
}

/** Why a gateway would not take it; undefined when it would. Throws when it could not be asked. */
function refusalOf({ status, body }: AdcAnswer): string | undefined {
  if (status !== 400 && Math.trunc(status / 100) !== 2) {
    throw new Error(`HTTP ${String(status)}: ${body}`);
  }
  const { success, message, errors } = validateResultSchema.parse(JSON.parse(body));
  if (status !== 400 && success !== false) {
    return undefined;
  }
  // The gateway's own words about each error get lost on the way: the controller looks for them under another name.
  const details = errors.map(({ resource_type, resource_name, index }) => {
    const parts = [
      ...(resource_type === "" ? [] : [`type=${resource_type}`]),
      ...(resource_name === "" ? [] : [`name=${resource_name}`]),
    ];
    return parts.length === 0 ? `index=${String(index)}` : parts.join(", ");
  });
  const what = message === "" ? "ADC validation failed" : message;
  return details.length === 0 ? what : `${what} (${details.join("; ")})`;
}
