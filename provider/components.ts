import * as pulumi from "@pulumi/pulumi";
import * as components from "../components/index.js";
import { useOwnProvider } from "../components/dynamic/index.js";
import { componentShapes, packageVersion } from "./package.js";
import { settled } from "./settled.js";

const packageName = "apisix-canary";

/** Components of this process by URN: what a reference in another component's arguments means. */
const constructed = new Map<string, pulumi.Resource>();

useOwnProvider(packageVersion());
pulumi.runtime.registerResourceModule(packageName, "index", {
  version: packageVersion(),
  construct: (name, type, urn) => {
    const found = constructed.get(urn);
    if (found === undefined)
      throw new Error(
        `${name} (${type}) was made by another plugin process: use one version of apisix-canary in a program`,
      );
    return found;
  },
});

/**
 * Makes a component for a program in another language.
 * @throws Error in one line for a type that is none, or for arguments that the class refuses.
 */
export async function construct(
  name: string,
  type: string,
  inputs: pulumi.Inputs,
  options: pulumi.ComponentResourceOptions,
): Promise<pulumi.provider.ConstructResult> {
  const [, , className = ""] = type.split(":");
  const shapes = componentShapes();
  const shape = Object.hasOwn(shapes, className) ? shapes[className] : undefined;
  if (shape === undefined) throw new Error(`${type} is not a component of this package`);
  const component = create(className, name, await settled(inputs, shape.arguments), options);
  const urn = await urnOf(component);
  constructed.set(urn, component);
  const state = Object.fromEntries(shape.outputs.map((output) => [output, Reflect.get(component, output)]));
  return { urn, state };
}

/** By reflection, since arguments come as a bag: each class checks its own. */
function create(className: string, ...given: readonly unknown[]): pulumi.ComponentResource {
  const found: unknown = Reflect.get(components, className);
  const made: unknown = typeof found === "function" ? Reflect.construct(found, given) : undefined;
  if (made instanceof pulumi.ComponentResource) return made;
  throw new Error(`${className} is not a component of this package`);
}

function urnOf(component: pulumi.Resource): Promise<string> {
  return new Promise((resolve) => component.urn.apply(resolve));
}
