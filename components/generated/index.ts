/** Secrets that are made at the first deployment and stay the same afterwards. */
import * as pulumi from "@pulumi/pulumi";

// Stubs, as in canary-release/dynamic.ts: they capture nothing and load the runtime by this package's name.
const keyProvider: pulumi.dynamic.ResourceProvider = {
  create: async () => ({
    id: "key",
    outs: { value: (await import("pulumi-apisix-canary/release")).makeKey() },
  }),
  diff: () => Promise.resolve({ changes: false }),
};

const certificateProvider: pulumi.dynamic.ResourceProvider<{ readonly names: string[] }> = {
  create: async (inputs) => ({
    id: "certificate",
    outs: {
      names: inputs.names,
      ...(await (await import("pulumi-apisix-canary/release")).makeCertificate(inputs.names)),
    },
  }),
  diff: (_id, olds: { readonly names?: string[] }, news: { readonly names: string[] }) => {
    const changed = JSON.stringify(olds.names) !== JSON.stringify(news.names);
    return Promise.resolve(changed ? { changes: true, replaces: ["names"] } : { changes: false });
  },
};

/** A random key; secret. */
export class GeneratedKey extends pulumi.dynamic.Resource {
  declare readonly value: pulumi.Output<string>;
  constructor(name: string, opts: pulumi.CustomResourceOptions) {
    const options = pulumi.mergeOptions(opts, { additionalSecretOutputs: ["value"] });
    super(keyProvider, name, { value: undefined }, options, "apisix-canary", "GeneratedKey");
  }
}

/** A self-signed serving certificate for the given DNS names; its key is secret. */
export class GeneratedCertificate extends pulumi.dynamic.Resource {
  /** PEM, also the authority to trust. */
  declare readonly certificate: pulumi.Output<string>;
  /** PEM. */
  declare readonly privateKey: pulumi.Output<string>;
  constructor(name: string, names: readonly pulumi.Input<string>[], opts: pulumi.CustomResourceOptions) {
    const options = pulumi.mergeOptions(opts, { additionalSecretOutputs: ["privateKey"] });
    const inputs = { names: [...names], certificate: undefined, privateKey: undefined };
    super(certificateProvider, name, inputs, options, "apisix-canary", "GeneratedCertificate");
  }
}
