// Stand-in for ADC 0.27: talks to the admin APIs of gateways.
import { createHash } from "node:crypto";
import { Agent, request as httpRequest } from "node:http";
import { text as readText } from "node:stream/consumers";
import type { Answer, Outcome, Task } from "./protocol.js";

const agent = new Agent({ keepAlive: true, timeout: 30_000 });

/** Puts the configuration into every gateway: all at once, or one after the other. */
export async function syncAll(task: Task, parallel: boolean): Promise<Answer> {
  const body = JSON.stringify(task.config);
  const digest = createHash("sha1").update(body).digest("hex");
  const one = async (server: string): Promise<Answer["results"][number]> => ({
    server,
    outcome: await send("PUT", `${server}/apisix/admin/configs`, task, body, { "X-Digest": digest }),
  });
  if (parallel) {
    return { results: await Promise.all(task.servers.map(one)) };
  }
  const results: Answer["results"] = [];
  for (const server of task.servers) {
    results.push(await one(server));
  }
  return { results };
}

/** Asks one gateway after the other until one can say whether it would take the configuration. */
export async function validate(task: Task): Promise<Answer> {
  const body = JSON.stringify(task.config);
  const results: Answer["results"] = [];
  for (const server of task.servers) {
    const outcome = await send("POST", `${server}/apisix/admin/configs/validate`, task, body, {});
    results.push({ server, outcome });
    if (outcome.kind !== "unreachable") {
      break;
    }
  }
  return { results };
}

async function send(
  method: string,
  url: string,
  task: Task,
  body: string,
  headers: Record<string, string>,
): Promise<Outcome> {
  const first = await sendOnce(method, url, task, body, headers);
  // A kept-alive connection to a gateway that has restarted meanwhile fails once; the second try opens a new one.
  const outcome = first === "stale" ? await sendOnce(method, url, task, body, headers) : first;
  return outcome === "stale" ? { kind: "unreachable", message: "connection closed" } : outcome;
}

function sendOnce(
  method: string,
  url: string,
  task: Task,
  body: string,
  headers: Record<string, string>,
): Promise<Outcome | "stale"> {
  return new Promise((resolve) => {
    const request = httpRequest(url, {
      method,
      agent,
      headers: {
        "X-API-KEY": task.token,
        "Content-Type": "application/json",
        "Content-Length": String(Buffer.byteLength(body)),
        ...headers,
      },
    });
    const timer = setTimeout(() => {
      request.destroy(new Error(`timeout of ${String(task.timeoutMs)}ms exceeded`));
    }, task.timeoutMs);
    request.on("response", (response) => {
      readText(response).then(
        (answer) => {
          resolve(outcomeOf(response.statusCode ?? 0, answer));
        },
        (error: unknown) => {
          resolve({ kind: "unreachable", message: String(error) });
        },
      );
    });
    request.on("error", (error) => {
      const reset = request.reusedSocket && "code" in error && error.code === "ECONNRESET";
      resolve(reset ? "stale" : { kind: "unreachable", message: error.message });
    });
    request.on("close", () => {
      clearTimeout(timer);
    });
    request.end(body);
  });
}

function outcomeOf(status: number, answer: string): Outcome {
  if (status >= 200 && status < 300) {
    return { kind: "accepted", changed: status !== 204 };
  }
  const message = `${String(status)}: ${answer.trim()}`;
  return status >= 400 && status < 500 ? { kind: "refused", status, message } : { kind: "unreachable", message };
}
