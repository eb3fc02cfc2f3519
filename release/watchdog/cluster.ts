import type { Phase } from "../model/index.js";
import type { Answer, Api } from "./api.js";
import type { Look } from "./decide.js";
import { at, listAt, numberAt, textAt } from "./json.js";
import { abortAnnotation, fenceAnnotation, releasesPath } from "./names.js";

/** One CanaryRelease, as far as the watchdog reads it. */
export interface Release {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  readonly deployment: string;
  readonly service: string;
  readonly routeName: string;
  readonly status: unknown;
  readonly abort: string | undefined;
}

export interface Lease {
  readonly holder: string | undefined;
  readonly version: string;
  readonly durationSeconds: number;
  readonly transitions: number;
}

/** An answer that is no success, as an error in one line. */
export class RefusedError extends Error {
  constructor(
    what: string,
    readonly status: number,
    body: unknown,
  ) {
    super(`${what}: the API server answers ${status}: ${(textAt(body, "message") ?? "").slice(0, 200)}`);
    this.name = "RefusedError";
  }
}

/** The body of a success; throws RefusedError otherwise. */
export function expectSuccess(what: string, answer: Answer): unknown {
  if (answer.status < 200 || answer.status > 299) throw new RefusedError(what, answer.status, answer.body);
  return answer.body;
}

/** All releases of a namespace, or of the whole cluster. */
export async function listReleases(api: Api, namespace: string | undefined): Promise<readonly Release[]> {
  const where = namespace === undefined ? "" : `/namespaces/${namespace}`;
  const answer = await api("GET", `${releasesPath}${where}/canaryreleases`);
  // No such kind yet: the platform is being installed.
  if (answer.status === 404) return [];
  return listAt(expectSuccess("listing canaryreleases", answer), "items").flatMap((item) => releaseOf(item) ?? []);
}

export function releasePath({ namespace, name }: Pick<Release, "namespace" | "name">): string {
  return `${releasesPath}/namespaces/${namespace}/canaryreleases/${name}`;
}

export async function readRelease(api: Api, release: Release): Promise<Release | undefined> {
  const answer = await api("GET", releasePath(release));
  return answer.status === 404 ? undefined : releaseOf(expectSuccess("reading the release", answer));
}

function releaseOf(item: unknown): Release | undefined {
  const name = textAt(item, "metadata", "name");
  const namespace = textAt(item, "metadata", "namespace");
  const uid = textAt(item, "metadata", "uid");
  if (name === undefined || namespace === undefined || uid === undefined) return undefined;
  return {
    uid,
    namespace,
    name,
    resourceVersion: textAt(item, "metadata", "resourceVersion") ?? "",
    deployment: textAt(item, "spec", "targetRef", "name") ?? name,
    service: textAt(item, "spec", "service", "name") ?? name,
    routeName: textAt(item, "status", "routeName") ?? textAt(item, "spec", "routeRef", "name") ?? "",
    status: at(item, "status"),
    abort: textAt(item, "metadata", "annotations", abortAnnotation),
  };
}

export function leasePath({ namespace, name }: Pick<Release, "namespace" | "name">): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/apisix-canary-${name}`;
}

export async function readLease(api: Api, path: string): Promise<Lease | undefined> {
  const answer = await api("GET", path);
  if (answer.status === 404) return undefined;
  const lease = expectSuccess("reading a lease", answer);
  const holder = textAt(lease, "spec", "holderIdentity");
  return {
    holder: holder === "" ? undefined : holder,
    version: textAt(lease, "metadata", "resourceVersion") ?? "",
    durationSeconds: numberAt(lease, "spec", "leaseDurationSeconds") ?? 15,
    transitions: numberAt(lease, "spec", "leaseTransitions") ?? 0,
  };
}

const phases: ReadonlySet<string> = new Set<Phase>([
  "Initializing",
  "Initialized",
  "Waiting",
  "Progressing",
  "WaitingPromotion",
  "Promoting",
  "Finalising",
  "Succeeded",
  "Failed",
  "Terminating",
]);

function isPhase(text: string | undefined): text is Phase {
  return text !== undefined && phases.has(text);
}

/** What there is to decide about; undefined for a release that never ran. */
export function lookAt(release: Release, lease: Lease | undefined): Look | undefined {
  const { status, abort } = release;
  const phase = textAt(status, "phase");
  if (!isPhase(phase)) return undefined;
  return {
    phase,
    canaryWeight: numberAt(status, "canaryWeight") ?? 0,
    revision: textAt(status, "revision") ?? "",
    fence: numberAt(status, "fence") ?? 0,
    heartbeat: `${textAt(status, "heartbeat", "holder") ?? ""} ${numberAt(status, "heartbeat", "beat") ?? 0}`,
    handoverDeadline: textAt(status, "handoverDeadline") ?? "",
    handoverSeconds: numberAt(status, "handoverSeconds") ?? 0,
    // A promotion whose new pods fail keeps its split and says so: no earlier revision is left to return to.
    leftToPeople: phase === "Promoting" && (textAt(status, "message") ?? "").includes("traffic stays split"),
    abort,
    lease,
  };
}

/** Only a release that may be under way costs a look at its Lease. */
export function mayBeUnderWay({ status }: Release): boolean {
  const idle = ["Initializing", "Initialized", "Succeeded", "Failed", "Terminating"];
  const phase = textAt(status, "phase");
  return phase !== undefined && (!idle.includes(phase) || (numberAt(status, "canaryWeight") ?? 0) > 0);
}

export function fenceOf(route: unknown): number {
  const text = textAt(route, "metadata", "annotations", fenceAnnotation) ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}
