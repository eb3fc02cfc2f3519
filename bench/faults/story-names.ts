/** Whether a story is among the asked: by its own name (`ab-rollback`), or by what it tells of (`ab`). */
export function isStoryOf(asked: readonly string[], story: string): boolean {
  return asked.some((name) => story === name || story.startsWith(`${name}-`));
}

/** Throws where nobody tells what was asked for. */
export function refuseUnknownStories(asked: readonly string[], told: readonly string[]): void {
  const unknown = asked.find((name) => !told.some((story) => isStoryOf([name], story)));
  if (unknown !== undefined) throw new Error(`--story: no story ${unknown}; one of ${told.join(", ")}`);
}
