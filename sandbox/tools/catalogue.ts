import { controlPlaneMain, staging } from "./control-plane-program.js";

/** One program of the sandbox: how to know it, and how to build it from Go modules. */
export interface Tool {
  readonly name: string;
  readonly version: string;
  /** Arguments that make it print its version, and what a fitting one prints. */
  readonly onPath?: { readonly args: readonly string[]; readonly fits: RegExp };
  readonly release?: Release;
  /** None: it can only be found or downloaded. */
  readonly build?: GoBuild;
  /** The program whose build this one is a part of: one file, whose name when it starts picks the part. */
  readonly partOf?: { readonly name: string; readonly version: string };
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
const etcdVersion = "3.6.8";

/** This machine in the names of releases; others than these two get a build. */
const arch = process.arch === "arm64" ? "arm64" : "amd64";

const podinfoModule = "github.com/stefanprodan/podinfo";
const flaggerModule = "github.com/fluxcd/flagger v1.36.1";

const pulumi: Tool = {
  name: "pulumi",
  version: "3.250.0",
  onPath: { args: ["version"], fits: /^v3\.250\./ },
  release: {
    url: `https://github.com/pulumi/pulumi/releases/download/v3.250.0/pulumi-v3.250.0-linux-${arch === "arm64" ? "arm64" : "x64"}.tar.gz`,
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

const controlPlaneBuild: GoBuild = {
  package: ".",
  main: controlPlaneMain,
  requires: [`k8s.io/kubernetes v${kubernetesVersion}`, `go.etcd.io/etcd/server/v3 v${etcdVersion}`],
  replaces: staging.map((module) => `k8s.io/${module} => k8s.io/${module} v0.36.0`),
  linkVariables: [
    `k8s.io/component-base/version.gitVersion=v${kubernetesVersion}`,
    "k8s.io/component-base/version.gitMajor=1",
    "k8s.io/component-base/version.gitMinor=36",
    `k8s.io/client-go/pkg/version.gitVersion=v${kubernetesVersion}`,
  ],
};

const partOf = { name: "kube", version: kubernetesVersion } as const;

function kubernetesPart(name: string, onPath: NonNullable<Tool["onPath"]>): Tool {
  const url = `https://dl.k8s.io/v${kubernetesVersion}/bin/linux/${arch}/${name}`;
  const release: Release = { url, checksum: { url: `${url}.sha256`, algorithm: "sha256" } };
  return { name, version: kubernetesVersion, onPath, release, build: controlPlaneBuild, partOf };
}

const etcdRelease = `https://github.com/etcd-io/etcd/releases/download/v${etcdVersion}`;
const etcd: Tool = {
  name: "etcd",
  version: etcdVersion,
  onPath: { args: ["--version"], fits: /etcd Version: 3\.[56]\./ },
  release: {
    url: `${etcdRelease}/etcd-v${etcdVersion}-linux-${arch}.tar.gz`,
    checksum: { url: `${etcdRelease}/SHA256SUMS`, algorithm: "sha256" },
    member: `etcd-v${etcdVersion}-linux-${arch}/etcd`,
  },
  build: controlPlaneBuild,
  partOf,
};

const ofThisMinor = { args: ["--version"], fits: /Kubernetes v1\.36\./ } as const;
const controlPlane: readonly Tool[] = [
  etcd,
  kubernetesPart("kube-apiserver", ofThisMinor),
  kubernetesPart("kube-controller-manager", ofThisMinor),
  kubernetesPart("kube-scheduler", ofThisMinor),
  // Good for one minor version to either side.
  kubernetesPart("kubectl", { args: ["version", "--client"], fits: /Client Version: v1\.3[567]\./ }),
];

const prometheus: Tool = {
  name: "prometheus",
  version: "3.16.0",
  onPath: { args: ["--version"], fits: /prometheus, version 3\./ },
  release: {
    url: `https://github.com/prometheus/prometheus/releases/download/v3.16.0/prometheus-3.16.0.linux-${arch}.tar.gz`,
    checksum: {
      url: "https://github.com/prometheus/prometheus/releases/download/v3.16.0/sha256sums.txt",
      algorithm: "sha256",
    },
    member: `prometheus-3.16.0.linux-${arch}/prometheus`,
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

const kubernetesPlugin = "https://github.com/pulumi/pulumi-kubernetes/releases/download/v4.34.0";
/** The engine's real Kubernetes provider. It can't be built from a module proxy; a stand-in does where it is missing. */
const kubernetesProvider: Tool = {
  name: "pulumi-resource-kubernetes",
  version: "4.34.0",
  onPath: { args: ["--version"], fits: /4\.34\./ },
  release: {
    url: `${kubernetesPlugin}/pulumi-resource-kubernetes-v4.34.0-linux-${arch}.tar.gz`,
    checksum: { url: `${kubernetesPlugin}/pulumi-kubernetes_4.34.0_checksums.txt`, algorithm: "sha256" },
    member: "pulumi-resource-kubernetes",
  },
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

export const tools = {
  pulumi,
  languageHost,
  controlPlane,
  prometheus,
  hey,
  loadTester,
  flagger,
  kubernetesProvider,
} as const;
