import type { ClusterPort, LockPort } from "../../ports/index.js";
import type { RollbackSettings } from "../../settings/index.js";
import type { ApiServer } from "./api-server.js";
import { Events } from "./events.js";
import { Lock } from "./lock.js";
import { readCompanions } from "./ownership.js";
import { ReleaseObjects } from "./release-object.js";
import { Routes } from "./routes/index.js";
import { leasePlace } from "./target.js";
import type { Target } from "./target.js";
import { Workloads } from "./workloads.js";

/** The objects of one release behind the ports, whoever looks at them: a run, or the watchdog. */
export interface ReleaseAdapters {
  readonly cluster: ClusterPort;
  readonly lock: LockPort;
  readonly events: Events;
}

export function createReleaseAdapters(api: ApiServer, settings: RollbackSettings): ReleaseAdapters {
  const target = targetOf(settings);
  return {
    cluster: clusterOf(api, target, settings.revision),
    lock: new Lock(api, leasePlace(target), settings.leaseDuration, target),
    events: new Events(api, target),
  };
}

function targetOf({ name, namespace, routeName, service }: RollbackSettings): Target {
  return { name, namespace, routeName, service: service.name };
}

function clusterOf(api: ApiServer, target: Target, revision: string): ClusterPort {
  const objects = new ReleaseObjects(api, target);
  const routes = new Routes(api, target);
  const workloads = new Workloads(api, target);
  return {
    readRelease: (signal) => objects.read(signal),
    readMember: ({ namespace, name }, signal) =>
      new ReleaseObjects(api, { namespace, name, routeName: "", service: name }).read(signal),
    writeStatus: (status, signal) => objects.writeStatus(status, signal),
    clearCommand: (command, signal) => objects.clearCommand(command, signal),
    readWorkload: (role, signal) => workloads.read(role, signal),
    scaleCanary: (replicas, token, signal) =>
      workloads.scaleOwn("canary", replicas, () => routes.refuseOlder(token, signal), signal),
    scaleBaseline: (replicas, token, signal) =>
      workloads.scaleOwn("baseline", replicas, () => routes.refuseOlder(token, signal), signal),
    scalePrimary: (replicas, seen, token, signal) =>
      workloads.scalePrimary(replicas, seen, () => routes.refuseOlder(token, signal), signal),
    readPrimaryScalers: (signal) => workloads.primaryScalers(signal),
    readRoute: (signal) => routes.read(signal),
    claimRoute: (token, signal) => routes.claim(token, signal),
    rehearseSplit: (split, signal) => routes.rehearse(split, signal),
    setSplit: (split, token, signal) => routes.setSplit(split, token, signal),
    readEndpoints: (role, signal) => workloads.endpoints(role, signal),
    readRevisionNodes: (role, asked, signal) => workloads.revisionNodes(role, asked, signal),
    readCanaryTrouble: (signal) => workloads.canaryTrouble(revision, signal),
    readStartTrouble: (role, asked, signal) => workloads.startTrouble(role, asked, signal),
    readCompanions: (autoscalers, signal) => readCompanions(api, target, autoscalers, signal),
  };
}
