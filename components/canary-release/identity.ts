import { createHmac } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { canonicalJson } from "../../release/model/index.js";
import { isPlain, opened } from "../arguments/index.js";
import { contentHash } from "../kubernetes/index.js";

const hexDigits = 10;

/**
 * Identities of contents: ten hex digits, the same for the same content, that may stand in names and annotations. Of what
 * is secret they are made with a key, so that nobody can try values until one fits.
 */
export class ContentIdentity {
  private known: pulumi.Output<string> | undefined;

  /** @param makeKey makes a secret that stays the same over the life of the release; called once at most */
  constructor(private readonly makeKey: () => pulumi.Output<string>) {}

  /** At once for what is plain and not secret. */
  of(content: unknown, { isSecret = false } = {}): string | pulumi.Output<string> {
    if (isPlain(content)) return isSecret ? this.keyed(opened(content)) : contentHash(content);
    const whole = opened(content);
    if (isSecret) return this.keyed(whole);
    return pulumi
      .output(pulumi.isSecret(whole))
      .apply((hasSecrets) => (hasSecrets ? this.keyed(whole) : whole.apply(contentHash)));
  }

  private keyed(content: pulumi.Output<unknown>): pulumi.Output<string> {
    const hashed = pulumi
      .all([content, this.key])
      .apply(([plain, key]) =>
        createHmac("sha256", key).update(canonicalJson(plain)).digest("hex").slice(0, hexDigits),
      );
    return pulumi.unsecret(hashed);
  }

  private get key(): pulumi.Output<string> {
    return (this.known ??= this.makeKey());
  }
}
