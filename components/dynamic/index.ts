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
    const props = { ...inputs, ...known, __provider: providerText(runtime) };
    super(`pulumi-nodejs:dynamic/apisix-canary:${type}`, name, props, opts);
  }
}
