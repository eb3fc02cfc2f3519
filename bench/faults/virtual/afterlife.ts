import type { ReleaseStatus } from "../../../release/model/index.js";
import type { Fixture, Member } from "./fixture.js";

/**
 * All that the next update can know of what a case has left: two cases with the same go on in the same way. Times that lie
 * behind, counters, tokens and sentences are none of it: no decision is made on them.
 */
export function remainsOf({ members, clock }: Fixture): string {
  return members.map((member) => memberRemains(member, clock.nowMs())).join(" ");
}

function memberRemains({ world, engine }: Member, nowMs: number): string {
  const { object, route, lease, behaviour } = world;
  const pods = (["canary", "primary", "baseline"] as const).map((role) => [
    world[role]?.workload(nowMs),
    world[role]?.endpoints(nowMs),
  ]);
  return JSON.stringify([
    object && [
      object.owner,
      object.uid === engine.created?.releaseUid,
      object.commands,
      journaled(object.status, nowMs),
    ],
    route && [route.owner, route.uid === engine.created?.routeUid, route.split ?? route.weight, route.sync],
    world.gateway.split,
    pods,
    lease?.holder !== undefined,
    [...engine.state],
    [behaviour, world.metricsAway, world.trouble, world.objection],
  ]);
}

function journaled(status: ReleaseStatus | undefined, nowMs: number): unknown {
  if (status === undefined) return undefined;
  const { phase, canaryWeight, split, revision, promotedRevision, promoted, judged, stalled, primaryReplicas } = status;
  const { handoverDeadline, scaleDownSeconds, formers = [], baseline } = status;
  const leftSeconds = handoverDeadline === undefined ? undefined : (Date.parse(handoverDeadline) - nowMs) / 1000;
  return [
    [phase, canaryWeight, split, revision, promotedRevision, promoted?.revision, stalled, primaryReplicas, baseline],
    scaleDownSeconds,
    judged && [judged.revision, judged.verdict, judged.without],
    leftSeconds && Math.max(0, Math.round(leftSeconds)),
    formers.map((each) => each.revision),
  ];
}
