import { annotations, deploymentName, leaseName, releaseKind, releaseMark } from "../model/index.js";
import type { Owner, ReleaseObject, RouteState } from "../ports/index.js";
import type { RollbackSettings } from "../settings/index.js";
import { ReleaseFailed } from "./failure.js";
import type { RollbackPorts } from "./ports.js";
import { labelOf } from "./run.js";

/** One object under a name of the release. */
interface Found {
  readonly kind: string;
  readonly name: string;
  readonly owner: Owner;
}

type Look = <T>(attempt: () => Promise<T>) => Promise<T>;
type Place = Pick<RollbackSettings, "name" | "namespace" | "routeName" | "releaseUid" | "routeUid">;

/**
 * Looks at everything that a run would write, before it writes anything. Throws ReleaseFailed, in one line, where one of
 * them is not this release's. A takeover looks at what it takes by itself.
 */
export async function proveOwnership(
  settings: Place,
  { cluster, lock }: Pick<RollbackPorts, "cluster" | "lock">,
  signal: AbortSignal,
  look: Look = (attempt) => attempt(),
  takesOver = false,
): Promise<void> {
  const lease = await look(() => lock.read(signal));
  const [object, route, canary, primary] = await Promise.all([
    look(() => cluster.readRelease(signal)),
    look(() => cluster.readRoute(signal)),
    look(() => cluster.readWorkload("canary", signal)),
    look(() => cluster.readWorkload("primary", signal)),
  ]);
  const { name, routeName } = settings;
  refuseOtherCluster(settings, object, route);
  const own = [...found(releaseKind, name, object), ...found("Lease", leaseName(name), lease)];
  const working = [
    ...found("ApisixRoute", routeName, route),
    ...found("Deployment", deploymentName(name, "canary"), canary),
    ...found("Deployment", deploymentName(name, "primary"), primary),
  ];
  refuseForeign(settings, takesOver ? own : [...own, ...working]);
  if (own.length + working.length === 0) throw nothingHere(settings);
}

/**
 * What Pulumi created proves that this is its cluster: the same release of another stack has the same names and marks.
 * An object that was made anew (a restored one, say) is proved by the route beside it.
 */
function refuseOtherCluster(settings: Place, object: ReleaseObject | undefined, route: RouteState | undefined): void {
  const { releaseUid, routeUid, name } = settings;
  if (releaseUid === undefined || object === undefined || object.uid === releaseUid) return;
  if (routeUid !== undefined && route?.uid === routeUid) return;
  throw new ReleaseFailed(
    `${labelOf(settings)}: the CanaryRelease ${name} of this cluster is not the one that Pulumi created (uid ${object.uid} instead of ${releaseUid}), nothing was touched: ${sameCluster}; where the object was made anew, run pulumi refresh first`,
  );
}

const sameCluster = "give the release the kubeconfig and the context of its provider";

function nothingHere(settings: Place): ReleaseFailed {
  return new ReleaseFailed(
    `${labelOf(settings)}: this cluster holds nothing of the release, nothing was touched: ${sameCluster}; where its objects were deleted, run pulumi refresh first`,
  );
}

/** The same for what only the program writes: said before the update has begun to change anything. */
export async function proveCompanions(
  settings: Place,
  { cluster }: Pick<RollbackPorts, "cluster">,
  autoscalers: boolean,
  signal: AbortSignal,
): Promise<void> {
  refuseForeign(settings, await cluster.readCompanions(autoscalers, signal));
}

function found(kind: string, name: string, object: { readonly owner: Owner } | undefined): readonly Found[] {
  return object === undefined ? [] : [{ kind, name, owner: object.owner }];
}

function refuseForeign(settings: Place, objects: readonly Found[]): void {
  const foreign = objects.filter(({ owner }) => owner === "foreign");
  if (foreign.length === 0) return;
  const several = foreign.length > 1;
  const mark = `${annotations.release}: ${releaseMark(settings.namespace, settings.name)}`;
  throw new ReleaseFailed(
    `${labelOf(settings)}: ${namesOf(foreign)} ${several ? "were" : "was"} not made by this release (${several ? "they carry" : "it carries"} no annotation ${mark}), nothing was touched: delete or rename ${several ? "them" : "it"}, or give the release another name`,
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
