/** A takeover as a resource: its runtime is loaded only where there is one. */
import type { Checked, Inputs } from "../values.js";

const load = () => import("./provider.js");

export const adoption = {
  check: async (olds: Inputs, news: Inputs): Promise<Checked> => (await load()).check(olds, news),
  diff: async (_id: string, olds: Inputs, news: Inputs) => (await load()).diff(olds, news),
  create: async (news: Inputs) => {
    const id = "adoption";
    try {
      return { id, outs: await (await load()).adopt(news) };
    } catch (error) {
      throw halfDone(error, id, news);
    }
  },
  update: async (_id: string, _olds: Inputs, news: Inputs) => ({ outs: await (await load()).adopt(news) }),
  delete: async (_id: string, olds: Inputs) => (await load()).giveBack(olds),
};

/** Kept in the state: the next update goes on from there, and a destroy takes back what was done. */
function halfDone(error: unknown, id: string, properties: Inputs): Error {
  const message = error instanceof Error ? error.message : String(error);
  const kept = Object.assign(new Error(message), { id, properties, reasons: [message] });
  kept.stack = message;
  return kept;
}
