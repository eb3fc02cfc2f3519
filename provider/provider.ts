import * as pulumi from "@pulumi/pulumi";
import { cancelRuns } from "../release/pulumi/engine-exit.js";
import { packageVersion, schemaText } from "./package.js";
import * as steps from "./steps.js";

/**
 * The provider of the package `apisix-canary`, as Pulumi's provider protocol wants it. Everything that takes time to
 * load comes with the first call that needs it: the engine asks for a schema or a version often.
 */
function createProvider(): pulumi.provider.Provider {
  return {
    version: packageVersion(),
    // Async: its errors are answers.
    // eslint-disable-next-line @typescript-eslint/require-await
    getSchema: async () => schemaText(),
    construct: async (name, type, inputs, options) => {
      const { construct } = await import("./components.js");
      return construct(name, type, inputs, options);
    },
    check: (urn, olds: unknown, news: unknown) => steps.check(urn, olds, news),
    diff: (id, urn, olds: unknown, news: unknown) => steps.diff(urn, id, olds, news),
    create: (urn, inputs: unknown) => steps.create(urn, inputs),
    update: (id, urn, olds: unknown, news: unknown) => steps.update(urn, id, olds, news),
    delete: (id, urn, props: unknown) => steps.remove(urn, id, props),
    // Not waited for: the running steps answer for themselves, and the engine cancels one provider after the other.
    cancel: () => {
      void cancelRuns("the update was cancelled");
      return Promise.resolve();
    },
  };
}

/** Serves the provider until this process ends; prints its port. */
export function serve(args: readonly string[]): Promise<void> {
  return pulumi.provider.main(createProvider(), [...args]);
}
