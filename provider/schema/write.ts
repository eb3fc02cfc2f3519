// `npm run build`: writes the schema beside the compiled provider. Needs the TypeScript compiler; the provider doesn't.
import { writeFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { componentsFile, packageVersion, schemaFile } from "../package.js";
import { packageSpec } from "./package-spec.js";

const root = path.resolve(__dirname, "../../..");

/** As the package itself is compiled. */
function compilerOptions(): ts.CompilerOptions {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined };
  return ts.getParsedCommandLineOfConfigFile(path.join(root, "tsconfig.json"), {}, host)?.options ?? {};
}

const { schema, components } = packageSpec(packageVersion(), path.join(root, "components/index.ts"), compilerOptions());
const folder = path.join(root, "dist/provider");
writeFileSync(path.join(folder, schemaFile), `${JSON.stringify(schema)}\n`);
writeFileSync(path.join(folder, componentsFile), `${JSON.stringify(components)}\n`);
