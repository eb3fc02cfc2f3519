/** Secrets that are made once and kept: the runtime of `components/credentials`. */
import { randomBytes, randomInt } from "node:crypto";

interface Names {
  readonly names: readonly string[];
}

/** Makes a key once. */
export const generatedKey = {
  diff: () => Promise.resolve({ changes: false }),
  create: () => Promise.resolve({ id: "key", outs: { value: makeKey() } }),
};

/** Makes a certificate once, and another one for other names. */
export const generatedCertificate = {
  diff: (_id: string, olds: Partial<Names>, news: Names) => {
    const changed = JSON.stringify(olds.names) !== JSON.stringify(news.names);
    return Promise.resolve(changed ? { changes: true, replaces: ["names"] } : { changes: false });
  },
  create: async ({ names }: Names) => ({ id: "certificate", outs: { names, ...(await makeCertificate(names)) } }),
};

const keyBytes = 24;
const validDays = 3650;
const letters = "abcdef";

/**
 * A random key, 48 hex digits of which the first is a letter: APISIX takes what looks like a number in its environment
 * ("123…", "12e4…") for one, and then no key fits.
 */
function makeKey(): string {
  return letters.charAt(randomInt(letters.length)) + randomBytes(keyBytes).toString("hex").slice(1);
}

interface ServingCertificate {
  /** PEM; signed by itself, so that it is also the authority that clients must trust. */
  readonly certificate: string;
  readonly privateKey: string;
}

/** A serving certificate for the names of a Service, valid for ten years. */
async function makeCertificate(names: readonly string[]): Promise<ServingCertificate> {
  // A library of some size that releases never need.
  const { generate } = await import("../../bundled/certificates.js");
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
