import type { FinishedRequest } from "../../../sandbox/gateway/apisix/metrics/registry.js";

/** A request that went well, unless `given` says otherwise. */
export function finished(given: Partial<FinishedRequest> = {}): FinishedRequest {
  return {
    code: 200,
    route: "app_podinfo_app",
    service: "app_podinfo_0",
    matchedUri: "/*",
    matchedHost: "app.example.com",
    node: "10.244.1.2",
    source: "upstream",
    requestMs: 12,
    upstreamMs: 10,
    ingressBytes: 100,
    egressBytes: 200,
    read: (name) => (name === "upstream_status" ? "502, 200" : undefined),
    ...given,
  };
}
