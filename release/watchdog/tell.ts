import http from "node:http";
import https from "node:https";
import type { Api } from "./api.js";
import { expectSuccess } from "./cluster.js";
import type { Release } from "./cluster.js";
import { fieldManager } from "./names.js";

const alertTimeoutMs = 5_000;

/** A Kubernetes Event on the release. */
export async function writeEvent(api: Api, release: Release, message: string, now: Date): Promise<void> {
  const { namespace, name, uid } = release;
  const time = now.toISOString().replace(/\.\d+Z$/, "Z");
  const body = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { namespace, name: `${name}.${now.getTime().toString(16)}${Math.random().toString(16).slice(2, 10)}` },
    involvedObject: { apiVersion: "apisix-canary.io/v1", kind: "CanaryRelease", namespace, name, uid },
    reason: "Synced",
    message: message.slice(0, 1024),
    type: "Warning",
    source: { component: fieldManager, host: "watchdog" },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
  expectSuccess("writing an event", await api("POST", `/api/v1/namespaces/${namespace}/events`, body));
}

/** Posts `{text, release, namespace}` to a Slack-compatible URL; follows no redirect. The URL is a secret. */
export function sendAlert(address: string, release: Release, text: string): Promise<void> {
  const url = new URL(address);
  const body = JSON.stringify({ text, release: release.name, namespace: release.namespace });
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const open = url.protocol === "https:" ? https.request : http.request;
  return new Promise((resolve, reject) => {
    const request = open(url, { method: "POST", headers }, (response) => {
      response.resume();
      clearTimeout(timer);
      const status = response.statusCode ?? 0;
      if (status >= 200 && status <= 299) resolve();
      else reject(new Error(`the alert's receiver answers ${status}`));
    });
    const timer = setTimeout(() => request.destroy(new Error("no answer")), alertTimeoutMs);
    request.on("error", () => {
      clearTimeout(timer);
      reject(new Error("the alert's receiver gives no answer"));
    });
    request.end(body);
  });
}
