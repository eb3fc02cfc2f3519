import { execFileSync } from "node:child_process";
import { existsSync, realpathSync, writeFileSync } from "node:fs";
import path from "node:path";

export const addresses = {
  /** Of this machine, as pods see it. */
  host: "10.244.0.1",
  podRange: "10.244.0.0/16",
  serviceRange: "10.96.0.0/16",
  apiService: "10.96.0.1",
  dns: "10.96.0.10",
  apiPort: 6443,
} as const;

/** A bridge for the pods, and the whole service range as local addresses, so that one process can listen on any. */
export function setUpNetwork(stateFolder: string): void {
  const script = [
    "ip link set lo up",
    "ip link add cni0 type bridge",
    `ip addr add ${addresses.host}/16 dev cni0`,
    "ip link set cni0 up",
    `ip route add local ${addresses.serviceRange} dev lo`,
    "sysctl -qw net.ipv4.ip_forward=1 || true",
    "sysctl -qw net.ipv4.ip_local_port_range='10000 60999' || true",
  ].join("\n");
  run("sh", ["-ec", script], "`ip` is needed: install iproute2");
  useOwnNames(stateFolder);
}

/**
 * Makes programs of this machine ask the sandbox's name server. Name service caches and systemd's resolver answer
 * through sockets of their own, out of the old network: those folders are hidden.
 */
function useOwnNames(stateFolder: string): void {
  const resolver = path.join(stateFolder, "resolv.conf");
  writeFileSync(resolver, `nameserver ${addresses.dns}\nsearch svc.cluster.local cluster.local\noptions ndots:5\n`);
  const hide = ["/run/systemd/resolve", "/run/nscd", "/var/run/nscd"].filter((folder) => existsSync(folder));
  const target = existsSync("/etc/resolv.conf") ? realpathSync("/etc/resolv.conf") : undefined;
  if (target === undefined) throw new Error("/etc/resolv.conf is missing: make one (an empty one will do)");
  const hint = "`mount` is needed: install util-linux";
  for (const folder of hide) {
    run("mount", ["-t", "tmpfs", "sandbox", folder], hint);
    // /etc/resolv.conf is often a link into the hidden folder.
    if (target.startsWith(`${folder}/`)) writeFileSync(target, "");
  }
  run("mount", ["--bind", resolver, target], hint);
}

function run(program: string, args: readonly string[], hint: string): void {
  try {
    execFileSync(program, [...args], { stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    const stderr = error instanceof Error && "stderr" in error ? String(error.stderr).trim().split("\n").at(-1) : "";
    throw new Error(`${program}: ${stderr || "failed"} (${hint})`, { cause: error });
  }
}
