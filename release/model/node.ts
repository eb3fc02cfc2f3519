/** The oldest Node that this package runs on; `engines` in package.json says the same. */
export const oldestNode = "22.19";

/**
 * What to tell people whose Node is too old, in one line; undefined where it will do. Asked before anything else of this
 * package is loaded, so this file needs nothing and is understood by a Node of long ago.
 */
export function nodeProblem(version: string = process.versions.node): string | undefined {
  const [oldMajor = 0, oldMinor = 0] = oldestNode.split(".").map(Number);
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > oldMajor || (major === oldMajor && minor >= oldMinor)) return undefined;
  return `pulumi-apisix-canary needs Node ${oldestNode} or newer, and this is ${version}: install that, or put it first on PATH`;
}
