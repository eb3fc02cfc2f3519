// Stand-in for the APISIX ingress controller 2.2: hands configurations to ADC.
import { request as httpRequest } from "node:http";
import { text as readText } from "node:stream/consumers";
import { answerSchema } from "../adc/protocol.js";
import type { Answer, Task } from "../adc/protocol.js";

/** ADC's own answer should come a little after its timeout towards the gateways. */
const GRACE_MS = 2000;

/** What the controller asks of ADC. */
export interface Adc {
  /** Throws when ADC can't be reached. */
  ask(action: "sync" | "validate", task: Task): Promise<Answer>;
}

/** Asks ADC, which listens on `unix:PATH` or `http://host:port`. */
export class AdcClient implements Adc {
  readonly #socket: string | undefined;
  readonly #url: URL | undefined;

  constructor(server: string) {
    if (server.startsWith("unix:")) {
      this.#socket = server.slice("unix:".length).replace(/^\/\/(?=\/)/, "");
    } else {
      this.#url = new URL(server);
    }
  }

  async ask(action: "sync" | "validate", task: Task): Promise<Answer> {
    const body = JSON.stringify(task);
    const where =
      this.#socket === undefined ? { host: this.#url?.hostname, port: this.#url?.port } : { socketPath: this.#socket };
    const answer = await new Promise<string>((resolve, reject) => {
      const request = httpRequest(
        {
          ...where,
          method: "PUT",
          path: `/${action}`,
          headers: { "Content-Type": "application/json", "Content-Length": String(Buffer.byteLength(body)) },
        },
        (response) => {
          readText(response).then(
            (text) => {
              if (response.statusCode === 200) {
                resolve(text);
              } else {
                reject(new Error(`ADC answered ${String(response.statusCode)}: ${text}`));
              }
            },
            (error: unknown) => {
              reject(error instanceof Error ? error : new Error(String(error)));
            },
          );
        },
      );
      const timer = setTimeout(
        () => request.destroy(new Error("ADC did not answer in time")),
        task.timeoutMs + GRACE_MS,
      );
      request.on("close", () => {
        clearTimeout(timer);
      });
      request.on("error", (error) => {
        reject(new Error(`ADC can't be reached: ${error.message}`));
      });
      request.end(body);
    });
    return answerSchema.parse(JSON.parse(answer));
  }
}
