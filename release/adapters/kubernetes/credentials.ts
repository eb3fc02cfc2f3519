import { existsSync } from "node:fs";
import http from "node:http";
import type https from "node:https";
import type { KubeConfig } from "../../../bundled/kubeconfig.js";
import { quote } from "../http/index.js";
import type { TlsOptions } from "../http/index.js";

/** Where the API server is and what proves who we are. */
export interface Access {
  readonly server: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsOptions;
  /** Only where the kubeconfig names a proxy. */
  readonly agent: http.Agent | undefined;
}

export interface KubeconfigSource {
  /** Content or path. Default: KUBECONFIG, ~/.kube/config, then the pod's service account. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** Of the kubeconfig, in place of the context's own. */
  readonly cluster?: string | undefined;
}

/** Credentials that a plugin or a token file renews are read again after this time. */
const freshMs = 10_000;

/**
 * Access to one API server, loaded at the first use and kept fresh.
 * @returns a function that throws a one-line Error, without any content of the kubeconfig, where there is none.
 */
export function createAccess(source: KubeconfigSource): () => Promise<Access> {
  let config: Promise<KubeConfig> | undefined;
  let cached: { readonly untilMs: number; readonly access: Promise<Access> } | undefined;
  const read = async (): Promise<Access> => accessOf(await (config ??= load(source)));
  return () => {
    if (cached !== undefined && performance.now() < cached.untilMs) return cached.access;
    const access = read();
    cached = { untilMs: performance.now() + freshMs, access };
    access.catch(() => (cached = config = undefined));
    return access;
  };
}

/** Namespace of the kubeconfig's context; `default` where it names none. */
export async function defaultNamespace(source: KubeconfigSource): Promise<string> {
  const config = await load(source);
  return config.getContextObject(config.getCurrentContext())?.namespace ?? "default";
}

/** Contexts of the kubeconfig, by their names. */
export async function contextNames({ kubeconfig }: KubeconfigSource): Promise<readonly string[]> {
  return (await load({ kubeconfig })).getContexts().map(({ name }) => name);
}

async function load(source: KubeconfigSource): Promise<KubeConfig> {
  // The library takes half a second to load: only a process that asks the cluster pays for it.
  const { KubeConfig } = await import("../../../bundled/kubeconfig.js");
  const config = new KubeConfig();
  const { kubeconfig, context, cluster } = source;
  if (kubeconfig === undefined) loadDefault(config);
  else if (isContent(kubeconfig)) parse(() => config.loadFromString(kubeconfig), "the kubeconfig given");
  else loadFile(config, kubeconfig);
  if (context !== undefined) choose(config, context);
  if (cluster !== undefined) chooseCluster(config, cluster);
  if (config.getCurrentCluster() === null)
    throw new Error(`the kubeconfig's context "${quote(config.getCurrentContext() ?? "")}" names no known cluster`);
  return config;
}

function loadDefault(config: KubeConfig): void {
  const fromVariable = (process.env["KUBECONFIG"] ?? "") !== "";
  const inPod = process.env["KUBERNETES_SERVICE_HOST"] !== undefined;
  const home = `${process.env["HOME"] ?? ""}/.kube/config`;
  if (!fromVariable && !existsSync(home) && !inPod)
    throw new Error("no cluster: set KUBECONFIG, give kubeconfig to the release, or run `kubectl config` first");
  if (!fromVariable && !existsSync(home)) config.loadFromCluster();
  else parse(() => config.loadFromDefault(), fromVariable ? "KUBECONFIG" : home);
}

function loadFile(config: KubeConfig, path: string): void {
  const expanded = path.replace(/^~(?=\/)/, process.env["HOME"] ?? "~");
  if (!existsSync(expanded)) throw new Error(`kubeconfig: there is no file ${quote(expanded, 200)}`);
  parse(() => config.loadFromFile(expanded), `kubeconfig ${quote(expanded, 200)}`);
}

/** A parser's own message quotes the text it could not read, and that text holds keys. */
function parse(read: () => void, what: string): void {
  try {
    read();
  } catch {
    throw new Error(`${what} can't be read as a kubeconfig`);
  }
}

function isContent(text: string): boolean {
  return text.includes("\n") || text.trimStart().startsWith("{");
}

function choose(config: KubeConfig, context: string): void {
  const names = config.getContexts().map(({ name }) => name);
  if (!names.includes(context))
    throw new Error(
      `the kubeconfig has no context "${quote(context)}"; it has: ${quote(names.join(", ") || "none", 200)}`,
    );
  config.setCurrentContext(context);
}

function chooseCluster(config: KubeConfig, cluster: string): void {
  const names = config.getClusters().map(({ name }) => name);
  if (!names.includes(cluster))
    throw new Error(
      `the kubeconfig has no cluster "${quote(cluster)}"; it has: ${quote(names.join(", ") || "none", 200)}`,
    );
  const current = config.getCurrentContext();
  config.contexts = config.contexts.map((each) => (each.name === current ? { ...each, cluster } : each));
}

async function accessOf(config: KubeConfig): Promise<Access> {
  const cluster = config.getCurrentCluster();
  if (cluster?.server.startsWith("http:") === true && !cluster.skipTLSVerify)
    throw new Error(
      "the kubeconfig's server is plain http: use https, or set insecure-skip-tls-verify: true on it if that is meant",
    );
  const options: https.RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch {
    throw new Error("the kubeconfig's credentials can't be used: check its user, its files and its login command");
  }
  return {
    server: serverOf(cluster?.server ?? ""),
    headers: { ...headersOf(options), ...basicAuth(options.auth ?? undefined) },
    tls: tlsOf(options),
    agent: cluster?.proxyUrl !== undefined && options.agent instanceof http.Agent ? options.agent : undefined,
  };
}

function serverOf(text: string): URL {
  if (!URL.canParse(text)) throw new Error("the kubeconfig's server is not a URL");
  return new URL(text);
}

function headersOf(options: http.RequestOptions): Record<string, string> {
  const headers = options.headers ?? {};
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

function basicAuth(auth: string | undefined): Record<string, string> {
  return auth === undefined ? {} : { authorization: `Basic ${Buffer.from(auth).toString("base64")}` };
}

/** Only what is set: an undefined `rejectUnauthorized` would be taken for false. */
function tlsOf(options: https.RequestOptions): TlsOptions {
  const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized } = options;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(pfx === undefined ? {} : { pfx }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
}
