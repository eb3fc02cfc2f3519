import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import https from "node:https";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { addresses } from "./network.js";
import type { Children } from "./children.js";

/** Who may speak to the API server from this machine, each with a token of its own. */
const users = {
  admin: ["kubernetes-admin", "system:masters"],
  controllers: ["system:kube-controller-manager", ""],
  scheduler: ["system:kube-scheduler", ""],
} as const;
type User = keyof typeof users;

interface Files {
  readonly folder: string;
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
  readonly tokens: string;
  /** The API server signs its own certificate and leaves it here, with the authority at its end. */
  readonly certificate: string;
}

export interface ControlPlane {
  readonly kubeconfigOf: (user: User) => string;
  readonly certificate: string;
}

const serviceAccountIssuer = "https://kubernetes.default.svc";
const readyMs = 60_000;

/** Starts etcd, API server, controllers and scheduler; resolves when the API server is ready. */
export async function startControlPlane(stateFolder: string, children: Children): Promise<ControlPlane> {
  const files = prepareFiles(stateFolder);
  const tokens = writeTokens(files);
  children.start("etcd", ["etcd", ...etcdFlags(path.join(stateFolder, "etcd"))]);
  children.start("kube-apiserver", ["kube-apiserver", ...apiServerFlags(files)]);
  await untilReady(files, tokens.admin);
  const authority = readFileSync(files.certificate).toString("base64");
  const kubeconfigOf = (user: User): string => kubeconfig(authority, user, tokens[user]);
  const write = (user: User): string => {
    const file = path.join(files.folder, `${user}.kubeconfig`);
    writeFileSync(file, kubeconfigOf(user), { mode: 0o600 });
    return file;
  };
  children.start("kube-controller-manager", [
    "kube-controller-manager",
    ...controllerFlags(files, write("controllers")),
  ]);
  children.start("kube-scheduler", ["kube-scheduler", ...schedulerFlags(write("scheduler"))]);
  return { kubeconfigOf, certificate: files.certificate };
}

function prepareFiles(stateFolder: string): Files {
  const folder = path.join(stateFolder, "pki");
  mkdirSync(folder, { recursive: true });
  const files = {
    folder,
    serviceAccountKey: path.join(folder, "service-accounts.key"),
    serviceAccountPublicKey: path.join(folder, "service-accounts.pub"),
    tokens: path.join(folder, "tokens.csv"),
    certificate: path.join(folder, "apiserver.crt"),
  };
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  writeFileSync(files.serviceAccountKey, privateKey, { mode: 0o600 });
  writeFileSync(files.serviceAccountPublicKey, publicKey);
  return files;
}

function writeTokens(files: Files): Record<User, string> {
  const token = (): string => randomBytes(16).toString("hex");
  const tokens = { admin: token(), controllers: token(), scheduler: token() };
  const line = (user: User): string => {
    const [name, group] = users[user];
    return `${tokens[user]},${name},${name}${group === "" ? "" : `,"${group}"`}`;
  };
  const lines = [line("admin"), line("controllers"), line("scheduler")];
  writeFileSync(files.tokens, `${lines.join("\n")}\n`, { mode: 0o600 });
  return tokens;
}

function etcdFlags(dataFolder: string): readonly string[] {
  return [
    `--data-dir=${dataFolder}`,
    "--listen-client-urls=http://127.0.0.1:2379",
    "--advertise-client-urls=http://127.0.0.1:2379",
    "--listen-peer-urls=http://127.0.0.1:2380",
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
}

function apiServerFlags(files: Files): readonly string[] {
  return [
    "--etcd-servers=http://127.0.0.1:2379",
    `--service-cluster-ip-range=${addresses.serviceRange}`,
    `--advertise-address=${addresses.host}`,
    "--bind-address=0.0.0.0",
    `--secure-port=${addresses.apiPort}`,
    `--cert-dir=${files.folder}`,
    "--authorization-mode=RBAC",
    `--token-auth-file=${files.tokens}`,
    `--service-account-issuer=${serviceAccountIssuer}`,
    `--service-account-key-file=${files.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    "--kubelet-preferred-address-types=InternalIP",
    "--allow-privileged=true",
  ];
}

function controllerFlags(files: Files, kubeconfigFile: string): readonly string[] {
  return [
    `--kubeconfig=${kubeconfigFile}`,
    `--authentication-kubeconfig=${kubeconfigFile}`,
    `--authorization-kubeconfig=${kubeconfigFile}`,
    `--root-ca-file=${files.certificate}`,
    `--service-account-private-key-file=${files.serviceAccountKey}`,
    `--cert-dir=${files.folder}/controllers`,
    "--use-service-account-credentials=true",
    // As everywhere: after a while without API server they end and begin anew. Those that lived on would take every
    // node for lost in the moment the API server is back, and all pods out of their Services.
    "--leader-elect=true",
    "--controllers=*",
    "--horizontal-pod-autoscaler-sync-period=5s",
    // Terminated pods' endpoints leave at once instead of in batches.
    "--endpointslice-updates-batch-period=0s",
    "--kube-api-qps=200",
    "--kube-api-burst=400",
  ];
}

function schedulerFlags(kubeconfigFile: string): readonly string[] {
  return [
    `--kubeconfig=${kubeconfigFile}`,
    `--authentication-kubeconfig=${kubeconfigFile}`,
    `--authorization-kubeconfig=${kubeconfigFile}`,
    "--leader-elect=true",
    "--kube-api-qps=200",
    "--kube-api-burst=400",
  ];
}

async function untilReady(files: Files, token: string): Promise<void> {
  const deadline = performance.now() + readyMs;
  while (performance.now() < deadline) {
    if (existsSync(files.certificate) && (await isReady(readFileSync(files.certificate, "utf8"), token))) return;
    await pause(100);
  }
  throw new Error(`the API server was not ready after ${readyMs / 1000}s; see logs/kube-apiserver.log`);
}

function isReady(ca: string, token: string): Promise<boolean> {
  return new Promise((resolve) => {
    const options = {
      host: "127.0.0.1",
      port: addresses.apiPort,
      path: "/readyz",
      ca,
      headers: { authorization: `Bearer ${token}` },
    };
    const request = https.get({ ...options, servername: "kubernetes.default.svc", timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
  });
}

function kubeconfig(authority: string, user: User, token: string): string {
  const server = `https://127.0.0.1:${addresses.apiPort}`;
  // The certificate that the API server makes for itself names its Service, whatever address it is reached by.
  const cluster = { server, "certificate-authority-data": authority, "tls-server-name": "kubernetes.default.svc" };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "sandbox", cluster }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: "sandbox", context: { cluster: "sandbox", user } }],
    "current-context": "sandbox",
  });
}
