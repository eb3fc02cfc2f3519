import { controlPlaneMain, staging } from "./control-plane-program.js";

/** Go modules with one set of versions: what their programs share is compiled once. */
export interface GoModules {
  readonly name: string;
  readonly requires: readonly string[];
  readonly replaces?: readonly string[];
  readonly tags?: readonly string[];
  /** Main packages that are built of them. */
  readonly packages: readonly string[];
  /** Programs of our own: folder to source text. */
  readonly programs?: Readonly<Record<string, string>>;
}

export const kubernetesVersion = "1.36.0";
export const etcdVersion = "3.6.8";
export const pulumiVersion = "3.250.0";
export const flaggerVersion = "1.36.1";

export const podinfoModule = "github.com/stefanprodan/podinfo";

/**
 * The control plane, Prometheus and the small programs have much of what they consist of in common, and each would bring
 * its own version of it.
 */
export const common: GoModules = {
  name: "sandbox",
  requires: [
    `k8s.io/kubernetes v${kubernetesVersion}`,
    `go.etcd.io/etcd/server/v3 v${etcdVersion}`,
    "github.com/prometheus/prometheus v0.316.0",
    `${podinfoModule} v1.8.1-0.20250910200901-e86405a8674e`,
    "github.com/rakyll/hey v0.1.5",
    `github.com/fluxcd/flagger v${flaggerVersion}`,
    "github.com/google/go-containerregistry v0.20.7",
    // Older ones still hold packages that have become modules of their own.
    "cloud.google.com/go v0.123.0",
  ],
  replaces: staging.map((module) => `k8s.io/${module} => k8s.io/${module} v0.36.0`),
  tags: ["netgo", "grpcnotrace", "remove_all_sd", "enable_kubernetes_sd"],
  packages: [
    "github.com/prometheus/prometheus/cmd/prometheus",
    `${podinfoModule}/cmd/podinfo`,
    "github.com/rakyll/hey",
    "github.com/fluxcd/flagger/cmd/loadtester",
    "github.com/google/go-containerregistry/cmd/crane",
  ],
  programs: { kube: controlPlaneMain },
};

/** The engine can't do with the versions that Prometheus needs. */
export const engine: GoModules = {
  name: "engine",
  requires: [`github.com/pulumi/pulumi/pkg/v3 v${pulumiVersion}`],
  // The version that its own go.mod replaces it with.
  replaces: ["github.com/atotto/clipboard => github.com/tgummerer/clipboard v0.0.0-20241001131231-d02d263e614e"],
  tags: ["grpcnotrace"],
  packages: ["github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"],
};

/** The last module of the SDK with the language host inside; it works with the engine of today. */
export const languageHost: GoModules = {
  name: "language-host",
  requires: ["github.com/pulumi/pulumi/sdk/v3 v3.68.0"],
  packages: ["github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"],
};

/** Flagger itself speaks to an older Kubernetes than the others. */
export const flagger: GoModules = {
  name: "flagger",
  requires: [`github.com/fluxcd/flagger v${flaggerVersion}`],
  packages: ["github.com/fluxcd/flagger/cmd/flagger"],
};
