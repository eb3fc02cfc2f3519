import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";

export const root = path.resolve(__dirname, "../../../..");

const packed = z
  .array(
    z.object({
      size: z.number(),
      unpackedSize: z.number(),
      files: z.array(z.object({ path: z.string(), size: z.number() })),
    }),
  )
  .length(1);

export interface Tarball {
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: ReadonlySet<string>;
}

/** What `npm pack` would put into the package, without building anything anew. */
export function tarball(): Tarball {
  const argv = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const [found] = packed.parse(JSON.parse(execFileSync("npm", argv, { cwd: root, encoding: "utf8" })));
  if (found === undefined) throw new Error("npm packed nothing");
  const { size, unpackedSize, files } = found;
  return { size, unpackedSize, files: new Set(files.map((file) => file.path)) };
}

export const manifest = z
  .looseObject({
    dependencies: z.record(z.string(), z.string()),
    devDependencies: z.record(z.string(), z.string()),
    peerDependencies: z.record(z.string(), z.string()),
    keywords: z.array(z.string()),
  })
  .parse(JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")));

const entry = z.object({
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
  peerDependencies: z.record(z.string(), z.string()).default({}),
  peerDependenciesMeta: z.record(z.string(), z.object({ optional: z.boolean().default(false) })).default({}),
});

/** Folders of all packages that come with these, as the lock file has them. */
export function treeOf(names: readonly string[]): ReadonlySet<string> {
  const { packages } = z
    .object({ packages: z.record(z.string(), entry) })
    .parse(JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8")));
  const found = new Set<string>();
  const visit = (from: string, name: string): void => {
    const place = placeOf(packages, from, name);
    if (place === undefined || found.has(place)) return;
    found.add(place);
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } =
      packages[place] ?? entry.parse({});
    const peers = Object.keys(peerDependencies).filter((peer) => peerDependenciesMeta[peer]?.optional !== true);
    for (const next of [...Object.keys(dependencies), ...Object.keys(optionalDependencies), ...peers])
      visit(place, next);
  };
  for (const name of names) visit("", name);
  return found;
}

/** The nearest folder upwards that has it, as Node looks for it. */
function placeOf(packages: Readonly<Record<string, unknown>>, from: string, name: string): string | undefined {
  for (let folder = from; ;) {
    const place = `${folder === "" ? "" : `${folder}/`}node_modules/${name}`;
    if (place in packages) return place;
    if (folder === "") return undefined;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")));
  }
}
