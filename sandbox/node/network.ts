// Stand-in for a container network plugin: one network namespace, address and veth pair for each pod.
import { execFile, spawn } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

const execute = promisify(execFile);
const bridge = "cni0";
const gateway = "10.244.0.1";

export interface PodNetwork {
  readonly ip: string;
  /** Process that holds the namespaces. */
  readonly pid: number;
}

/** Addresses go round the whole range, so that none comes back soon. */
export class AddressPool {
  private next = 2;
  private readonly used = new Set<string>();

  take(): string {
    for (let tries = 0; tries < 65_000; tries++) {
      const number = this.next;
      this.next = number >= 65_000 ? 2 : number + 1;
      const ip = `10.244.${number >> 8}.${number & 255}`;
      if ((number & 255) === 0 || (number & 255) === 255 || this.used.has(ip)) continue;
      this.used.add(ip);
      return ip;
    }
    throw new Error("no pod address is left");
  }

  /** One that a pod has already. */
  claim(ip: string): void {
    this.used.add(ip);
    const [, , high = "0", low = "0"] = ip.split(".");
    this.next = Math.max(this.next, Number(high) * 256 + Number(low) + 1);
  }

  release(ip: string): void {
    this.used.delete(ip);
  }
}

type Sysctls = readonly { readonly name: string; readonly value: string }[];

/** Makes the pod's namespaces, connects them to the bridge and sets what the pod asks for there. */
export async function createNetwork(hostname: string, ip: string, sysctls: Sysctls = []): Promise<PodNetwork> {
  const script = 'hostname "$0" 2>/dev/null; exec sleep infinity';
  const holder = spawn("unshare", ["--net", "--uts", "sh", "-c", script, hostname], { stdio: "ignore" });
  const { pid } = holder;
  if (pid === undefined) throw new Error("unshare could not be started");
  await untilOwnNetwork(pid);
  const link = `v${ip.split(".").slice(2).join("x")}`;
  const inside = [
    `ip addr add ${ip}/16 dev eth0`,
    "ip link set eth0 up",
    "ip link set lo up",
    `ip route add default via ${gateway}`,
    "{ (echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start) 2>/dev/null || true; }",
    ...sysctls.map(({ name }, index) => `echo "$${index + 1}" > /proc/sys/${name.replaceAll(".", "/")}`),
  ].join(" && ");
  const commands = [
    `ip link add ${link} type veth peer name eth0 netns ${pid}`,
    `ip link set ${link} master ${bridge} up`,
    `nsenter --target ${pid} --net sh -ec '${inside}' sh "$@"`,
  ];
  await execute("sh", ["-ec", commands.join("\n"), "sh", ...sysctls.map(({ value }) => value)]);
  return { ip, pid };
}

/** The namespaces exist a moment after the process does. */
async function untilOwnNetwork(pid: number): Promise<void> {
  const own = networkOf(process.pid);
  for (let tries = 0; tries < 200; tries++) {
    const theirs = networkOf(pid);
    if (theirs !== "" && theirs !== own && commandOf(pid) === "sleep") return;
    await pause(5);
  }
  throw new Error("a pod's network namespace could not be made");
}

function networkOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return "";
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}

/** With its last process the namespace goes, and the veth pair with it. */
export function removeNetwork({ pid }: PodNetwork): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has gone already.
  }
}
