import { makeCertificate, makeKey } from "./make.js";

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
