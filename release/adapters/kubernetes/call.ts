/** What is asked of the API server, in the words of RBAC. */
export interface Call {
  readonly verb: "get" | "list" | "create" | "update" | "patch" | "delete";
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** Undefined: all namespaces, or an object of the cluster. */
  readonly namespace?: string | undefined;
  readonly name?: string;
  readonly subresource?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** `apply`: server-side, and by force. */
  readonly patch?: "merge" | "json" | "apply";
  /** Who writes, where it is not our runtime for itself. */
  readonly manager?: string;
  /** The patch tests values, so that 422 means that one of them was another. */
  readonly test?: true;
}

/** `apisixroutes.apisix.apache.org "podinfo" in namespace test`. */
export function describe(call: Call): string {
  const name = call.name === undefined ? "" : ` "${call.name}"`;
  const where = call.namespace === undefined ? "" : ` in namespace ${call.namespace}`;
  return `${qualified(call)}${name}${where}`;
}

/** `deployments.apps`, `canaryreleases.apisix-canary.io/status`. */
export function qualified(call: Call): string {
  const group = call.group === "" ? "" : `.${call.group}`;
  return `${call.plural}${group}${call.subresource === undefined ? "" : `/${call.subresource}`}`;
}

/** Path and query of the call; every part is escaped. */
export function pathOf(call: Call, fieldManager: string): string {
  const root = call.group === "" ? `/api/${call.version}` : `/apis/${call.group}/${call.version}`;
  const parts = [
    ...(call.namespace === undefined ? [] : ["namespaces", call.namespace]),
    call.plural,
    ...(call.name === undefined ? [] : [call.name]),
    ...(call.subresource === undefined ? [] : [call.subresource]),
  ];
  const writes = call.verb === "create" || call.verb === "update" || call.verb === "patch";
  const writer = writes ? { fieldManager: call.manager ?? fieldManager } : {};
  const force = call.patch === "apply" ? { force: "true" } : {};
  const query = new URLSearchParams({ ...call.query, ...writer, ...force }).toString();
  return `${root}/${parts.map(encodeURIComponent).join("/")}${query === "" ? "" : `?${query}`}`;
}
