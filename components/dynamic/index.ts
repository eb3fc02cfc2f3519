/** Resources whose provider is this package's own runtime. */
import * as pulumi from "@pulumi/pulumi";

type Method = "check" | "diff" | "create" | "update" | "delete";

/** What runs for a dynamic resource: an export of `pulumi-apisix-canary/release`, and which of its methods. */
export interface Runtime {
  readonly name: string;
  readonly methods: readonly Method[];
}

/**
 * Text of the provider as Pulumi keeps it in its state, and runs it in a process of its own; an older state runs an
 * older release's text. So it holds no path and nothing of ours but the name of this package's runtime. Written out
 * rather than serialized from a function by `pulumi.dynamic.Resource`: that loads the TypeScript compiler in every
 * preview and update, and the text would change with it.
 */
function providerText({ name, methods }: Runtime): string {
  return `const runtime = async () => {
  const release = await import("pulumi-apisix-canary/release");
  release.endWithTheEngine();
  return release.${name};
};
exports.handler = () => ({
${methods.map((method) => `  ${method}: async (...given) => (await runtime()).${method}(...given),`).join("\n")}
});
`;
}

/** Version of the package's own provider, where that constructs the components. */
let providerVersion: string | undefined;

/**
 * From now on the resources of this process belong to the package's own provider, which runs the same runtime: what
 * `pulumi-resource-apisix-canary` says when it begins. Programs in TypeScript need no plugin: theirs are dynamic.
 */
export function useOwnProvider(version: string): void {
  providerVersion = version;
}

/** Whether they do. */
export function isOwnProvider(): boolean {
  return providerVersion !== undefined;
}

/** A dynamic resource: the type token sends it to Pulumi's dynamic provider, which runs the text. */
export abstract class DynamicResource extends pulumi.CustomResource {
  /** @param outputs names of what the runtime adds to the inputs */
  protected constructor(
    type: string,
    runtime: Runtime,
    name: string,
    inputs: object,
    outputs: readonly string[],
    opts: pulumi.CustomResourceOptions,
  ) {
    const known = Object.fromEntries(outputs.map((output) => [output, undefined]));
    const props = { ...inputs, ...known };
    if (providerVersion === undefined)
      super(`pulumi-nodejs:dynamic/apisix-canary:${type}`, name, { ...props, __provider: providerText(runtime) }, opts);
    else super(`apisix-canary:index:${type}`, name, props, { ...opts, version: providerVersion });
  }
}
