// Stand-in for a kubelet: what it refuses, with the reasons that a real one gives.
import type { V1Pod, V1Volume } from "@kubernetes/client-node";

/** A container that can't be created: tried again until it can. */
export class CannotCreate extends Error {
  constructor(
    message: string,
    /** The first is the program's own fault (its environment, its security context), the second the runtime's. */
    readonly reason: "CreateContainerConfigError" | "CreateContainerError" = "CreateContainerConfigError",
  ) {
    super(message);
  }
}

/** A pod that never gets onto the node. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** Namespaced ones that no other pod can be hurt with: those a kubelet allows without being told. */
const safeSysctls: ReadonlySet<string> = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
]);

/** Why the pod is refused; undefined where it is not. */
export function refusalOf({ spec }: V1Pod): Refusal | undefined {
  const unsafe = spec?.securityContext?.sysctls?.find(({ name }) => !safeSysctls.has(name));
  if (unsafe !== undefined)
    return { reason: "SysctlForbidden", message: `forbidden sysctl: "${unsafe.name}" not allowlisted` };
  const shared = (["hostNetwork", "hostPID", "hostIPC"] as const).find((field) => spec?.[field] === true);
  if (shared !== undefined)
    return { reason: "NotSupported", message: `spec.${shared}: the sandbox's node shares nothing of its own` };
  return undefined;
}

const supported = ["configMap", "secret", "downwardAPI", "projected", "emptyDir"] as const;

/** What a kubelet says of a volume that it can't mount; undefined for one that it can. */
export function mountFailureOf(volume: V1Volume): string | undefined {
  if (supported.some((kind) => volume[kind] !== undefined)) return undefined;
  const kind = Object.entries(volume).find(([key, value]) => key !== "name" && value !== undefined)?.[0] ?? "nothing";
  return `MountVolume.SetUp failed for volume "${volume.name}" : the sandbox's node has no ${kind} volumes`;
}
