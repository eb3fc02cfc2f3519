// Stand-in for Apache APISIX 3.17: the proxy-mirror plugin.
import { lookup } from "node:dns/promises";
import { Agent } from "node:http";
import { isIP } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { startAttempt } from "./attempt.js";
import type { Exchange } from "./exchange.js";
import { upstreamHeaders } from "./headers.js";
import type { ActivePlugins } from "./plugins.js";

/** Measured on the real one: a name that can't be resolved holds the request for more than this. */
const UNRESOLVABLE_HOLD_MS = 20_000;
const NAME_TTL_MS = 5_000;
const TIMEOUTS = { connect: 60_000, send: 60_000, read: 60_000 };

type Plugin = NonNullable<ActivePlugins["mirror"]>;

/** Sends copies of requests elsewhere and throws the answers away. */
export class Mirror {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #names = new Map<string, { readonly address: Promise<string | undefined>; readonly until: number }>();
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Whether this request is to be copied. */
  wants(plugin: Plugin): boolean {
    return plugin.sample_ratio >= 1 || this.#random() < plugin.sample_ratio;
  }

  /** The address to copy to; when the name does not resolve, undefined, but only after a long wait. */
  async target(plugin: Plugin): Promise<{ readonly host: string; readonly port: number } | undefined> {
    const url = new URL(plugin.host);
    const name = url.hostname.replace(/^\[|\]$/g, "");
    const port = url.port === "" ? 80 : Number(url.port);
    const host = isIP(name) > 0 ? name : await this.#resolve(name);
    if (host === undefined) {
      console.error(`proxy-mirror: failed to resolve ${name}`);
      await sleep(UNRESOLVABLE_HOLD_MS);
      return undefined;
    }
    return { host, port };
  }

  /** Sends the copy; done when it has been answered to the last byte, or has failed. */
  send(
    plugin: Plugin,
    target: { readonly host: string; readonly port: number },
    exchange: Exchange,
    body: Buffer | undefined,
  ): Promise<void> {
    const outgoing = {
      method: exchange.method,
      path: plugin.path ?? exchange.request.url ?? "/",
      headers: upstreamHeaders(exchange, { kind: "pass" }, target, body),
      body,
    };
    return new Promise((resolve) => {
      startAttempt(this.#agent, target, outgoing, TIMEOUTS, {
        answered: (answer) => {
          answer.on("close", resolve).on("error", () => undefined);
          answer.resume();
        },
        failed: () => {
          resolve();
        },
      });
    });
  }

  #resolve(name: string): Promise<string | undefined> {
    const known = this.#names.get(name);
    if (known !== undefined && known.until > Date.now()) {
      return known.address;
    }
    const address = lookup(name, { family: 4 }).then(
      (found) => found.address,
      () => undefined,
    );
    this.#names.set(name, { address, until: Date.now() + NAME_TTL_MS });
    return address;
  }
}
