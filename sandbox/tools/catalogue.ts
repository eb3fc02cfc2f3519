import {
  craneVersion,
  etcdVersion,
  flaggerVersion,
  goModules,
  kubernetesVersion,
  podinfoModule,
  pulumiVersion,
} from "./go-modules.js";
import type { GoModules } from "./go-modules.js";

/** One program of the sandbox: how to know it, and how to build it from Go modules. */
export interface Tool {
  readonly name: string;
  readonly version: string;
  /** How one on PATH is known; absent: it isn't looked for there. */
  readonly onPath?: OnPath;
  readonly release?: Release;
  /** None: it can only be found or downloaded. */
  readonly build?: GoBuild;
  /** The program whose build this one is a part of: one file, whose name when it starts picks the part. */
  readonly partOf?: { readonly name: string; readonly version: string };
}

/** Arguments that make it print its version, and what a fitting one prints; or, of a plugin of the engine's, its version. */
export type OnPath = { readonly args: readonly string[]; readonly fits: RegExp } | { readonly pluginVersion: RegExp };

/** The project's official download, with where its checksum is published. */
export interface Release {
  readonly url: string;
  readonly checksum: { readonly url: string; readonly algorithm: "sha256" | "sha512" };
  /** Path of the program inside the archive; none: the download is the program. */
  readonly member?: string;
}

export interface GoBuild {
  readonly modules: GoModules;
  /** One of their main packages, or of their programs (`./kube`). */
  readonly package: string;
  readonly linkVariables?: readonly string[];
  /** On one processor, with everything still to be compiled; for people who wait. */
  readonly seconds: number;
}

/** This machine in the names of releases; others than these two get a build. */
const arch = process.arch === "arm64" ? "arm64" : "amd64";

const pulumiReleases = `https://github.com/pulumi/pulumi/releases/download/v${pulumiVersion}`;

/** The engine and what is beside it in its archive. */
function pulumiRelease(member: string): Release {
  const machine = arch === "arm64" ? "arm64" : "x64";
  const sums = `${pulumiReleases}/pulumi-${pulumiVersion}-checksums.txt`;
  return {
    url: `${pulumiReleases}/pulumi-v${pulumiVersion}-linux-${machine}.tar.gz`,
    checksum: { url: sums, algorithm: "sha256" },
    member: `pulumi/${member}`,
  };
}

const pulumi: Tool = {
  name: "pulumi",
  version: pulumiVersion,
  onPath: { args: ["version"], fits: /^v3\.250\./ },
  release: pulumiRelease("pulumi"),
  build: {
    modules: goModules.engine,
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    linkVariables: [`github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${pulumiVersion}`],
    seconds: 480,
  },
};

const languageHost: Tool = {
  name: "pulumi-language-nodejs",
  version: pulumiVersion,
  release: pulumiRelease("pulumi-language-nodejs"),
  build: {
    modules: goModules.languageHost,
    package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    seconds: 60,
  },
};

const controlPlaneBuild: GoBuild = {
  modules: goModules.controlPlane,
  package: "./kube",
  linkVariables: [
    `k8s.io/component-base/version.gitVersion=v${kubernetesVersion}`,
    "k8s.io/component-base/version.gitMajor=1",
    "k8s.io/component-base/version.gitMinor=36",
    `k8s.io/client-go/pkg/version.gitVersion=v${kubernetesVersion}`,
  ],
  seconds: 560,
};

const partOf = { name: "kube", version: kubernetesVersion } as const;

function kubernetesPart(name: string, onPath: OnPath): Tool {
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
    modules: goModules.prometheus,
    package: "github.com/prometheus/prometheus/cmd/prometheus",
    linkVariables: ["github.com/prometheus/common/version.Version=3.16.0"],
    seconds: 420,
  },
};

const hey: Tool = {
  name: "hey",
  version: "0.1.5",
  onPath: { args: ["--help"], fits: /hey \[options/ },
  build: { modules: goModules.hey, package: "github.com/rakyll/hey", seconds: 3 },
};

const loadTester: Tool = {
  name: "loadtester",
  version: flaggerVersion,
  build: { modules: goModules.flagger, package: "github.com/fluxcd/flagger/cmd/loadtester", seconds: 60 },
};

const flagger: Tool = {
  name: "flagger",
  version: flaggerVersion,
  build: { modules: goModules.flagger, package: "github.com/fluxcd/flagger/cmd/flagger", seconds: 150 },
};

const craneReleases = `https://github.com/google/go-containerregistry/releases/download/v${craneVersion}`;

/** Pulls images from registries. */
const crane: Tool = {
  name: "crane",
  version: craneVersion,
  onPath: { args: ["version"], fits: /^v?0\.(2[0-9]|[3-9]\d)\./ },
  release: {
    url: `${craneReleases}/go-containerregistry_Linux_${arch === "arm64" ? "arm64" : "x86_64"}.tar.gz`,
    checksum: { url: `${craneReleases}/checksums.txt`, algorithm: "sha256" },
    member: "crane",
  },
  build: { modules: goModules.crane, package: "github.com/google/go-containerregistry/cmd/crane", seconds: 20 },
};

const kubernetesPlugin = "https://github.com/pulumi/pulumi-kubernetes/releases/download/v4.34.0";
/** The engine's real Kubernetes provider. It can't be built from a module proxy; a stand-in does where it is missing. */
const kubernetesProvider: Tool = {
  name: "pulumi-resource-kubernetes",
  version: "4.34.0",
  // It has no flag that makes it tell its version.
  onPath: { pluginVersion: /^v?4\.34\./ },
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
      modules: goModules.podinfo,
      package: `${podinfoModule}/cmd/podinfo`,
      linkVariables: [`${podinfoModule}/pkg/version.VERSION=${tag}`],
      seconds: 70,
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
  crane,
  kubernetesProvider,
} as const;
