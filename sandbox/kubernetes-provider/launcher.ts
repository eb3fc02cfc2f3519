// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.

/** What tells it from the real plugin. */
export const standInMark = "# Stand-in of the Pulumi engine's kubernetes provider";

/** A shell script that starts the stand-in: the engine wants one executable named `pulumi-resource-kubernetes`. */
export function launcherScript(nodePath: string, mainJs: string): string {
  return [
    "#!/bin/sh",
    `${standInMark}, made by the sandbox.`,
    `exec ${quoted(nodePath)} ${quoted(mainJs)} "$@"`,
    "",
  ].join("\n");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
