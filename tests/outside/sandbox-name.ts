/** The sandbox that these tests look at from outside: `tests/run.ts` has one running. */
export function sandboxName(): string {
  const name = process.env["TEST_SANDBOX"];
  if (name === undefined) throw new Error("these tests need a running sandbox: npm run test:e2e");
  return name;
}
