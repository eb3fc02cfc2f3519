import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { format } from "prettier";
import { releaseRole } from "../components/permissions/index.js";
import type { PermissionRule, ReleaseRoleOptions } from "../components/permissions/index.js";

export const permissionsFile = path.resolve(__dirname, "../../docs/permissions.md");

/** What each option adds to a release without any. */
const options: Readonly<Record<string, ReleaseRoleOptions>> = {
  always: {},
  "`autoscaler: true`": { autoscaler: true },
  '`autoscaler: "external"`': { autoscaler: "external" },
  "`configs`": { configs: true },
  "`secrets`": { secrets: true },
  "`tls`": { tls: true },
  "`scheme`": { scheme: true },
  "`routeRef`": { routeRef: true },
  "`revertOnDeletion`": { revertOnDeletion: true },
  '`adopt: "deployment"`': { adopt: "deployment" },
  '`adopt: "flaggerCanary"`': { adopt: "flaggerCanary" },
};

/** The page with its table of rules as the code has them now. */
export function currentPermissions(): Promise<string> {
  const rows = Object.entries(options).flatMap(([title, each]) =>
    added(each, title === "always").map(({ name, verbs }) => `| ${title} | \`${name}\` | ${verbs.join(", ")} |`),
  );
  const table = ["| for | on | verbs |", "|---|---|---|", ...rows].join("\n");
  const page = readFileSync(permissionsFile, "utf8");
  const written = page.replace(/(<!-- rules -->)[^]*?(<!-- end of rules -->)/, `$1\n\n${table}\n\n$2`);
  return format(written, { parser: "markdown", printWidth: 120 });
}

function added(
  each: ReleaseRoleOptions,
  isBase: boolean,
): readonly { readonly name: string; readonly verbs: readonly string[] }[] {
  const before = new Map(isBase ? [] : releaseRole().rules.map((rule) => [nameOf(rule), rule.verbs]));
  return releaseRole(each).rules.flatMap((rule) => {
    const verbs = rule.verbs.filter((verb) => before.get(nameOf(rule))?.includes(verb) !== true);
    return verbs.length === 0 ? [] : [{ name: nameOf(rule), verbs }];
  });
}

function nameOf({ apiGroups: [group = ""], resources: [resource = ""] }: PermissionRule): string {
  return group === "" ? resource : `${resource.replace(/(?=\/|$)/, `.${group}`)}`;
}

// `npm run reference`: writes it.
if (require.main === module) void currentPermissions().then((page) => writeFileSync(permissionsFile, page));
