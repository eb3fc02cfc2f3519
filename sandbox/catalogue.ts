// Stand-in for an image registry: which program of this machine an image name means.
import path from "node:path";
import { ensureTool, podinfo, tools } from "./tools/index.js";

/** What a container runs, with Docker's meaning of entrypoint and command. */
export interface Image {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly workingDirectory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stopSignal: "SIGTERM" | "SIGQUIT";
  /** Programs put into the container's file system: path inside to file on this machine. */
  readonly files: Readonly<Record<string, string>>;
}

const dist = path.resolve(__dirname, "..");
const plain: Image = {
  entrypoint: [],
  command: [],
  workingDirectory: "/",
  env: {},
  stopSignal: "SIGTERM",
  files: {},
};

/** A program of ours, run by the sandbox's own Node. */
function script(file: string, rest: Partial<Image> = {}): Image {
  return { ...plain, entrypoint: [process.execPath, "--enable-source-maps", path.join(dist, file)], ...rest };
}

interface Entry {
  readonly repository: RegExp;
  readonly image: (tag: string) => Image | Promise<Image>;
}

const silent = (): void => undefined;

const entries: readonly Entry[] = [
  { repository: /^(ghcr\.io\/)?stefanprodan\/podinfo$/, image: podinfoImage },
  { repository: /^ghcr\.io\/fluxcd\/flagger-loadtester$/, image: loadTesterImage },
  { repository: /^ghcr\.io\/fluxcd\/flagger$/, image: flaggerImage },
  { repository: /^((docker\.io|quay\.io)\/)?prom(etheus)?\/prometheus$/, image: prometheusImage },
  {
    repository: /^(docker\.io\/)?apache\/apisix$/,
    image: () => script("sandbox/gateway/apisix.js", { stopSignal: "SIGQUIT", workingDirectory: "/usr/local/apisix" }),
  },
  {
    repository: /^(docker\.io\/)?apache\/apisix-ingress-controller$/,
    image: () => script("sandbox/gateway/ingress-controller.js"),
  },
  { repository: /^ghcr\.io\/api7\/adc$/, image: () => script("sandbox/gateway/adc.js") },
  { repository: /^(docker\.io\/)?(library\/)?node$/, image: () => ({ ...plain, entrypoint: [process.execPath] }) },
  {
    repository: /^sandbox\/faulty$/,
    image: (tag) => script("sandbox/node/faulty-app.js", { env: { VERSION: tag } }),
  },
];

/** The program of an image; undefined where the name means nothing here, as with an image that can't be pulled. */
export async function findImage(reference: string): Promise<Image | undefined> {
  const { repository, tag } = parseReference(reference);
  const entry = entries.find((each) => each.repository.test(repository));
  return entry === undefined ? undefined : await Promise.resolve(entry.image(tag)).catch(() => undefined);
}

/** `registry:5000/name:tag@digest` -> name and tag ("latest" where there is none). */
export function parseReference(reference: string): { readonly repository: string; readonly tag: string } {
  const [named = ""] = reference.split("@");
  const colon = named.lastIndexOf(":");
  return colon > named.lastIndexOf("/")
    ? { repository: named.slice(0, colon), tag: named.slice(colon + 1) }
    : { repository: named, tag: "latest" };
}

async function podinfoImage(tag: string): Promise<Image> {
  const { file } = await ensureTool(podinfo(tag), silent);
  const command = ["./podinfo", "--port=9898"];
  return { ...plain, command, workingDirectory: "/home/app", files: { "/home/app/podinfo": file } };
}

async function loadTesterImage(): Promise<Image> {
  const [tester, hey] = await Promise.all([ensureTool(tools.loadTester, silent), ensureTool(tools.hey, silent)]);
  return {
    ...plain,
    entrypoint: ["./loadtester"],
    workingDirectory: "/home/app",
    files: { "/home/app/loadtester": tester.file, "/usr/local/bin/hey": hey.file },
  };
}

async function flaggerImage(): Promise<Image> {
  const { file } = await ensureTool(tools.flagger, silent);
  return {
    ...plain,
    entrypoint: ["./flagger"],
    workingDirectory: "/home/flagger",
    files: { "/home/flagger/flagger": file },
  };
}

async function prometheusImage(): Promise<Image> {
  const { file } = await ensureTool(tools.prometheus, silent);
  return {
    ...plain,
    entrypoint: ["prometheus"],
    command: ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"],
    workingDirectory: "/prometheus",
    files: { "/usr/local/bin/prometheus": file },
  };
}
