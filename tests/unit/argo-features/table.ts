import type { Answer, Chapter, Feature } from "./feature.js";

/** Of `release/settings/REFERENCE.md`: every property, with the section that it is in. */
export function settingsOf(reference: string): ReadonlySet<string> {
  const found = new Set<string>();
  let section = "";
  for (const line of reference.split("\n")) {
    const heading = /^## `([^`]+)`/.exec(line)?.[1];
    if (heading !== undefined) section = heading.replaceAll("[]", "");
    const property = /^\| `([^`]+)`/.exec(line)?.[1];
    if (property !== undefined) found.add(`${section}.${property}`);
  }
  return found;
}

export function answerTo({ answer, since }: Feature, settings: ReadonlySet<string>): Answer {
  return since !== undefined && settings.has(since.setting) ? since : answer;
}

const documentation = "https://argo-rollouts.readthedocs.io/en/stable";

function sourceOf({ source }: Feature): string {
  const page = source.replace(/(^|\/)index\.md$/, "$1").replace(/\.md$/, "/");
  return `[${source}](${documentation}/${page})`;
}

/** The page for people. */
export function featuresPage(chapters: readonly Chapter[], settings: ReadonlySet<string>): string {
  const tables = chapters.map(({ title, features }) =>
    [
      `## ${title}`,
      "",
      "| Argo Rollouts | here | how | source |",
      "| --- | --- | --- | --- |",
      ...features.map((each) => {
        const { have, here } = answerTo(each, settings);
        return `| ${each.feature} | ${have} | ${here} | ${sourceOf(each)} |`;
      }),
    ].join("\n"),
  );
  return [
    "# Argo Rollouts' features, one by one",
    "",
    "What Argo Rollouts can do by its own documentation (between 1.9 and 1.10, 17 August 2026; the page is the last column), and what there is here. Written by `npm run reference`, which looks whether the settings named are there.",
    "",
    "- **have**: the same for the one who uses it.",
    "- **differently**: the purpose is met in another way, which is named.",
    "- **not**: not there.",
    "",
    ...tables.flatMap((table) => [table, ""]),
  ].join("\n");
}
