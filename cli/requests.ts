import { annotations } from "../release/model/index.js";
import { isUnderWay } from "../release/model/index.js";
import type { Command } from "../release/model/index.js";
import type { Releases, ReleaseView } from "./releases.js";

/** What people can ask of a running release; `resume` takes `pause` back. */
export type Request = Command | "resume";

interface Asking {
  readonly request: Request;
  readonly namespace: string;
  readonly name: string;
  /** As the release shows it, with the name of whoever asks. */
  readonly text: string;
  /** Write it although nobody is there to read it. */
  readonly force: boolean;
}

/** What happens next, for each request. */
const consequences: Readonly<Record<Request, string>> = {
  abort: "its traffic goes back to the primary within seconds and the update fails",
  pause: "it stays at its weight; checks go on; continue with: apisix-canary resume",
  resume: "it goes on from its weight",
  approve: "the gate it waits at is open, once",
  promote: "the remaining steps are left out; a closed gate before the promotion is still asked, but for --skip-gates",
};

/**
 * Writes a request on a release; the lines to print.
 * @throws Error where no run is under way: the next one would clear the request.
 */
export async function ask(releases: Releases, asking: Asking, signal: AbortSignal): Promise<readonly string[]> {
  const { request, namespace, name, text, force } = asking;
  const release = await releases.get(namespace, name, signal);
  const endsStay = request === "abort" && release.status?.scaleDownAt !== undefined && !underWay(release);
  if (request !== "resume" && !force && !underWay(release) && !endsStay) throw new Error(nothingToDo(release, request));
  const verb = request === "resume" ? "pause" : request;
  await releases.annotate(namespace, name, verb, request === "resume" ? null : text, signal);
  const consequence = endsStay ? "the pods that stay after its rollback go now" : consequences[request];
  return [`${request} ${name}.${namespace}: ${consequence}`, `the same with kubectl: ${kubectl(asking)}`];
}

function nothingToDo({ name, namespace, status }: ReleaseView, request: Request): string {
  const phase = status?.phase ?? "without a run";
  return `${name}.${namespace} is ${phase}: there is nothing to ${request} (--force writes the request all the same; a run that begins clears it)`;
}

/** The same request for people who have kubectl alone. */
function kubectl({ request, namespace, name, text }: Asking): string {
  const key = request === "resume" ? annotations.pause : annotations[request];
  const change = request === "resume" ? `${key}-` : `${key}=${shellQuoted(text)} --overwrite`;
  return `kubectl -n ${namespace} annotate canaryreleases.apisix-canary.io ${name} ${change}`;
}

function shellQuoted(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`;
}

/** Whether a run is under way, so that somebody will read the request. */
function underWay({ status }: ReleaseView): boolean {
  return status !== undefined && isUnderWay(status.phase);
}
