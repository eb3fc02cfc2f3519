import { sharedApiServer } from "../adapters/kubernetes/index.js";
import type { ApiServer } from "../adapters/kubernetes/index.js";
import { canonicalJson } from "../model/index.js";
import { textOf } from "./values.js";
import type { Inputs } from "./values.js";

/** Inputs of a resource that its provider reads in the cluster: so a preview shows them, and what changes them is a difference. */

/** A preview waits no longer than this for an API server. */
export const patienceMs = 5_000;

const clusterKeys = ["kubeconfig", "context", "cluster"] as const;

export function apiServerOf(inputs: Inputs): ApiServer {
  const [kubeconfig, context, cluster] = clusterKeys.map((key) => textOf(inputs[key]));
  return sharedApiServer({ kubeconfig, context, cluster });
}

/** Which inputs are read, and what they are the answer to. */
export class ReadInputs<Key extends string> {
  /**
   * @param keys of the inputs that are read, not given; the first of them is there wherever there is an answer
   * @param questionOf null or undefined where it can't be told
   */
  constructor(
    private readonly keys: readonly [Key, ...Key[]],
    private readonly questionOf: (inputs: Inputs) => unknown,
  ) {}

  isAnswered(inputs: Inputs): boolean {
    return inputs[this.keys[0]] !== undefined;
  }

  /** With what was read before, where the question is the same: it still stands when nobody answers. */
  kept(olds: Inputs, news: Inputs): Inputs {
    return this.question(olds) === this.question(news) ? { ...news, ...this.answer(olds) } : news;
  }

  diff(olds: Inputs, news: Inputs): { readonly changes: boolean } {
    return { changes: !this.isAnswered(news) || this.comparable(olds) !== this.comparable(news) };
  }

  private question(inputs: Inputs): string {
    return canonicalJson(this.questionOf(inputs) ?? null);
  }

  private comparable(inputs: Inputs): string {
    return canonicalJson([this.questionOf(inputs) ?? null, this.answer(inputs)]);
  }

  private answer(inputs: Inputs): Inputs {
    return Object.fromEntries(this.keys.flatMap((key) => (inputs[key] === undefined ? [] : [[key, inputs[key]]])));
  }
}
