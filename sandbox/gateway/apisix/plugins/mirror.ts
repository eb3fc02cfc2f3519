// Stand-in for Apache APISIX 3.17: the proxy-mirror plugin.
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Connections } from "../proxy/attempt.js";
import type { Exchange } from "../proxy/exchange.js";
import { mirrorHeaders } from "../proxy/headers.js";
import type { PluginConfig } from "./check.js";

/** Measured on the real one: a name that can't be resolved holds the request for more than this. */
const UNRESOLVABLE_HOLD_MS = 20_000;
const NAME_TTL_MS = 5_000;

type Config = PluginConfig<"proxy-mirror">;

/** Where a copy goes, decided before the body is read. */
export interface MirrorTarget {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/** Sends copies of requests elsewhere and throws the answers away. */
export class Mirror {
  // A connection of its own for each copy, as the real one.
  readonly #connections = new Connections({ keepAlive: false });
  readonly #names = new Map<string, { readonly address: Promise<string | undefined>; readonly until: number }>();
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Whether this request is to be copied. */
  wants(config: Config): boolean {
    return config.sample_ratio >= 1 || this.#random() < config.sample_ratio;
  }

  /** Where to copy to; when the name does not resolve, undefined, but only after a long wait. */
  async target(config: Config, exchange: Exchange): Promise<MirrorTarget | undefined> {
    const url = new URL(config.host);
    const name = url.hostname.replace(/^\[|\]$/g, "");
    const port = url.port === "" ? 80 : Number(url.port);
    const host = isIP(name) > 0 ? name : await this.#resolve(name);
    if (host === undefined) {
      console.error(`proxy-mirror: failed to resolve ${name}`);
      await sleep(UNRESOLVABLE_HOLD_MS);
      return undefined;
    }
    return { host, port, path: mirrorPath(config, exchange) };
  }

  /** Sends the copy; done when it has been answered to the last byte, has failed or has taken too long. */
  send(target: MirrorTarget, exchange: Exchange, body: Buffer | undefined): Promise<void> {
    const outgoing = { method: exchange.method, path: target.path, headers: mirrorHeaders(exchange, body), body };
    const { connect, send, read } = exchange.settings.mirrorTimeout;
    const timeouts = { connect: connect * 1000, send: send * 1000, read: read * 1000 };
    return new Promise((resolve) => {
      this.#connections.attempt("http", target, outgoing, timeouts, {
        answered: ({ body: answer }) => {
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

/** The user's path, the plugin's own instead of it, or both one after the other. */
function mirrorPath({ path, path_concat_mode }: Config, exchange: Exchange): string {
  const query = exchange.query === "" ? "" : `?${exchange.query}`;
  const own = exchange.upstreamUri ?? `${encodeURI(exchange.path)}${query}`;
  if (path === undefined) {
    return own;
  }
  return path_concat_mode === "prefix" ? `${path}${own}` : `${path}${query}`;
}
