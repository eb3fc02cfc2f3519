import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { gatewayNames } from "../apisix/index.js";
import { contentHash } from "../canary-release/revision.js";
import { ApisixDefinitions } from "../crds/index.js";
import { GeneratedCertificate } from "../credentials/index.js";
import { labelsOf } from "../kubernetes/index.js";
import { controllerConfig, controllerName, webhookPort } from "./config.js";
import { clusterRules, ownRules } from "./permissions.js";
import { controllerPod } from "./pods.js";

export interface ApisixIngressControllerArgs {
  /** The gateway's own namespace: its Service and Secret are looked up there. */
  readonly namespace: pulumi.Input<string>;
  /** Default `apache/apisix-ingress-controller:2.2.0`. */
  readonly image?: string;
  /** Default `ghcr.io/api7/adc:0.27.1`. */
  readonly adcImage?: string;
  /** Name of the IngressClass. Default "apisix". */
  readonly ingressClassName?: string;
  /** Whether routes without a class belong to it (Flagger's do not name one). Default false. */
  readonly defaultClass?: boolean;
  /** Whether to install the definitions of `apisix.apache.org`. Default true. */
  readonly installCrds?: boolean;
  /** How often everything is pushed again. Default "1m". */
  readonly syncPeriod?: string;
  /** How long one gateway may hold a push. Default "5s". */
  readonly adcTimeout?: string;
  /** Refuses invalid routes at admission: one of them would freeze every push. Default true. */
  readonly webhook?: boolean;
}

const app = "apisix-ingress-controller";
const webhookService = `${app}-webhook`;

/** The ingress controller with its class and its way to the gateway. */
export class ApisixIngressController extends pulumi.ComponentResource {
  readonly ingressClassName: pulumi.Output<string>;
  /** What a route must wait for. */
  readonly dependencies: readonly pulumi.Resource[];

  constructor(
    private readonly prefix: string,
    private readonly args: ApisixIngressControllerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("apisix-canary:index:ApisixIngressController", prefix, {}, opts);
    const definitions =
      (args.installCrds ?? true) ? new ApisixDefinitions(`${prefix}-definitions`, { parent: this }).definitions : [];
    const account = this.createAccount();
    const proxy = this.createGatewayProxy(definitions);
    const ingressClass = this.createClass([proxy]);
    const certificate = (args.webhook ?? true) ? this.createCertificate() : undefined;
    const deployment = this.createDeployment(certificate?.secret, [...definitions, ...account]);
    const webhook = certificate === undefined ? [] : [this.createWebhook(certificate.authority, [deployment])];
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
    const secretKeyRef = { name: gatewayNames.adminKeySecret, key: gatewayNames.adminKeyField };
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
              service: { name: gatewayNames.admin, port: 9180 },
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

  private createCertificate(): { readonly secret: pulumi.Output<string>; readonly authority: pulumi.Output<string> } {
    const { namespace } = this.args;
    const names = [
      pulumi.interpolate`${webhookService}.${namespace}.svc`,
      pulumi.interpolate`${webhookService}.${namespace}.svc.cluster.local`,
    ];
    const made = new GeneratedCertificate(`${this.prefix}-webhook-certificate`, names, this.child);
    const secret = new k8s.core.v1.Secret(
      `${this.prefix}-webhook-secret`,
      {
        metadata: { name: `${app}-webhook-certificate`, namespace },
        type: "kubernetes.io/tls",
        stringData: { "tls.crt": made.certificate, "tls.key": made.privateKey },
      },
      this.child,
    );
    return { secret: secret.metadata.name, authority: made.certificate };
  }

  private createDeployment(
    certificateSecret: pulumi.Output<string> | undefined,
    dependsOn: readonly pulumi.Resource[],
  ): pulumi.Resource {
    const { namespace, image, adcImage, syncPeriod, adcTimeout, webhook } = this.args;
    const text = controllerConfig({
      syncPeriod: syncPeriod ?? "1m",
      adcTimeout: adcTimeout ?? "5s",
      webhook: webhook ?? true,
    });
    const hash = contentHash(text);
    const config = new k8s.core.v1.ConfigMap(
      `${this.prefix}-config-${hash}`,
      { metadata: { name: `${app}-config-${hash}`, namespace }, data: { "config.yaml": text } },
      this.child,
    );
    const spec = controllerPod({
      image: image ?? "apache/apisix-ingress-controller:2.2.0",
      adcImage: adcImage ?? "ghcr.io/api7/adc:0.27.1",
      configName: config.metadata.name,
      certificateSecret,
      serviceAccountName: app,
    });
    return new k8s.apps.v1.Deployment(
      `${this.prefix}-deployment`,
      {
        metadata: { name: app, namespace, labels: labelsOf(app) },
        spec: {
          replicas: 1,
          selector: { matchLabels: { app } },
          template: { metadata: { labels: labelsOf(app) }, spec },
        },
      },
      { parent: this, dependsOn: [...dependsOn] },
    );
  }

  private createWebhook(authority: pulumi.Output<string>, dependsOn: readonly pulumi.Resource[]): pulumi.Resource {
    const { namespace } = this.args;
    const service = new k8s.core.v1.Service(
      `${this.prefix}-webhook-service`,
      {
        metadata: { name: webhookService, namespace },
        spec: { selector: { app }, ports: [{ name: "webhook", port: 443, targetPort: webhookPort }] },
      },
      { parent: this, dependsOn: [...dependsOn] },
    );
    return new k8s.admissionregistration.v1.ValidatingWebhookConfiguration(
      `${this.prefix}-webhook`,
      {
        metadata: { name: `${app}-webhook` },
        webhooks: [
          {
            name: "vapisixroute.apisix.apache.org",
            admissionReviewVersions: ["v1"],
            sideEffects: "None",
            // With Fail, a controller that is away would block every weight change, and with it every rollback.
            failurePolicy: "Ignore",
            timeoutSeconds: 3,
            clientConfig: {
              service: {
                name: service.metadata.name,
                namespace,
                port: 443,
                path: "/validate-apisix-apache-org-v2-apisixroute",
              },
              caBundle: authority.apply((pem) => Buffer.from(pem).toString("base64")),
            },
            rules: [
              {
                apiGroups: ["apisix.apache.org"],
                apiVersions: ["v2"],
                operations: ["CREATE", "UPDATE"],
                resources: ["apisixroutes"],
                scope: "Namespaced",
              },
            ],
          },
        ],
      },
      { parent: this, dependsOn: [service] },
    );
  }
}
