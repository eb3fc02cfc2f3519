/** One program of the sandbox: how to know it, and how to build it from Go modules. */
export interface Tool {
  readonly name: string;
  readonly version: string;
  /** Arguments that make it print its version, and what a fitting one prints. */
  readonly onPath?: { readonly args: readonly string[]; readonly fits: RegExp };
  readonly release?: Release;
  readonly build: GoBuild;
}

/** The project's official download, with where its checksum is published. */
export interface Release {
  readonly url: string;
  readonly checksum: { readonly url: string; readonly algorithm: "sha256" | "sha512" };
  /** Path of the program inside the archive; none: the download is the program. */
  readonly member?: string;
}

export interface GoBuild {
  readonly package: string;
  readonly requires: readonly string[];
  readonly replaces?: readonly string[];
  readonly tags?: readonly string[];
  readonly linkVariables?: readonly string[];
  /** A program of our own instead of `package`. */
  readonly main?: string;
}

const kubernetesVersion = "1.36.0";

/** Staging modules of Kubernetes, which its own go.mod names without a version. */
const staging = [
  "api",
  "apiextensions-apiserver",
  "apimachinery",
  "apiserver",
  "cli-runtime",
  "client-go",
  "cloud-provider",
  "cluster-bootstrap",
  "code-generator",
  "component-base",
  "component-helpers",
  "controller-manager",
  "cri-api",
  "cri-client",
  "cri-streaming",
  "csi-translation-lib",
  "dynamic-resource-allocation",
  "endpointslice",
  "externaljwt",
  "kms",
  "kube-aggregator",
  "kube-controller-manager",
  "kube-proxy",
  "kube-scheduler",
  "kubectl",
  "kubelet",
  "metrics",
  "mount-utils",
  "pod-security-admission",
  "sample-apiserver",
  "sample-cli-plugin",
  "sample-controller",
  "streaming",
] as const;

/** The control plane as one program: its name picks the part, so that everything shared is linked once. */
const controlPlaneMain = `package main

import (
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectlcmd "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	cm "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	sched "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

func main() {
	name := filepath.Base(os.Args[0])
	switch name {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(cm.NewControllerManagerCommand()))
	case "kube-scheduler":
		os.Exit(cli.Run(sched.NewSchedulerCommand()))
	case "kubectl":
		os.Exit(cli.Run(kubectlcmd.NewDefaultKubectlCommand()))
	default:
		fmt.Fprintln(os.Stderr, "unknown program", name)
		os.Exit(2)
	}
}
`;

const podinfoModule = "github.com/stefanprodan/podinfo";
const flaggerModule = "github.com/fluxcd/flagger v1.36.1";

const pulumi: Tool = {
  name: "pulumi",
  version: "3.250.0",
  onPath: { args: ["version"], fits: /^v3\.250\./ },
  release: {
    url: "https://github.com/pulumi/pulumi/releases/download/v3.250.0/pulumi-v3.250.0-linux-x64.tar.gz",
    checksum: {
      url: "https://github.com/pulumi/pulumi/releases/download/v3.250.0/pulumi-3.250.0-checksums.txt",
      algorithm: "sha256",
    },
    member: "pulumi/pulumi",
  },
  build: {
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    requires: ["github.com/pulumi/pulumi/pkg/v3 v3.250.0"],
    // The version that the engine's own go.mod replaces it with.
    replaces: ["github.com/atotto/clipboard => github.com/tgummerer/clipboard v0.0.0-20241001131231-d02d263e614e"],
    linkVariables: ["github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.250.0"],
  },
};

const languageHost: Tool = {
  name: "pulumi-language-nodejs",
  version: "3.68.0",
  // The last SDK module with the host inside; it works with the engine above.
  build: {
    package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    requires: ["github.com/pulumi/pulumi/sdk/v3 v3.68.0"],
  },
};

const controlPlane: Tool = {
  name: "kube",
  version: kubernetesVersion,
  build: {
    package: ".",
    main: controlPlaneMain,
    requires: [`k8s.io/kubernetes v${kubernetesVersion}`, "go.etcd.io/etcd/server/v3 v3.6.8"],
    replaces: staging.map((module) => `k8s.io/${module} => k8s.io/${module} v0.36.0`),
    linkVariables: [
      `k8s.io/component-base/version.gitVersion=v${kubernetesVersion}`,
      "k8s.io/component-base/version.gitMajor=1",
      "k8s.io/component-base/version.gitMinor=36",
      `k8s.io/client-go/pkg/version.gitVersion=v${kubernetesVersion}`,
    ],
  },
};

const prometheus: Tool = {
  name: "prometheus",
  version: "3.16.0",
  onPath: { args: ["--version"], fits: /prometheus, version 3\./ },
  release: {
    url: "https://github.com/prometheus/prometheus/releases/download/v3.16.0/prometheus-3.16.0.linux-amd64.tar.gz",
    checksum: {
      url: "https://github.com/prometheus/prometheus/releases/download/v3.16.0/sha256sums.txt",
      algorithm: "sha256",
    },
    member: "prometheus-3.16.0.linux-amd64/prometheus",
  },
  build: {
    package: "github.com/prometheus/prometheus/cmd/prometheus",
    requires: ["github.com/prometheus/prometheus v0.316.0"],
    tags: ["netgo", "remove_all_sd", "enable_kubernetes_sd"],
    linkVariables: ["github.com/prometheus/common/version.Version=3.16.0"],
  },
};

const hey: Tool = {
  name: "hey",
  version: "0.1.5",
  onPath: { args: ["--help"], fits: /hey \[options/ },
  build: { package: "github.com/rakyll/hey", requires: ["github.com/rakyll/hey v0.1.5"] },
};

const loadTester: Tool = {
  name: "loadtester",
  version: "1.36.1",
  build: { package: "github.com/fluxcd/flagger/cmd/loadtester", requires: [flaggerModule] },
};

const flagger: Tool = {
  name: "flagger",
  version: "1.36.1",
  build: { package: "github.com/fluxcd/flagger/cmd/flagger", requires: [flaggerModule] },
};

/** podinfo as if it were released under that tag: its answers carry it. */
export function podinfo(tag: string): Tool {
  if (!/^\d+\.\d+\.\d+$/.test(tag)) throw new Error(`podinfo:${tag} is not a version like 6.0.1`);
  return {
    name: "podinfo",
    version: tag,
    build: {
      package: `${podinfoModule}/cmd/podinfo`,
      requires: [`${podinfoModule} v1.8.1-0.20250910200901-e86405a8674e`],
      linkVariables: [`${podinfoModule}/pkg/version.VERSION=${tag}`],
    },
  };
}

export const tools = { pulumi, languageHost, controlPlane, prometheus, hey, loadTester, flagger } as const;
