// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.
import type { ApiClient } from "./client.js";
import type { Discovery } from "./discovery.js";
import type { ResourceLog } from "./engine-log.js";
import type { ValueObject } from "./values.js";

/** One cluster as the provider sees it. */
export interface Cluster {
  readonly client: ApiClient;
  readonly discovery: Discovery;
  readonly signal: AbortSignal;
  readonly log: ResourceLog;
}

export interface Operation {
  readonly urn: string;
  readonly inputs: ValueObject;
  readonly isPreview: boolean;
  /** 0: what the annotation says, else 10 minutes. */
  readonly timeoutSeconds: number;
}
