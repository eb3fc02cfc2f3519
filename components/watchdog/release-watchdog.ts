import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { argument, argumentError, checkArguments } from "../arguments/index.js";
import type { Shape } from "../arguments/index.js";
import {
  contentHash,
  createDisruptionBudget,
  createPodMonitor,
  labelsOf,
  placed,
  podMetadata,
  podMonitor,
  podOptionsShape,
  scrapeAnnotations,
} from "../kubernetes/index.js";
import type { PodMonitorOptions, PodOptions } from "../kubernetes/index.js";
import { leaderRules, releaseRules } from "./permissions.js";
import { healthPort, podSpec } from "./pod.js";
import { programFiles } from "./program.js";

/** What can be said of the watchdog. */
export interface ReleaseWatchdogArgs extends PodOptions {
  /** Where its pod runs. */
  readonly namespace: pulumi.Input<string>;
  /** Seconds without a sign of life until a release is rolled back. Default 30, at least 5. */
  readonly watchdogAfterSeconds?: number;
  /** A plain Node image, 22 or later. Default `node:22-alpine`. */
  readonly image?: pulumi.Input<string>;
  /** 1 or 2; with 2 one leads and the other takes over within seconds. Default 1. */
  readonly replicas?: number;
  /** Namespaces of the releases it cares for; its permissions end there. Default: the whole cluster. */
  readonly namespaces?: readonly pulumi.Input<string>[];
  /** Where a rollback is reported (Slack-compatible JSON); a secret. Default: Kubernetes Events alone. */
  readonly alertUrl?: pulumi.Input<string>;
  /** A PodMonitor for its metrics of releases, for a Prometheus of the Prometheus Operator. Default: none. */
  readonly podMonitor?: boolean | PodMonitorOptions;
}

const schema = z.strictObject({
  ...podOptionsShape,
  namespace: argument.text,
  watchdogAfterSeconds: z.number().optional(),
  image: argument.text,
  replicas: z.number().optional(),
  namespaces: argument.texts,
  alertUrl: argument.text,
  podMonitor,
} satisfies Shape<ReleaseWatchdogArgs>);

const component = "ReleaseWatchdog";
const app = "apisix-canary-watchdog";
const metricsPath = "/metrics";
const rbacGroup = "rbac.authorization.k8s.io";

/**
 * One small pod that rolls releases back when the machine that ran `pulumi up` is gone, or when a passed canary was
 * not promoted in time: weight 0, drain, canary to 0, status Failed. It never touches a live run and never promotes.
 * Its program comes from this package, in a ConfigMap, and runs in a stock Node image.
 */
export class ReleaseWatchdog extends pulumi.ComponentResource {
  /** Seconds without a sign of life until it rolls a release back. */
  readonly watchdogAfterSeconds: number;
  /** Of its pods. */
  readonly deployment: pulumi.Resource;

  constructor(
    private readonly prefix: string,
    private readonly args: ReleaseWatchdogArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("apisix-canary:index:ReleaseWatchdog", prefix, {}, opts);
    checkArguments(component, schema, args);
    checkRanges(args);
    this.watchdogAfterSeconds = args.watchdogAfterSeconds ?? 30;
    const permissions = this.createAccount();
    const program = this.createProgram();
    const alertSecret = this.createAlertSecret();
    const spec = podSpec({
      ...args,
      account: app,
      programName: program,
      watchdogAfterSeconds: this.watchdogAfterSeconds,
      namespaces: args.namespaces ?? [],
      alertSecret,
    });
    const annotations = scrapeAnnotations(healthPort, metricsPath);
    this.deployment = new k8s.apps.v1.Deployment(
      `${prefix}-deployment`,
      {
        metadata: { name: app, namespace: args.namespace, labels: labelsOf(app) },
        spec: {
          replicas: args.replicas ?? 1,
          selector: { matchLabels: { app } },
          template: { metadata: podMetadata(args, { labels: labelsOf(app), annotations }), spec: placed(spec, args) },
        },
      },
      { parent: this, dependsOn: [...permissions] },
    );
    const { namespace, replicas = 1 } = args;
    createDisruptionBudget(prefix, { app, namespace, replicas }, args, { parent: this });
    const scraped = { app, namespace, port: "health", path: metricsPath };
    createPodMonitor(prefix, scraped, args.podMonitor, { parent: this });
    this.registerOutputs({ watchdogAfterSeconds: this.watchdogAfterSeconds });
  }

  /** A new program is a new object, so that the running pod keeps its own until it is replaced. */
  private createProgram(): pulumi.Output<string> {
    const data = { ...programFiles() };
    const hash = contentHash(data);
    const config = new k8s.core.v1.ConfigMap(
      `${this.prefix}-program-${hash}`,
      { metadata: { name: `${app}-program-${hash}`, namespace: this.args.namespace }, data },
      { parent: this },
    );
    return config.metadata.name;
  }

  private createAlertSecret(): pulumi.Output<string> | undefined {
    const { alertUrl, namespace } = this.args;
    if (alertUrl === undefined) return undefined;
    const secret = new k8s.core.v1.Secret(
      `${this.prefix}-alert`,
      { metadata: { name: `${app}-alert`, namespace }, stringData: { url: pulumi.secret(alertUrl) } },
      { parent: this },
    );
    return secret.metadata.name;
  }

  private createAccount(): readonly pulumi.Resource[] {
    const { namespace, namespaces } = this.args;
    const metadata = { name: app, namespace };
    const child = { parent: this };
    const account = new k8s.core.v1.ServiceAccount(`${this.prefix}-account`, { metadata }, child);
    const cluster = new k8s.rbac.v1.ClusterRole(
      `${this.prefix}-cluster-role`,
      { metadata: { name: app }, rules: [...releaseRules] },
      child,
    );
    const own = new k8s.rbac.v1.Role(`${this.prefix}-role`, { metadata, rules: [...leaderRules] }, child);
    const subjects = [{ kind: "ServiceAccount", name: app, namespace }];
    const roleRef = { apiGroup: rbacGroup, kind: "Role", name: own.metadata.name };
    const binding = new k8s.rbac.v1.RoleBinding(`${this.prefix}-role-binding`, { metadata, subjects, roleRef }, child);
    return [account, binding, ...this.bindReleases(cluster, subjects, namespaces)];
  }

  private bindReleases(
    cluster: k8s.rbac.v1.ClusterRole,
    subjects: k8s.types.input.rbac.v1.Subject[],
    namespaces: readonly pulumi.Input<string>[] | undefined,
  ): readonly pulumi.Resource[] {
    const roleRef = { apiGroup: rbacGroup, kind: "ClusterRole", name: cluster.metadata.name };
    const child = { parent: this };
    const name = `${app}-releases`;
    if (namespaces !== undefined && namespaces.length > 0)
      return namespaces.map(
        (namespace, index) =>
          new k8s.rbac.v1.RoleBinding(
            `${this.prefix}-releases-${typeof namespace === "string" ? namespace : index}`,
            { metadata: { name, namespace }, subjects, roleRef },
            child,
          ),
      );
    const metadata = { name };
    return [
      new k8s.rbac.v1.ClusterRoleBinding(`${this.prefix}-cluster-role-binding`, { metadata, subjects, roleRef }, child),
    ];
  }
}

function checkRanges({ watchdogAfterSeconds = 30, replicas = 1 }: ReleaseWatchdogArgs): void {
  if (!Number.isFinite(watchdogAfterSeconds) || watchdogAfterSeconds < 5)
    throw argumentError(component, `watchdogAfterSeconds must be a number of at least 5, not ${watchdogAfterSeconds}`);
  if (replicas !== 1 && replicas !== 2) throw argumentError(component, `replicas must be 1 or 2, not ${replicas}`);
}
