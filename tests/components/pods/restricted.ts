import { at } from "../register.js";
import type { Container, PodSpec } from "./parts.js";

/** Volumes that the Restricted Pod Security Standard allows. */
const allowedVolumes = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);
const allowedProfiles: readonly unknown[] = ["RuntimeDefault", "Localhost"];
const sysctls = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
]);

/** What in a pod breaks the Restricted Pod Security Standard (Kubernetes 1.36), each as a sentence. */
export function violations(spec: PodSpec): readonly string[] {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  return [...podViolations(spec), ...containers.flatMap((each) => containerViolations(spec, each))];
}

function podViolations(spec: PodSpec): readonly string[] {
  const found: string[] = [];
  for (const host of ["hostNetwork", "hostPID", "hostIPC", "hostProcess"])
    if (spec[host] === true || at(spec, "securityContext", "windowsOptions", host) === true) found.push(host);
  for (const volume of spec.volumes ?? []) {
    const kinds = Object.keys(volume).filter((key) => key !== "name");
    for (const kind of kinds) if (!allowedVolumes.has(kind)) found.push(`volume ${String(volume["name"])} is ${kind}`);
  }
  const named = at(spec, "securityContext", "sysctls");
  for (const sysctl of Array.isArray(named) ? named : [])
    if (!sysctls.has(String(at(sysctl, "name")))) found.push(`sysctl ${String(at(sysctl, "name"))}`);
  return found;
}

function containerViolations(spec: PodSpec, container: Container): readonly string[] {
  const own = container["securityContext"];
  // What a container leaves open, its pod says.
  const effective = (...path: string[]): unknown => at(own, ...path) ?? at(spec, "securityContext", ...path);
  const found: string[] = [];
  const need = (holds: boolean, what: string): unknown => holds || found.push(`container ${container.name}: ${what}`);
  need(at(own, "privileged") !== true, "is privileged");
  need(at(own, "allowPrivilegeEscalation") === false, "may escalate its privileges");
  need(effective("runAsNonRoot") === true, "may run as root");
  need(effective("runAsUser") !== 0, "runs as user 0");
  need(allowedProfiles.includes(effective("seccompProfile", "type")), "has no seccomp profile");
  const dropped = at(own, "capabilities", "drop");
  need(Array.isArray(dropped) && dropped.includes("ALL"), "keeps capabilities");
  const added = at(own, "capabilities", "add");
  need(!Array.isArray(added) || added.every((each) => each === "NET_BIND_SERVICE"), "adds capabilities");
  need([undefined, "Default"].includes(at(own, "procMount") as string | undefined), "has a procMount");
  need(effective("seLinuxOptions") === undefined, "has SELinux options");
  const ports = container["ports"];
  const hostPorts = Array.isArray(ports) && ports.some((port: unknown) => Boolean(at(port, "hostPort")));
  need(!hostPorts, "takes a port of its node");
  for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"])
    need(at(container, probe, "httpGet", "host") === undefined, `${probe} names a host`);
  return found;
}
