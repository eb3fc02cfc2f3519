// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.
import { setTimeout as sleep } from "node:timers/promises";
import type { ApiClient } from "./client.js";
import { at, listAt, textAt } from "./values.js";
import type { ValueObject } from "./values.js";

/** Where the objects of one kind live. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly isNamespaced: boolean;
}

/** The cluster doesn't know that kind (yet). */
export class NoSuchKindError extends Error {}

const newKindSeconds = 20;

const clusterKinds = new Set(
  (
    "Namespace Node PersistentVolume ClusterRole ClusterRoleBinding CustomResourceDefinition StorageClass IngressClass " +
    "PriorityClass RuntimeClass APIService CSIDriver CSINode MutatingWebhookConfiguration " +
    "ValidatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding VolumeAttachment " +
    "FlowSchema PriorityLevelConfiguration CertificateSigningRequest GatewayClass"
  ).split(" "),
);

/** The cluster's kinds, asked for once each. */
export class Discovery {
  private readonly known = new Map<string, Kind>();

  constructor(private readonly client: ApiClient) {}

  /** @throws NoSuchKindError, ApiError, UnreachableError */
  async find(apiVersion: string, kind: string): Promise<Kind> {
    const key = `${apiVersion}/${kind}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const answer = await this.client.find(groupPath(apiVersion));
    for (const resource of listAt(answer, "resources")) {
      const name = textAt(resource, "name") ?? "";
      const found = textAt(resource, "kind");
      if (found === undefined || name.includes("/")) continue;
      const isNamespaced = at(resource, "namespaced") === true;
      this.known.set(`${apiVersion}/${found}`, { apiVersion, kind: found, plural: name, isNamespaced });
    }
    const now = this.known.get(key);
    if (now === undefined)
      throw new NoSuchKindError(`no API on the cluster for ${kind} in ${apiVersion}: is its CRD missing?`);
    return now;
  }

  /** Like `find`, but gives a new CRD time to show. */
  async await(apiVersion: string, kind: string): Promise<Kind> {
    const endMs = Date.now() + newKindSeconds * 1000;
    for (;;) {
      try {
        return await this.find(apiVersion, kind);
      } catch (error) {
        if (!(error instanceof NoSuchKindError) || Date.now() > endMs) throw error;
      }
      await sleep(300);
    }
  }

  /** Whether objects of that kind are in a namespace; a kind that nobody knows counts as namespaced. */
  async isNamespaced(apiVersion: string, kind: string): Promise<boolean> {
    if (isBuiltIn(apiVersion)) return !clusterKinds.has(kind);
    try {
      return (await this.find(apiVersion, kind)).isNamespaced;
    } catch {
      return !clusterKinds.has(kind);
    }
  }
}

function isBuiltIn(apiVersion: string): boolean {
  const [group = "", version] = apiVersion.split("/");
  return version === undefined || !group.includes(".") || group.endsWith(".k8s.io");
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** The path of a kind's objects in a namespace. */
export function collectionPath(kind: Kind, namespace: string | undefined): string {
  const scope = kind.isNamespaced ? `/namespaces/${encodeURIComponent(namespace ?? "default")}` : "";
  return `${groupPath(kind.apiVersion)}${scope}/${kind.plural}`;
}

export function objectPath(kind: Kind, object: ValueObject): string {
  const name = textAt(object, "metadata", "name") ?? "";
  return `${collectionPath(kind, textAt(object, "metadata", "namespace"))}/${encodeURIComponent(name)}`;
}
