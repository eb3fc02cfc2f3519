/** Least permissions of whoever runs `pulumi up` for one release: of a person, or of a pipeline's service account. */
import { apiGroup, releasePlural } from "../../release/model/index.js";

/** One rule of a Role, as Kubernetes writes it. */
export interface PermissionRule {
  /** One; "" is the core group. */
  readonly apiGroups: string[];
  /** One, with its subresource behind a slash. */
  readonly resources: string[];
  /** What may be done with it. */
  readonly verbs: string[];
}

/** What the release has: each option is named after the argument of `CanaryRelease` that asks for it. */
export interface ReleaseRoleOptions {
  /** The release's rules come from a route that exists already. Default false. */
  readonly routeRef?: boolean;
  /** `route.tls`. Default false. */
  readonly tls?: boolean;
  /** `service.scheme`. Default false. */
  readonly scheme?: boolean;
  /** Autoscalers of the release's own, or `"external"`. Default: none. */
  readonly autoscaler?: boolean | "external";
  /** `configs`, or ConfigMaps that the template refers to and that are tracked. Default false. */
  readonly configs?: boolean;
  /** `secrets`, or Secrets that the template refers to and that are tracked. Default false. */
  readonly secrets?: boolean;
  /** What is taken over. Default: nothing. */
  readonly adopt?: "deployment" | "flaggerCanary";
  /** A plain Deployment remains when the release is deleted. Default: true with `adopt`, else false. */
  readonly revertOnDeletion?: boolean;
  /** Some webhook's URL is that of a Service of the cluster (for `serviceProxyRules`). Default false. */
  readonly webhooks?: boolean;
}

/** Rules of two Roles, both of them namespaced: a release needs nothing of the cluster as a whole. */
export interface ReleaseRole {
  /** In the release's namespace. */
  readonly rules: PermissionRule[];
  /**
   * In the namespace of Prometheus (and of the webhooks' Services), where `pulumi up` runs outside of the cluster's
   * network and their URLs are those of Services: they are reached through the API server.
   */
  readonly serviceProxyRules: PermissionRule[];
}

const core = "";
const apisix = "apisix.apache.org";

/** Pulumi's own provider creates, updates and deletes it, and watches until it is ready or gone. */
const managed = ["get", "list", "watch", "create", "patch", "delete"];

/**
 * The least that a person or a pipeline needs to preview, release, promote, roll back and destroy a `CanaryRelease`.
 *
 * The namespace, the definition of the kind `CanaryRelease`, the gateway and Prometheus must be there already: who deploys
 * those needs more. For `rules` of a Role or ClusterRole in the release's namespace.
 */
export function releaseRole(options: ReleaseRoleOptions = {}): ReleaseRole {
  const rules = new Rules();
  addObjects(rules, options);
  addRun(rules, options);
  const { adopt, revertOnDeletion = adopt !== undefined, webhooks = false } = options;
  if (adopt !== undefined) addSurvey(rules);
  if (adopt === "flaggerCanary") addFlagger(rules);
  if (revertOnDeletion) addHandBack(rules);
  const serviceProxy = new Rules().add(core, "services/proxy", webhooks ? ["get", "create"] : ["get"]);
  return { rules: rules.all(), serviceProxyRules: serviceProxy.all() };
}

/** What Pulumi makes. */
function addObjects(rules: Rules, options: ReleaseRoleOptions): void {
  const {
    routeRef = false,
    tls = false,
    scheme = false,
    autoscaler = false,
    configs = false,
    secrets = false,
  } = options;
  // Flagger's Canary has a route, which stays the source.
  const isCloned = routeRef || options.adopt === "flaggerCanary";
  rules
    .add(apiGroup, releasePlural, managed)
    .add(apisix, "apisixroutes", managed)
    .add("apps", "deployments", managed)
    .add(core, "services", managed);
  if (isCloned || scheme) rules.add(apisix, "apisixupstreams", managed);
  if (isCloned) rules.add(apisix, "apisixpluginconfigs", ["get"]);
  if (tls) rules.add(apisix, "apisixtlses", managed);
  if (autoscaler === true) rules.add("autoscaling", "horizontalpodautoscalers", managed);
  if (configs) rules.add(core, "configmaps", managed);
  if (secrets) rules.add(core, "secrets", managed);
}

/** What the run itself does, in the provider's process. */
function addRun(rules: Rules, { autoscaler = false }: ReleaseRoleOptions): void {
  rules
    .add(apiGroup, `${releasePlural}/status`, ["patch"])
    .add("coordination.k8s.io", "leases", ["get", "create", "update", "patch"])
    .add("discovery.k8s.io", "endpointslices", ["list"])
    .add(core, "pods", ["list"])
    .add(core, "events", ["list", "watch", "create", "patch", "deletecollection"])
    // The report.
    .add(core, "configmaps", ["get", "create", "patch"]);
  if (autoscaler === true) return;
  // Who else scales the primary, before a change of `replicas` is obeyed.
  rules.add("autoscaling", "horizontalpodautoscalers", ["list"]);
  if (autoscaler === "external") rules.add("keda.sh", "scaledobjects", ["list"]);
}

/** Everything that a takeover could harm is looked at first. */
function addSurvey(rules: Rules): void {
  rules
    .add("autoscaling", "horizontalpodautoscalers", ["list"])
    .add("keda.sh", "scaledobjects", ["list"])
    .add("networking.k8s.io", "networkpolicies", ["list"])
    .add("policy", "poddisruptionbudgets", ["list"]);
}

/** Its owner references are taken off what stays, and its Canary goes. */
function addFlagger(rules: Rules): void {
  rules
    .add("flagger.app", "canaries", ["get", "patch", "delete"])
    .add("keda.sh", "scaledobjects", ["get", "patch"])
    .add(core, "configmaps", ["list"])
    .add(core, "secrets", ["get", "list", "patch"]);
}

/** The rest goes by name, whether the release has it or not. */
function addHandBack(rules: Rules): void {
  rules
    .add("autoscaling", "horizontalpodautoscalers", ["get", "patch", "delete"])
    .add(apisix, "apisixupstreams", ["get", "delete"])
    .add(apisix, "apisixtlses", ["get", "delete"]);
}

/** Verbs by group and resource; told once however often they are asked for. */
class Rules {
  private readonly found = new Map<string, PermissionRule>();

  add(group: string, resource: string, verbs: readonly string[]): this {
    const known = this.found.get(`${group}/${resource}`)?.verbs ?? [];
    const all = [...new Set([...known, ...verbs])];
    this.found.set(`${group}/${resource}`, { apiGroups: [group], resources: [resource], verbs: all });
    return this;
  }

  all(): PermissionRule[] {
    return [...this.found.values()];
  }
}
