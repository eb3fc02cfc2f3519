import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** A certificate for hosts of the gateway. */
export interface ApisixTlsArgs {
  readonly name: pulumi.Input<string>;
  readonly namespace: pulumi.Input<string>;
  readonly labels?: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;
  readonly annotations?: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;
  readonly ingressClassName: pulumi.Input<string>;
  /** Names that the certificate is shown for (SNI): `app.example.com` or `*.example.com`. At least one. */
  readonly hosts: pulumi.Input<readonly pulumi.Input<string>[]>;
  /** A Secret of type kubernetes.io/tls, with `tls.crt` and `tls.key`. */
  readonly secretName: pulumi.Input<string>;
  /** Default: the object's own namespace. */
  readonly secretNamespace?: pulumi.Input<string>;
}

/** An ApisixTls: from then on the gateway answers https for these hosts, on port 443 of its Service. */
export function apisixTls(
  logicalName: string,
  args: ApisixTlsArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
  const {
    name,
    namespace,
    labels,
    annotations,
    ingressClassName,
    hosts,
    secretName,
    secretNamespace = namespace,
  } = args;
  return new k8s.apiextensions.CustomResource(
    logicalName,
    {
      apiVersion: "apisix.apache.org/v2",
      kind: "ApisixTls",
      metadata: {
        name,
        namespace,
        ...(labels === undefined ? {} : { labels }),
        ...(annotations === undefined ? {} : { annotations }),
      },
      spec: { ingressClassName, hosts, secret: { name: secretName, namespace: secretNamespace } },
    },
    opts,
  );
}
