import type * as k8s from "@pulumi/kubernetes";

type PodSecurity = k8s.types.input.core.v1.PodSecurityContext;
type ContainerSecurity = k8s.types.input.core.v1.SecurityContext;

/** Pod half of the Restricted Pod Security Standard. */
export function restrictedPod(user: number): PodSecurity {
  return {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: user,
    fsGroup: user,
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** Container half of the Restricted Pod Security Standard. */
export function restrictedContainer(readOnlyRootFilesystem = true): ContainerSecurity {
  return { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, readOnlyRootFilesystem };
}

/** Labels of an object of ours; `app` is what selectors use. */
export function labelsOf(app: string): Record<string, string> {
  return { app, "app.kubernetes.io/name": app, "app.kubernetes.io/managed-by": "pulumi-apisix-canary" };
}

/** What Prometheus looks for on pods, as in the article. */
export function scrapeAnnotations(port: number, path: string): Record<string, string> {
  return { "prometheus.io/scrape": "true", "prometheus.io/port": String(port), "prometheus.io/path": path };
}
