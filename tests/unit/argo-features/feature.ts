/** What Argo Rollouts can do, where its documentation says so, and what there is here. */

export interface Answer {
  readonly have: "have" | "differently" | "not";
  readonly here: string;
}

export interface Feature {
  readonly feature: string;
  /** Page of Argo Rollouts' documentation, below `docs/`. */
  readonly source: string;
  readonly answer: Answer;
  /** With this setting there is another answer. */
  readonly since?: Answer & { readonly setting: string };
}

export interface Chapter {
  readonly title: string;
  readonly features: readonly Feature[];
}

export const have = (here: string): Answer => ({ have: "have", here });
export const differently = (here: string): Answer => ({ have: "differently", here });
export const not = (here: string): Answer => ({ have: "not", here });
