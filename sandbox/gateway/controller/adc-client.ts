// Stand-in for the APISIX ingress controller 2.2: sends requests to ADC.
import { request as httpRequest } from "node:http";
import { text as readText } from "node:stream/consumers";
import type { Input } from "../adc/protocol.js";

/** What ADC answered. */
export interface AdcAnswer {
  readonly status: number;
  readonly body: string;
}

/** ADC. */
export interface Adc {
  /** Throws when there is no answer in time, or no ADC. */
  ask(action: "sync" | "validate", input: Input): Promise<AdcAnswer>;
}

/** Asks ADC, which listens on `unix:PATH` or `http://host:port`. */
export class AdcClient implements Adc {
  readonly #where: { readonly socketPath: string } | { readonly host: string; readonly port: string };
  readonly #address: string;
  readonly #timeoutMs: number;

  /** `timeoutMs` is the controller's `exec_adc_timeout`: one gateway that does not answer holds a push for so long. */
  constructor(server: string, timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    if (server.startsWith("unix:")) {
      this.#where = { socketPath: server.slice("unix:".length).replace(/^\/\/(?=\/)/, "") };
      this.#address = "http://unix";
    } else {
      const url = new URL(server);
      this.#where = { host: url.hostname, port: url.port };
      this.#address = server;
    }
  }

  ask(action: "sync" | "validate", input: Input): Promise<AdcAnswer> {
    const body = JSON.stringify(input);
    const failure = (why: string): Error =>
      new Error(`failed to send HTTP request: Put "${this.#address}/${action}": ${why}`);
    return new Promise((resolve, reject) => {
      const headers = { "Content-Type": "application/json", "Content-Length": String(Buffer.byteLength(body)) };
      const request = httpRequest({ ...this.#where, method: "PUT", path: `/${action}`, headers }, (response) => {
        readText(response).then(
          (text) => {
            resolve({ status: response.statusCode ?? 0, body: text });
          },
          (error: unknown) => {
            reject(failure(error instanceof Error ? error.message : String(error)));
          },
        );
      });
      const timer = setTimeout(() => request.destroy(new Error("context deadline exceeded")), this.#timeoutMs);
      request.on("close", () => {
        clearTimeout(timer);
      });
      request.on("error", (error) => {
        reject(failure(error.message));
      });
      request.end(body);
    });
  }
}
