import { readFileSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";

const packageSchema = z.object({ version: z.string(), dependencies: z.record(z.string(), z.string()) });

/** Writes a Pulumi project of its own around a program. @throws Error where the folder has something in it */
export async function writeProject(folder: string, name: string, program: string): Promise<readonly string[]> {
  const found = await readdir(folder).catch(() => []);
  if (found.length > 0) throw new Error(`${folder} is not empty: give another folder`);
  const files = {
    "index.ts": program,
    "Pulumi.yaml": `name: ${name}\ndescription: Progressive delivery of ${name}\nruntime: nodejs\nmain: index.ts\n`,
    "package.json": `${JSON.stringify(packageOf(name), undefined, 2)}\n`,
    "tsconfig.json": `${JSON.stringify({ compilerOptions }, undefined, 2)}\n`,
  };
  await mkdir(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(path.join(folder, file), text);
  return Object.keys(files);
}

const compilerOptions = {
  target: "ES2022",
  module: "nodenext",
  moduleResolution: "nodenext",
  strict: true,
  skipLibCheck: true,
  noEmit: true,
};

/** With the very SDK that this package has: there must be one copy of it. */
function packageOf(name: string): object {
  const own = packageSchema.parse(JSON.parse(readFileSync(path.join(__dirname, "../../../package.json"), "utf8")));
  const sdk = "@pulumi/pulumi";
  return {
    name,
    private: true,
    dependencies: { [sdk]: own.dependencies[sdk] ?? "*", "pulumi-apisix-canary": own.version },
    devDependencies: { "@types/node": "^22", typescript: "^5 || ^6" },
  };
}
