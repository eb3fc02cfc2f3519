// Stand-in for Apache APISIX 3.17: finds the certificate of a server name.
import { createSecureContext } from "node:tls";
import type { SecureContext } from "node:tls";
import type { Ssl } from "../admin/model.js";

/** Certificates by the names they are for. */
export class Certificates {
  readonly #byName = new Map<string, SecureContext>();

  constructor(ssls: readonly Ssl[]) {
    for (const { cert, key, snis, sni, status } of ssls) {
      const context = status === 1 ? contextOf(cert, key) : undefined;
      if (context !== undefined) {
        (snis ?? [sni ?? ""]).forEach((name) => this.#byName.set(name.toLowerCase(), context));
      }
    }
  }

  /** Of the exact name, then of the wildcard one level above; undefined, and the handshake fails. */
  find(serverName: string): SecureContext | undefined {
    const name = serverName.toLowerCase();
    const found = this.#byName.get(name) ?? this.#byName.get(`*${name.slice(Math.max(0, name.indexOf(".")))}`);
    if (found === undefined) {
      console.error(`failed to find any SSL certificate by SNI: ${serverName}`);
    }
    return found ?? this.#byName.get("*");
  }
}

/** A key that does not belong to its certificate is noticed at the first handshake only. */
function contextOf(cert: string, key: string): SecureContext | undefined {
  try {
    return createSecureContext({ cert, key, minVersion: "TLSv1.2" });
  } catch (error) {
    console.error(`failed to set a certificate: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
