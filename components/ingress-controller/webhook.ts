import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { GeneratedCertificate } from "../credentials/index.js";
import { webhookPort } from "./config.js";

export interface ServingCertificate {
  /** Name of the Secret. */
  readonly secret: pulumi.Output<string>;
  /** PEM. */
  readonly authority: pulumi.Output<string>;
}

const serviceOf = (app: string): string => `${app}-webhook`;

/** The certificate that the webhook's Service answers with, signed by itself. */
export function createCertificate(
  prefix: string,
  app: string,
  namespace: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): ServingCertificate {
  const service = serviceOf(app);
  const names = [
    pulumi.interpolate`${service}.${namespace}.svc`,
    pulumi.interpolate`${service}.${namespace}.svc.cluster.local`,
  ];
  const made = new GeneratedCertificate(`${prefix}-webhook-certificate`, names, opts);
  const secret = new k8s.core.v1.Secret(
    `${prefix}-webhook-secret`,
    {
      metadata: { name: `${app}-webhook-certificate`, namespace },
      type: "kubernetes.io/tls",
      stringData: { "tls.crt": made.certificate, "tls.key": made.privateKey },
    },
    opts,
  );
  return { secret: secret.metadata.name, authority: made.certificate };
}

/** Kinds that the controller validates at admission, by plural and singular: a bad one of them freezes every push. */
const validated = [
  ["apisixroutes", "apisixroute"],
  ["apisixtlses", "apisixtls"],
  ["apisixconsumers", "apisixconsumer"],
] as const;

/** The validating webhook with its Service. */
export function createWebhook(
  prefix: string,
  app: string,
  namespace: pulumi.Input<string>,
  authority: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const service = new k8s.core.v1.Service(
    `${prefix}-webhook-service`,
    {
      metadata: { name: serviceOf(app), namespace },
      spec: { selector: { app }, ports: [{ name: "webhook", port: 443, targetPort: webhookPort }] },
    },
    opts,
  );
  const caBundle = authority.apply((pem) => Buffer.from(pem).toString("base64"));
  const webhooks = validated.map(([plural, singular]) => ({
    name: `v${singular}.apisix.apache.org`,
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
        path: `/validate-apisix-apache-org-v2-${singular}`,
      },
      caBundle,
    },
    rules: [
      {
        apiGroups: ["apisix.apache.org"],
        apiVersions: ["v2"],
        operations: ["CREATE", "UPDATE"],
        resources: [plural],
        scope: "Namespaced",
      },
    ],
  }));
  return new k8s.admissionregistration.v1.ValidatingWebhookConfiguration(
    `${prefix}-webhook`,
    { metadata: { name: `${app}-webhook` }, webhooks },
    pulumi.mergeOptions(opts, { dependsOn: [service] }),
  );
}
