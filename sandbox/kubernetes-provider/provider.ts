// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.
import { existsSync } from "node:fs";
import { KubeConfig } from "@kubernetes/client-node";
import { ApiClient } from "./client.js";
import { Discovery } from "./discovery.js";
import { EngineLog } from "./engine-log.js";
import type { ResourceLog } from "./engine-log.js";
import type { Cluster } from "./contract.js";
import { isObject, plain, unknownMarker } from "./values.js";
import type { ValueObject } from "./values.js";

/** A configured provider. */
export interface Provider {
  readonly cluster: Cluster;
  readonly defaultNamespace: string;
}

/** Makes a provider from its configuration; a kubeconfig that can't be used fails later, with the first request. */
export function configured(
  args: ValueObject,
  signal: AbortSignal,
  log: ResourceLog = new EngineLog(undefined),
): Provider {
  const setting = (name: string): string | undefined => {
    const value = plain(args[name] ?? null);
    if (isObject(value)) return JSON.stringify(value);
    return typeof value === "string" && value !== "" && value !== unknownMarker ? value : undefined;
  };
  const { config, failure } = kubeConfig(setting("kubeconfig"), setting("context"));
  const client = new ApiClient(config, failure);
  return {
    cluster: { client, discovery: new Discovery(client), signal, log },
    defaultNamespace: setting("namespace") ?? namespaceOf(config) ?? "default",
  };
}

function kubeConfig(
  source: string | undefined,
  context: string | undefined,
): { config?: KubeConfig; failure?: string } {
  const config = new KubeConfig();
  try {
    if (source === undefined) config.loadFromDefault();
    else if (existsSync(source)) config.loadFromFile(source);
    else config.loadFromString(source);
    if (context !== undefined && config.getContextObject(context) === null) {
      return { failure: `the kubeconfig has no context ${context}` };
    }
    if (context !== undefined) config.setCurrentContext(context);
    return { config, failure: "the kubeconfig names no cluster" };
  } catch {
    // The parser's message may quote the file, with its credentials.
    return { failure: "the kubeconfig can't be read" };
  }
}

function namespaceOf(config: KubeConfig | undefined): string | undefined {
  const namespace = config?.getContextObject(config.getCurrentContext())?.namespace;
  return namespace === "" ? undefined : namespace;
}
