import { controlPlaneMain, staging } from "./control-plane-program.js";

/**
 * Go modules with one set of versions. Each program keeps those that it was released with: together they would be
 * compiled faster, but no set of versions suits all of them.
 */
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
export const craneVersion = "0.20.7";

export const podinfoModule = "github.com/stefanprodan/podinfo";

export const goModules = {
  controlPlane: {
    name: "kube",
    requires: [`k8s.io/kubernetes v${kubernetesVersion}`, `go.etcd.io/etcd/server/v3 v${etcdVersion}`],
    replaces: staging.map((module) => `k8s.io/${module} => k8s.io/${module} v0.36.0`),
    packages: [],
    programs: { kube: controlPlaneMain },
  },
  engine: {
    name: "pulumi",
    requires: [`github.com/pulumi/pulumi/pkg/v3 v${pulumiVersion}`],
    // The version that its own go.mod replaces it with.
    replaces: ["github.com/atotto/clipboard => github.com/tgummerer/clipboard v0.0.0-20241001131231-d02d263e614e"],
    packages: ["github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"],
  },
  /** The last module of the SDK with the language host inside; it works with the engine of today. */
  languageHost: {
    name: "pulumi-language-nodejs",
    requires: ["github.com/pulumi/pulumi/sdk/v3 v3.68.0"],
    packages: ["github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"],
  },
  prometheus: {
    name: "prometheus",
    requires: ["github.com/prometheus/prometheus v0.316.0"],
    tags: ["netgo", "remove_all_sd", "enable_kubernetes_sd"],
    packages: ["github.com/prometheus/prometheus/cmd/prometheus"],
  },
  podinfo: {
    name: "podinfo",
    requires: [`${podinfoModule} v1.8.1-0.20250910200901-e86405a8674e`],
    packages: [`${podinfoModule}/cmd/podinfo`],
  },
  hey: { name: "hey", requires: ["github.com/rakyll/hey v0.1.5"], packages: ["github.com/rakyll/hey"] },
  flagger: {
    name: "flagger",
    requires: [`github.com/fluxcd/flagger v${flaggerVersion}`],
    packages: ["github.com/fluxcd/flagger/cmd/loadtester", "github.com/fluxcd/flagger/cmd/flagger"],
  },
  crane: {
    name: "crane",
    requires: [`github.com/google/go-containerregistry v${craneVersion}`],
    packages: ["github.com/google/go-containerregistry/cmd/crane"],
  },
} as const satisfies Readonly<Record<string, GoModules>>;
