// Stand-in for a kubelet: what a pod's security contexts allow its containers; pure.
import type { V1Container, V1Pod } from "@kubernetes/client-node";
import type { Accounts } from "../images/index.js";
import { CannotCreate } from "./refusal.js";

/** What one container may do. */
export interface Confinement {
  readonly user: number;
  readonly group: number;
  /** Supplementary ones. */
  readonly groups: readonly number[];
  readonly home: string;
  /** Of the bounding set, in setpriv's spelling. */
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: boolean;
  readonly readOnlyRoot: boolean;
}

/** @throws CannotCreate where a kubelet or its runtime would not start it */
export function confinementOf(pod: V1Pod, container: V1Container, imageUser: string, accounts: Accounts): Confinement {
  const own = container.securityContext ?? {};
  const all = pod.spec?.securityContext ?? {};
  const [named = "", namedGroup] = imageUser.split(":");
  const asked = own.runAsUser ?? all.runAsUser;
  if ((own.runAsNonRoot ?? all.runAsNonRoot) === true) requireNonRoot(pod, container, asked, named);
  const account = accountOf(asked ?? named, accounts);
  const group =
    own.runAsGroup ??
    all.runAsGroup ??
    (asked === undefined && namedGroup !== undefined ? groupOf(namedGroup, accounts) : account.group);
  const merged = all.supplementalGroupsPolicy === "Strict" ? [] : memberships(account.name, accounts);
  const fsGroup = all.fsGroup === undefined ? [] : [all.fsGroup];
  return {
    user: account.user,
    group,
    groups: [...new Set([...merged, ...(all.supplementalGroups ?? []), ...fsGroup])].filter((id) => id !== group),
    home: account.home,
    capabilities: capabilitiesOf(container),
    noNewPrivileges: own.allowPrivilegeEscalation === false,
    readOnlyRoot: own.readOnlyRootFilesystem === true,
  };
}

function requireNonRoot(pod: V1Pod, { name }: V1Container, asked: number | undefined, named: string): void {
  const { name: podName = "", namespace = "", uid = "" } = pod.metadata ?? {};
  const where = `(pod: "${podName}_${namespace}(${uid})", container: ${name})`;
  if (asked === 0) throw new CannotCreate(`container's runAsUser breaks non-root policy ${where}`);
  if (asked !== undefined) return;
  if (named === "" || Number(named) === 0)
    throw new CannotCreate(`container has runAsNonRoot and image will run as root ${where}`);
  if (!isNumber(named))
    throw new CannotCreate(
      `container has runAsNonRoot and image has non-numeric user (${named}), cannot verify user is non-root ${where}`,
    );
}

interface FoundAccount {
  readonly name: string;
  readonly user: number;
  readonly group: number;
  readonly home: string;
}

/** A number needs no entry; a name does. */
function accountOf(user: number | string, { passwd }: Accounts): FoundAccount {
  const wanted = user === "" ? "0" : String(user);
  const entries = fieldsOf(passwd);
  const found = isNumber(wanted)
    ? entries.find(([, , uid]) => uid === wanted)
    : entries.find(([name]) => name === wanted);
  if (found !== undefined) {
    const [name = "", , uid = "0", gid = "0", , home = "/"] = found;
    return { name, user: Number(uid), group: Number(gid), home };
  }
  if (!isNumber(wanted))
    throw new CannotCreate(`unable to find user ${wanted}: no matching entries in passwd file`, "CreateContainerError");
  return { name: "", user: Number(wanted), group: 0, home: wanted === "0" ? "/root" : "/" };
}

function groupOf(group: string, { group: text }: Accounts): number {
  if (isNumber(group)) return Number(group);
  const id = fieldsOf(text).find(([name]) => name === group)?.[2];
  if (id === undefined)
    throw new CannotCreate(`unable to find group ${group}: no matching entries in group file`, "CreateContainerError");
  return Number(id);
}

function memberships(user: string, { group }: Accounts): readonly number[] {
  if (user === "") return [];
  return fieldsOf(group).flatMap(([, , id, members = ""]) => (members.split(",").includes(user) ? [Number(id)] : []));
}

function fieldsOf(text: string): readonly (readonly string[])[] {
  return text
    .split("\n")
    .filter((line) => line.includes(":"))
    .map((line) => line.split(":"));
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}

/** What a container runtime gives when nothing is said. */
const usual = (
  "audit_write chown dac_override fowner fsetid kill mknod net_bind_service net_raw setfcap setgid setpcap setuid " +
  "sys_chroot"
).split(" ");

const known = new Set([
  ...usual,
  ...(
    "audit_control audit_read block_suspend bpf checkpoint_restore dac_read_search ipc_lock ipc_owner lease " +
    "linux_immutable mac_admin mac_override net_admin net_broadcast perfmon sys_admin sys_boot sys_module sys_nice " +
    "sys_pacct sys_ptrace sys_rawio sys_resource sys_time sys_tty_config syslog wake_alarm"
  ).split(" "),
]);

function capabilitiesOf({ securityContext }: V1Container): readonly string[] {
  if (securityContext?.privileged === true) return [...known];
  const spelled = (names: readonly string[] | undefined): readonly string[] =>
    (names ?? []).map((name) => name.toLowerCase().replace(/^cap_/, ""));
  const add = spelled(securityContext?.capabilities?.add);
  const drop = new Set(spelled(securityContext?.capabilities?.drop));
  const strange = [...add, ...drop].find((name) => name !== "all" && !known.has(name));
  if (strange !== undefined)
    throw new CannotCreate(`unknown capability "CAP_${strange.toUpperCase()}"`, "CreateContainerError");
  if (add.includes("all")) return [...known].filter((name) => !drop.has(name));
  const kept = drop.has("all") ? [] : usual.filter((name) => !drop.has(name));
  return [...new Set([...kept, ...add])];
}

/** Seccomp and AppArmor: those of the node itself, of which there are none here. @throws CannotCreate */
export function requireProfiles({ spec }: V1Pod, { securityContext }: V1Container): void {
  const seccomp = securityContext?.seccompProfile ?? spec?.securityContext?.seccompProfile;
  const appArmor = securityContext?.appArmorProfile ?? spec?.securityContext?.appArmorProfile;
  const missing = [seccomp, appArmor].find((profile) => profile?.type === "Localhost")?.localhostProfile;
  if (missing === undefined) return;
  const what = `cannot load profile "${missing}": the sandbox's node has no profiles of its own`;
  throw new CannotCreate(what, "CreateContainerError");
}
