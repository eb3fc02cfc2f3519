import * as pulumi from "@pulumi/pulumi";
import { received } from "../../release/settings/index.js";

/** One resource as the engine hears of it. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

/** What our own runtime would make, by type. */
const made: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  GeneratedKey: { value: "generated-key" },
  GeneratedCertificate: { certificate: "generated-certificate", privateKey: "generated-private-key" },
};

/** Runs a program under Pulumi's mocks; all resources that it registers, when all of them are. Throws what it throws. */
export async function register(program: () => unknown): Promise<readonly Registered[]> {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      const given = { ...(inputs as Record<string, unknown>) };
      registered.push({ type, name, inputs: given });
      return { id: `${name}-id`, state: { ...given, ...made[type.split(":").at(-1) ?? ""] } };
    },
    call: () => ({}),
  });
  await program();
  await pulumi.runtime.disconnect();
  return registered;
}

/** Values of outputs by name, secret ones too, as they become known; the rest is left out. */
export function knownOf(outputs: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const known: Record<string, unknown> = {};
  for (const [name, output] of Object.entries(outputs))
    if (output !== undefined) pulumi.unsecret(pulumi.output(output)).apply((value) => (known[name] = value));
  return known;
}

/** The message of the one error that a program ends with; "" where it does not. */
export async function refusal(program: () => unknown): Promise<string> {
  try {
    await register(program);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What the runtime is told of a release by the inputs of a dynamic resource. */
export function settingsOf(inputs: unknown): unknown {
  const [settings, computed] = [at(inputs, "settings"), at(inputs, "computed")];
  // A secret in it makes all of it one, under mocks.
  return typeof settings === "string" ? received(settings, at(computed, "value") ?? computed) : undefined;
}

/** Follows a path into untyped inputs. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** Inputs of the resources of one kind, by the object's name. */
export function byName(all: readonly Registered[], kind: string): Readonly<Record<string, Record<string, unknown>>> {
  const found = all.filter(({ type }) => type.endsWith(`:${kind}`));
  return Object.fromEntries(found.map(({ inputs }) => [String(at(inputs, "metadata", "name")), inputs]));
}

/** Inputs of the only resource of a kind whose object's name begins so. */
export function only(all: readonly Registered[], kind: string, prefix = ""): Record<string, unknown> {
  const found = Object.entries(byName(all, kind)).filter(([name]) => name.startsWith(prefix));
  if (found.length !== 1) throw new Error(`${found.length} resources of kind ${kind} begin with "${prefix}", not one`);
  return found[0]?.[1] ?? {};
}
