import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { checkArguments, resolved } from "../arguments/index.js";
import { refusing } from "../errors/index.js";
import { ApisixDefinitions } from "../crds/index.js";
import {
  adminPort,
  contentConfigMap,
  createDisruptionBudget,
  createPodMonitor,
  gatewayNames,
  labelsOf,
  placed,
  podMetadata,
} from "../kubernetes/index.js";
import { controllerArguments } from "./args.js";
import type { ApisixIngressControllerArgs } from "./args.js";
import { controllerConfig, controllerName } from "./config.js";
import { clusterRules, ownRules } from "./permissions.js";
import { controllerPod } from "./pods.js";
import { createCertificate, createWebhook } from "./webhook.js";

const app = gatewayNames.controller;

/** The ingress controller with its class and its way to the gateway. */
export class ApisixIngressController extends pulumi.ComponentResource {
  /** Class of the routes that it serves. */
  readonly ingressClassName: pulumi.Output<string>;
  /** What a route must wait for. */
  readonly dependencies: readonly pulumi.Resource[];

  constructor(
    private readonly prefix: string,
    private readonly args: ApisixIngressControllerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("apisix-canary:index:ApisixIngressController", prefix, {}, opts);
    checkArguments("ApisixIngressController", controllerArguments, args);
    const { namespace, installCrds = true, webhook: hasWebhook = true } = args;
    const definitions = installCrds
      ? new ApisixDefinitions(`${prefix}-definitions`, args.definitions, this.child).definitions
      : [];
    const account = this.createAccount();
    const proxy = this.createGatewayProxy(definitions);
    const ingressClass = this.createClass([proxy]);
    const certificate = hasWebhook ? createCertificate(prefix, app, namespace, this.child) : undefined;
    const deployment = this.createDeployment(certificate?.secret, [...definitions, ...account]);
    const after = { parent: this, dependsOn: [deployment] };
    const webhook =
      certificate === undefined ? [] : [createWebhook(prefix, app, namespace, certificate.authority, after)];
    createDisruptionBudget(prefix, { app, namespace, replicas: args.replicas ?? 1 }, args, this.child);
    const scraped = { app, namespace, port: "metrics", path: "/metrics" };
    createPodMonitor(prefix, scraped, args.podMonitor, this.child);
    this.ingressClassName = pulumi.output(args.ingressClassName ?? "apisix");
    this.dependencies = [...definitions, ingressClass, deployment, ...webhook];
    this.registerOutputs({ ingressClassName: this.ingressClassName });
  }

  private get child(): pulumi.CustomResourceOptions {
    return { parent: this };
  }

  private createAccount(): readonly pulumi.Resource[] {
    const { namespace } = this.args;
    const metadata = { name: app, namespace };
    const account = new k8s.core.v1.ServiceAccount(`${this.prefix}-account`, { metadata }, this.child);
    const subjects = [{ kind: "ServiceAccount", name: app, namespace }];
    const cluster = new k8s.rbac.v1.ClusterRole(
      `${this.prefix}-cluster-role`,
      { metadata: { name: app }, rules: [...clusterRules] },
      this.child,
    );
    const own = new k8s.rbac.v1.Role(`${this.prefix}-role`, { metadata, rules: [...ownRules] }, this.child);
    const group = "rbac.authorization.k8s.io";
    return [
      account,
      new k8s.rbac.v1.ClusterRoleBinding(
        `${this.prefix}-cluster-role-binding`,
        {
          metadata: { name: app },
          subjects,
          roleRef: { apiGroup: group, kind: "ClusterRole", name: cluster.metadata.name },
        },
        this.child,
      ),
      new k8s.rbac.v1.RoleBinding(
        `${this.prefix}-role-binding`,
        { metadata, subjects, roleRef: { apiGroup: group, kind: "Role", name: own.metadata.name } },
        this.child,
      ),
    ];
  }

  private createGatewayProxy(dependsOn: readonly pulumi.Resource[]): pulumi.Resource {
    const { gateway = {} } = this.args;
    const secretKeyRef = {
      name: gateway.keySecret ?? gatewayNames.adminKeySecret,
      key: gateway.keyField ?? gatewayNames.adminKeyField,
    };
    return new k8s.apiextensions.CustomResource(
      `${this.prefix}-gateway-proxy`,
      {
        apiVersion: "apisix.apache.org/v1alpha1",
        kind: "GatewayProxy",
        metadata: { name: "apisix", namespace: this.args.namespace },
        spec: {
          provider: {
            type: "ControlPlane",
            controlPlane: {
              mode: "apisix-standalone",
              service: { name: gateway.service ?? gatewayNames.admin, port: gateway.port ?? adminPort },
              auth: { type: "AdminKey", adminKey: { valueFrom: { secretKeyRef } } },
            },
          },
        },
      },
      { parent: this, dependsOn: [...dependsOn] },
    );
  }

  private createClass(dependsOn: readonly pulumi.Resource[]): pulumi.Resource {
    const isDefault = this.args.defaultClass ?? false;
    return new k8s.networking.v1.IngressClass(
      `${this.prefix}-class`,
      {
        metadata: {
          name: this.args.ingressClassName ?? "apisix",
          ...(isDefault ? { annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } } : {}),
        },
        spec: {
          controller: controllerName,
          parameters: {
            apiGroup: "apisix.apache.org",
            kind: "GatewayProxy",
            name: "apisix",
            namespace: this.args.namespace,
            scope: "Namespace",
          },
        },
      },
      { parent: this, dependsOn: [...dependsOn] },
    );
  }

  private createDeployment(
    certificateSecret: pulumi.Output<string> | undefined,
    dependsOn: readonly pulumi.Resource[],
  ): pulumi.Resource {
    const { args, prefix } = this;
    const { namespace, syncPeriod = "1m", adcTimeout = "5s", webhook = true } = args;
    const inputs = { syncPeriod, adcTimeout, webhook };
    const text = resolved("ApisixIngressController", inputs, controllerConfig, refusing(this, prefix));
    const config = contentConfigMap(`${prefix}-config`, `${app}-config`, namespace, "config.yaml", text, this.child);
    const spec = controllerPod({
      ...args,
      configName: config.metadata.name,
      certificateSecret,
      serviceAccountName: app,
    });
    return new k8s.apps.v1.Deployment(
      `${prefix}-deployment`,
      {
        metadata: { name: app, namespace, labels: labelsOf(app) },
        spec: {
          replicas: args.replicas ?? 1,
          selector: { matchLabels: { app } },
          template: { metadata: podMetadata(args, { labels: labelsOf(app) }), spec: placed(spec, args) },
        },
      },
      { parent: this, dependsOn: [...dependsOn] },
    );
  }
}
