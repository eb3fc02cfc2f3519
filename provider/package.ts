import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";

/** What the provider knows of an argument: whether the class takes outputs there, and further in. */
export interface ArgumentShape {
  /** The class wants a value, not an output. */
  readonly plain?: boolean | undefined;
  /** The class keeps it secret by itself. */
  readonly secret?: boolean | undefined;
  readonly properties?: Readonly<Record<string, ArgumentShape>> | undefined;
  /** Of a list's items, or of a map's values. */
  readonly each?: ArgumentShape | undefined;
}

const argumentShape: z.ZodType<ArgumentShape> = z.strictObject({
  plain: z.boolean().optional(),
  secret: z.boolean().optional(),
  get properties() {
    return z.record(z.string(), argumentShape).optional();
  },
  get each() {
    return argumentShape.optional();
  },
});

/** One component class: its arguments, and which of its properties are outputs for other languages. */
export interface ComponentShape {
  readonly arguments: ArgumentShape;
  readonly outputs: readonly string[];
}

const components = z.record(z.string(), z.strictObject({ arguments: argumentShape, outputs: z.array(z.string()) }));
const packageFile = z.looseObject({ version: z.string() });

/** Both are written by the build beside this file. */
export const schemaFile = "schema.json";
export const componentsFile = "components.json";

/** The version of this package; also the plugin's. */
export function packageVersion(): string {
  return packageFile.parse(JSON.parse(readFileSync(path.join(__dirname, "../../package.json"), "utf8"))).version;
}

/**
 * Pulumi's package schema.
 * @throws Error in one line where the package was not built.
 */
export function schemaText(): string {
  return built(schemaFile);
}

/**
 * The component classes, by name.
 * @throws Error in one line where the package was not built.
 */
export function componentShapes(): Readonly<Record<string, ComponentShape>> {
  return components.parse(JSON.parse(built(componentsFile)));
}

function built(name: string): string {
  const file = path.join(__dirname, name);
  if (existsSync(file)) return readFileSync(file, "utf8");
  throw new Error(`apisix-canary: the package is not built (provider/${name} is missing); run npm run build`);
}
