import { annotations, deploymentName, leaseName, releaseKind, releaseMark } from "../model/index.js";
import type { Owner, ReleaseObject, RouteState } from "../ports/index.js";
import type { RollbackSettings } from "../settings/index.js";
import { hasBaseline } from "../strategy/index.js";
import { ReleaseFailed } from "./failure.js";
import type { RollbackPorts } from "./ports.js";
import { labelOf } from "./run.js";

/** One object under a name of the release. */
interface Found {
  readonly kind: string;
  readonly name: string;
  readonly owner: Owner;
}

interface Sight {
  readonly object: ReleaseObject | undefined;
  readonly route: RouteState | undefined;
  /** Everything that the runtime may write, as far as it exists. */
  readonly all: readonly Found[];
}

type Look = <T>(attempt: () => Promise<T>) => Promise<T>;
type Place = Pick<RollbackSettings, "name" | "namespace" | "routeName" | "releaseUid" | "routeUid" | "analysis">;
type OwnPorts = Pick<RollbackPorts, "cluster" | "lock">;

/**
 * Looks at everything that a run would write, before it writes anything. Throws ReleaseFailed, in one line, where this is
 * not Pulumi's cluster, or where something under the release's names is not this release's. A takeover looks at what it
 * takes by itself.
 */
export async function proveOwnership(
  settings: Place,
  ports: OwnPorts,
  signal: AbortSignal,
  look: Look,
  takesOver = false,
): Promise<void> {
  const { object, route, all } = await lookAtAll(settings, ports, signal, look);
  if (isOthersRelease(settings, object, route)) throw otherCluster(settings, object);
  const own = takesOver ? all.filter(({ kind }) => !takenKinds.includes(kind)) : all;
  refuseForeign(settings, own, "delete or rename {it}, or give the release another name");
  if (all.length === 0) throw nothingHere(settings);
}

/** What runs before a release does. */
const takenKinds: readonly string[] = ["ApisixRoute", "Deployment"];

/** The same for what only the program writes: said before the update has begun to change anything. */
export async function proveCompanions(
  settings: Place,
  { cluster }: Pick<RollbackPorts, "cluster">,
  autoscalers: boolean,
  signal: AbortSignal,
): Promise<void> {
  const companions = await cluster.readCompanions(autoscalers, signal);
  refuseForeign(settings, companions, "delete or rename {it}, or give the release another name");
}

/**
 * Before Pulumi deletes what it has made, by its names: throws ReleaseFailed where something else stands there now. True
 * where this is Pulumi's cluster at all.
 */
export async function proveRemoval(
  settings: Place,
  ports: OwnPorts,
  autoscalers: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const { object, route, all } = await lookAtAll(settings, ports, signal, (attempt) => attempt());
  if (isOthersRelease(settings, object, route)) return false;
  const companions = await ports.cluster.readCompanions(autoscalers, signal);
  refuseForeign(
    settings,
    [...all, ...companions],
    "rename {it}, or, where {it} is to stay, take {it} out of Pulumi's state first (pulumi state delete)",
  );
  return true;
}

async function lookAtAll(settings: Place, ports: OwnPorts, signal: AbortSignal, look: Look): Promise<Sight> {
  const { cluster, lock } = ports;
  const lease = await look(() => lock.read(signal));
  const [object, route, canary, primary, baseline] = await Promise.all([
    look(() => cluster.readRelease(signal)),
    look(() => cluster.readRoute(signal)),
    look(() => cluster.readWorkload("canary", signal)),
    look(() => cluster.readWorkload("primary", signal)),
    hasBaseline(settings.analysis) ? look(() => cluster.readWorkload("baseline", signal)) : undefined,
  ]);
  const { name, routeName } = settings;
  const all = [
    ...found(releaseKind, name, object),
    ...found("ApisixRoute", routeName, route),
    ...found("Deployment", deploymentName(name, "canary"), canary),
    ...found("Deployment", deploymentName(name, "primary"), primary),
    ...found("Deployment", deploymentName(name, "baseline"), baseline),
    ...found("Lease", leaseName(name), lease),
  ];
  return { object, route, all };
}

function found(kind: string, name: string, object: { readonly owner: Owner } | undefined): readonly Found[] {
  return object === undefined ? [] : [{ kind, name, owner: object.owner }];
}

/**
 * What Pulumi created proves that this is its cluster: the same release of another stack has the same names and marks.
 * An object that was made anew (a restored one, say) is proved by the route beside it.
 */
function isOthersRelease(
  { releaseUid, routeUid }: Place,
  object: ReleaseObject | undefined,
  route: RouteState | undefined,
): boolean {
  if (releaseUid === undefined || object === undefined || object.uid === releaseUid) return false;
  return routeUid === undefined || route?.uid !== routeUid;
}

const sameCluster = "give the release the kubeconfig and the context of its provider";

function otherCluster(settings: Place, object: ReleaseObject | undefined): ReleaseFailed {
  const { name, releaseUid } = settings;
  return new ReleaseFailed(
    `${labelOf(settings)}: the CanaryRelease ${name} of this cluster is not the one that Pulumi created (uid ${object?.uid} instead of ${releaseUid}), nothing was touched: ${sameCluster}; where the object was made anew, run pulumi refresh first`,
  );
}

function nothingHere(settings: Place): ReleaseFailed {
  return new ReleaseFailed(
    `${labelOf(settings)}: this cluster holds nothing of the release, nothing was touched: ${sameCluster}; where its objects were deleted, run pulumi refresh first`,
  );
}

/** In `advice` `{it}` stands for what was found. */
function refuseForeign(settings: Place, objects: readonly Found[], advice: string): void {
  const foreign = objects.filter(({ owner }) => owner === "foreign");
  if (foreign.length === 0) return;
  const several = foreign.length > 1;
  const mark = `${annotations.release}: ${releaseMark(settings.namespace, settings.name)}`;
  const [were, carry, it] = several ? ["were", "they carry", "them"] : ["was", "it carries", "it"];
  throw new ReleaseFailed(
    `${labelOf(settings)}: ${namesOf(foreign)} ${were} not made by this release (${carry} no annotation ${mark}), nothing was touched: ${advice.replaceAll("{it}", it)}`,
  );
}

/** `Deployments a and b, Service c`. */
function namesOf(objects: readonly Found[]): string {
  const kinds = [...new Set(objects.map(({ kind }) => kind))];
  return kinds
    .map((kind) => {
      const names = objects.filter((each) => each.kind === kind).map(({ name }) => name);
      return `${kind}${names.length > 1 ? "s" : ""} ${names.join(" and ")}`;
    })
    .join(", ");
}
