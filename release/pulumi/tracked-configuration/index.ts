/** ConfigMaps and Secrets that a template only refers to, as a resource: its runtime is loaded only where there is one. */
import type { Checked, Inputs } from "../values.js";

const load = () => import("./provider.js");

export const trackedConfiguration = {
  check: async (olds: Inputs, news: Inputs): Promise<Checked> => (await load()).check(olds, news),
  diff: async (_id: string, olds: Inputs, news: Inputs) => (await load()).diff(olds, news),
  create: async (news: Inputs) => {
    const outs = await (await load()).make(news);
    return { id: `${String(outs["namespace"])}/${String(outs["release"])}/configuration`, outs };
  },
  update: async (_id: string, _olds: Inputs, news: Inputs) => ({ outs: await (await load()).make(news) }),
};
