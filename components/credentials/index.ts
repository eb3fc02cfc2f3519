/** Secrets that are made at the first deployment and stay the same afterwards. */
import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamic/index.js";

const methods = ["diff", "create"] as const;

/** A random key; secret. */
export class GeneratedKey extends DynamicResource {
  declare readonly value: pulumi.Output<string>;
  constructor(name: string, opts: pulumi.CustomResourceOptions) {
    const options = pulumi.mergeOptions(opts, { additionalSecretOutputs: ["value"] });
    super("GeneratedKey", { name: "generatedKey", methods }, name, {}, ["value"], options);
  }
}

/** A self-signed serving certificate for the given DNS names; its key is secret. */
export class GeneratedCertificate extends DynamicResource {
  /** PEM, also the authority to trust. */
  declare readonly certificate: pulumi.Output<string>;
  /** PEM. */
  declare readonly privateKey: pulumi.Output<string>;
  constructor(name: string, names: readonly pulumi.Input<string>[], opts: pulumi.CustomResourceOptions) {
    const options = pulumi.mergeOptions(opts, { additionalSecretOutputs: ["privateKey"] });
    const outputs = ["certificate", "privateKey"];
    super("GeneratedCertificate", { name: "generatedCertificate", methods }, name, { names }, outputs, options);
  }
}
