/** What the program's exit code says; the table in README.md is the same, by a test. */
export const exitCodes = {
  done: 0,
  failed: 1,
  interrupted: 130,
} as const;
