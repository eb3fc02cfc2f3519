import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import type { Metafile, Plugin } from "esbuild";
import { z } from "zod";

// `node dist/bundled/write.js`: each file of this room with its packages in it, in place of what the compiler wrote.

const root = path.resolve(__dirname, "../..");
const entries = ["certificates", "formatter", "kubeconfig", "metrics", "statistics"];

/** Its generated models do nothing when they are loaded; the package forgets to say so. */
const unusedMayGo: Plugin = {
  name: "unused-may-go",
  setup: (bundler) => {
    bundler.onResolve({ filter: /^(\.|@kubernetes\/client-node)/ }, async ({ path: asked, pluginData, ...from }) => {
      if (pluginData === unusedMayGo) return undefined;
      const found = await bundler.resolve(asked, { ...from, pluginData: unusedMayGo });
      return found.path.includes("/@kubernetes/client-node/") ? { path: found.path, sideEffects: false } : undefined;
    });
  },
};

/** HTTP for the client library's own requests, three quarters of its bundle: ours are made with Node's (`applyToHTTPSOptions`). */
const withoutUndici: Plugin = {
  name: "without-undici",
  setup: (bundler) => {
    bundler.onResolve({ filter: /^undici$/ }, () => ({ path: "undici", namespace: "left-out" }));
    bundler.onLoad({ filter: /.*/, namespace: "left-out" }, () => ({
      contents: `const leftOut = () => { throw new Error("undici is not bundled: ask with applyToHTTPSOptions"); };
export { leftOut as Agent, leftOut as ProxyAgent, leftOut as fetch };`,
    }));
  },
};

const manifest = z.object({ name: z.string(), version: z.string(), license: z.string().default("see its text") });

/** Folders of the packages whose code is in the bundles. */
function packagesIn({ inputs }: Metafile): readonly string[] {
  const folders = Object.keys(inputs).flatMap((file) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  return [...new Set(folders)].toSorted();
}

/** Name, version and licence of a package, with the text that its licence asks to be kept. */
function licenceOf(folder: string): string {
  const { name, version, license } = manifest.parse(
    JSON.parse(readFileSync(path.join(root, folder, "package.json"), "utf8")),
  );
  const texts = readdirSync(path.join(root, folder)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  const kept = texts.map((file) => readFileSync(path.join(root, folder, file), "utf8").trim());
  return [`${name} ${version} (${license})`, ...kept].join("\n\n");
}

/** The same text is kept once, below the packages it is of. */
function licences(folders: readonly string[]): string {
  const owners = new Map<string, string[]>();
  for (const folder of folders) {
    const [head = "", ...texts] = licenceOf(folder).split("\n\n");
    const text = texts.join("\n\n");
    owners.set(text, [...(owners.get(text) ?? []), head]);
  }
  const parts = [...owners].map(([text, heads]) => [...heads, "", text].join("\n").trim());
  return `${parts.join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

async function main(): Promise<void> {
  const sources = entries.map((entry) => path.join(root, "bundled", `${entry}.ts`));
  const missing = sources.filter((file) => !existsSync(file));
  if (missing.length > 0) throw new Error(`there is no ${missing.join(", ")}`);
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: sources,
    outdir: path.join(root, "dist/bundled"),
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node22",
    minify: true,
    metafile: true,
    legalComments: "none",
    logLevel: "warning",
    plugins: [unusedMayGo, withoutUndici],
  });
  writeFileSync(path.join(root, "dist/bundled/LICENSES.txt"), licences(packagesIn(metafile)));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
