import { randomBytes, randomInt } from "node:crypto";

const keyBytes = 24;
const validDays = 3650;

/**
 * A random key, 48 hex digits of which the first is a letter: APISIX takes what looks like a number in its environment
 * ("123…", "12e4…") for one, and then no key fits.
 */
export function makeKey(): string {
  return letters.charAt(randomInt(letters.length)) + randomBytes(keyBytes).toString("hex").slice(1);
}

const letters = "abcdef";

export interface ServingCertificate {
  /** PEM; signed by itself, so that it is also the authority that clients must trust. */
  readonly certificate: string;
  readonly privateKey: string;
}

/** A serving certificate for the names of a Service, valid for ten years. */
export async function makeCertificate(names: readonly string[]): Promise<ServingCertificate> {
  // A library of some size that releases never need.
  const { generate } = await import("../../../bundled/certificates.js");
  const [commonName = "service"] = names;
  const notAfterDate = new Date(Date.now() + validDays * 86_400_000);
  const made = await generate([{ name: "commonName", value: commonName }], {
    keySize: 2048,
    algorithm: "sha256",
    notAfterDate,
    extensions: [
      { name: "basicConstraints", cA: true },
      { name: "subjectAltName", altNames: names.map((value) => ({ type: 2, value })) },
    ],
  });
  return { certificate: made.cert, privateKey: made.private };
}
