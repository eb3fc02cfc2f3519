// Stand-in for an image registry that can't be reached: which program of this machine an image name means.
import path from "node:path";
import { ensureTool, podinfo, tools } from "../tools/index.js";
import type { Progress, Tool } from "../tools/index.js";
import { familiarName, parseReference } from "./image.js";
import type { Account, Image, RootFiles } from "./image.js";

type MachineFiles = RootFiles & { readonly kind: "machine" };

const dist = path.resolve(__dirname, "../..");
const nodeFolder = path.dirname(path.dirname(process.execPath));
const noFiles: MachineFiles = { kind: "machine", shared: [], programs: {}, writable: [] };
const plain: Image = {
  entrypoint: [],
  command: [],
  workingDirectory: "/",
  env: {},
  user: "",
  stopSignal: "SIGTERM",
  files: noFiles,
  origin: { kind: "real program" },
};

/** Users of the real images: their programs must do with the same rights here. */
const users = {
  apisix: { name: "apisix", uid: 636, gid: 636, home: "/home/apisix" },
  app: { name: "app", uid: 100, gid: 101, home: "/home/app" },
} satisfies Readonly<Record<string, Account>>;
const nonRoot = "65532";

const nodeFiles: MachineFiles = {
  ...noFiles,
  // A Node of the system's is where every container sees it.
  shared: nodeFolder.startsWith("/usr") ? [] : [nodeFolder],
};

/** A program of ours, run by the sandbox's own Node. */
function script(file: string, rest: Partial<Image> = {}, files: Partial<MachineFiles> = {}): Image {
  const shared = [...nodeFiles.shared, dist, path.resolve(dist, "../node_modules")];
  return {
    ...plain,
    entrypoint: [process.execPath, "--enable-source-maps", path.join(dist, file)],
    files: { ...noFiles, shared, ...files },
    origin: { kind: "stand-in" },
    ...rest,
  };
}

/** An image whose program is built, or found, on this machine. */
interface Entry {
  readonly repository: string;
  /** What it needs. */
  readonly tools: (tag: string) => readonly Tool[];
  readonly image: (tag: string, files: readonly string[]) => Image;
}

const home = "/home/app";

const entries: readonly Entry[] = [
  {
    repository: "ghcr.io/stefanprodan/podinfo",
    tools: (tag) => [podinfo(tag)],
    image: (_tag, [file = ""]) => ({
      ...plain,
      command: ["./podinfo", "--port=9898"],
      workingDirectory: home,
      user: "app",
      files: { ...noFiles, programs: { [`${home}/podinfo`]: file }, writable: [home], account: users.app },
    }),
  },
  {
    repository: "ghcr.io/fluxcd/flagger-loadtester",
    tools: () => [tools.loadTester, tools.hey],
    image: (_tag, [tester = "", hey = ""]) => ({
      ...plain,
      entrypoint: ["./loadtester"],
      workingDirectory: home,
      user: "app",
      files: {
        ...noFiles,
        programs: { [`${home}/loadtester`]: tester, "/usr/local/bin/hey": hey },
        writable: [home],
        account: users.app,
      },
    }),
  },
  {
    repository: "ghcr.io/fluxcd/flagger",
    tools: () => [tools.flagger],
    image: (_tag, [file = ""]) => ({
      ...plain,
      entrypoint: ["./flagger"],
      user: "nobody",
      files: { ...noFiles, programs: { "/flagger": file } },
    }),
  },
  {
    repository: "prom/prometheus",
    tools: () => [tools.prometheus],
    image: (_tag, [file = ""]) => ({
      ...plain,
      entrypoint: ["prometheus"],
      command: ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"],
      workingDirectory: "/prometheus",
      user: "nobody",
      files: { ...noFiles, programs: { "/usr/local/bin/prometheus": file }, writable: ["/prometheus"] },
    }),
  },
  {
    repository: "apache/apisix",
    tools: () => [],
    image: () => {
      const workingDirectory = "/usr/local/apisix";
      const rest = { stopSignal: "SIGQUIT", workingDirectory, user: users.apisix.name } as const;
      return script("sandbox/gateway/apisix.js", rest, { writable: [workingDirectory], account: users.apisix });
    },
  },
  {
    repository: "apache/apisix-ingress-controller",
    tools: () => [],
    image: () => script("sandbox/gateway/ingress-controller.js", { user: nonRoot, workingDirectory: "/app" }),
  },
  { repository: "ghcr.io/api7/adc", tools: () => [], image: () => script("sandbox/gateway/adc.js") },
  {
    repository: "node",
    tools: () => [],
    image: () => ({ ...plain, entrypoint: [process.execPath], files: nodeFiles }),
  },
  {
    repository: "sandbox/faulty",
    tools: () => [],
    image: (tag) => script("sandbox/node/faulty-app.js", { env: { VERSION: tag }, user: nonRoot }),
  },
];

/** Other names of the same repositories. */
const aliases: Readonly<Record<string, string>> = {
  "stefanprodan/podinfo": "ghcr.io/stefanprodan/podinfo",
  "quay.io/prometheus/prometheus": "prom/prometheus",
};

/** An image that only this sandbox knows: no registry is asked for it. */
export function isOwn(reference: string): boolean {
  return parseReference(reference).repository.startsWith("sandbox/");
}

function entryOf(repository: string): Entry | undefined {
  const familiar = familiarName(repository);
  return entries.find((each) => each.repository === (aliases[familiar] ?? familiar));
}

/** What has to be found or made before the image can run. */
export function toolsOf(reference: string): readonly Tool[] {
  const { repository, tag } = parseReference(reference);
  return entryOf(repository)?.tools(tag) ?? [];
}

/** The program of an image; undefined where the name means nothing here. Throws where its program can't be had. */
export async function localImage(
  reference: string,
  progress: Progress = () => undefined,
  signal?: AbortSignal,
): Promise<Image | undefined> {
  const { repository, tag } = parseReference(reference);
  const entry = entryOf(repository);
  if (entry === undefined) return undefined;
  const found = await Promise.all(entry.tools(tag).map((tool) => ensureTool(tool, progress, signal)));
  return entry.image(
    tag,
    found.map(({ file }) => file),
  );
}

export const loadTesterImage = "ghcr.io/fluxcd/flagger-loadtester:0.36.0";
/** Of the benchmark alone. */
export const flaggerImage = "ghcr.io/fluxcd/flagger:1.36.1";

/** Images that the platform and the demo use, with the tags that they use. */
export const usualImages: readonly string[] = [
  "apache/apisix:3.17.0-debian",
  "apache/apisix-ingress-controller:2.2.0",
  "ghcr.io/api7/adc:0.27.1",
  "prom/prometheus:v3.16.0",
  "node:22-alpine",
  loadTesterImage,
  ...["6.0.0", "6.0.1", "6.0.2", "6.0.3", "6.0.4"].map((tag) => `ghcr.io/stefanprodan/podinfo:${tag}`),
];
