import * as pulumi from "@pulumi/pulumi";
import { refusalOf } from "../errors/index.js";
import type { CanaryReleaseArgs } from "./args.js";
import type { RuntimeInputs } from "./dynamic.js";

type Access = Pick<RuntimeInputs, "kubeconfig" | "context" | "cluster">;
type Text = pulumi.Input<string | undefined>;

/**
 * How the runtime reaches the very cluster that the component's typed resources are in: by the release's own arguments,
 * else as its provider does, else by the stack's `kubernetes:*` configuration, else by the environment.
 * @throws ResourceError where the provider does not tell
 */
export function accessOf(
  component: pulumi.Resource,
  { kubeconfig, context }: Pick<CanaryReleaseArgs, "kubeconfig" | "context">,
): Access {
  const own = { ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) };
  const found = kubeconfig === undefined ? { ...programsAccess(component), ...own } : own;
  return found.kubeconfig === undefined ? found : { ...found, kubeconfig: pulumi.secret(found.kubeconfig) };
}

function programsAccess(component: pulumi.Resource): Access {
  const provider = component.getProvider("kubernetes:core/v1:ConfigMap");
  return provider === undefined ? configured() : told(component, provider);
}

/** What the default provider goes by. */
function configured(): Access {
  const config = new pulumi.Config("kubernetes");
  const context = config.get("context");
  const cluster = config.get("cluster");
  // As a secret whether it is one or not: reading it plainly would warn.
  const kubeconfig = config.get("kubeconfig") === undefined ? undefined : config.requireSecret("kubeconfig");
  return known({ kubeconfig, context, cluster });
}

/** An explicit provider keeps what it was made with as outputs, which its type does not show. */
function told(component: pulumi.Resource, provider: pulumi.ProviderResource): Access {
  const property = (name: string): pulumi.Output<string | undefined> | undefined => {
    const value: unknown = Reflect.get(provider, name);
    return pulumi.Output.isInstance<string | undefined>(value) ? value : undefined;
  };
  const kubeconfig = property("kubeconfig");
  if (kubeconfig === undefined)
    throw refusalOf(
      component,
      "kubeconfig: the component's Kubernetes provider does not tell which cluster it is for: pass the same kubeconfig (and context) to the release itself",
    );
  return known({
    kubeconfig: kubeconfig.apply(unlessAmbient),
    context: property("context"),
    cluster: property("cluster"),
  });
}

/** A provider without a kubeconfig of its own takes KUBECONFIG, which may be a list of files; so does the runtime. */
function unlessAmbient(kubeconfig: string | undefined): string | undefined {
  return kubeconfig === process.env["KUBECONFIG"] ? undefined : kubeconfig;
}

function known(access: Readonly<Record<keyof Access, Text>>): Access {
  return Object.fromEntries(Object.entries(access).filter(([, value]) => value !== undefined));
}
