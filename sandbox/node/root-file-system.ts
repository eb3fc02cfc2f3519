// Stand-in for a container runtime: a container's root file system, made of mounts.
import path from "node:path";
import type { V1Container, V1Volume } from "@kubernetes/client-node";
import { accountsOf, withoutLinks } from "../images/index.js";
import type { Image, RootFiles } from "../images/index.js";
import { confined, helperFiles, located, userNamespaceFlags } from "./launcher.js";
import type { UserIds } from "../machine/user-ids.js";
import type { Confinement } from "./security.js";

export interface RootOptions {
  /** Where it is mounted. */
  readonly root: string;
  readonly image: Image;
  readonly container: V1Container;
  readonly podVolumes: readonly V1Volume[];
  /** Folder with one folder for each volume of the pod. */
  readonly volumes: string;
  /** Folder with resolv.conf, hosts and hostname. */
  readonly files: string;
  readonly workingDirectory: string;
  /** Of the container's program. */
  readonly env: Readonly<Record<string, string>>;
  readonly confinement: Confinement;
  readonly userIds: UserIds;
  /** A process that writes 0 there joins the container's memory group. */
  readonly joinFile: string | undefined;
}

const system = ["bin", "sbin", "lib", "lib32", "lib64"] as const;
const configuration = ["nsswitch.conf", "ld.so.cache", "localtime", "mime.types"] as const;
const devices = ["null", "zero", "full", "random", "urandom", "tty"] as const;

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A shell script that makes the root inside a fresh mount namespace and then runs its own arguments in it, confined. */
export function rootScript(options: RootOptions): string {
  const { files, volumes, confinement, userIds, workingDirectory, joinFile } = options;
  const at = placer(options.image.files);
  const enter = [...userNamespaceFlags(confinement, userIds), '--root="$R"', `--wd=${quote(workingDirectory)}`];
  const confine = confined(confinement, userIds).map(quote);
  return [
    "set -e",
    `PATH=${quote(process.env["PATH"] ?? "")}`,
    ...(joinFile === undefined ? [] : [`echo 0 > ${quote(joinFile)}`]),
    `R=${quote(options.root)}`,
    'mkdir -p "$R"',
    ...(options.image.files.kind === "machine" ? machineRoot(options) : unpackedRoot(options, options.image.files)),
    ...deviceFolder,
    ...["resolv.conf", "hosts", "hostname"].map((name) => {
      const target = at(`/etc/${name}`);
      return `rm -f ${target}; cp ${quote(path.join(files, name))} ${target}`;
    }),
    ...helperFiles().map(([inside, file]) => putFile(at(inside), file)),
    ...volumeMounts(options, volumes, at),
    ...hiddenFolders(options).map(bindFolder),
    ...kernelFolders(options),
    `mkdir -p ${at(workingDirectory)}`,
    ...(confinement.readOnlyRoot ? ['mount -o remount,bind,ro "$R"'] : []),
    ...Object.entries(ownVariables(options)).map(([name, value]) => `export ${name}=${quote(value)}`),
    // What a shell starts in its background ignores these two.
    `exec ${quote(located("env"))} --default-signal=INT,QUIT ${quote(located("unshare"))} ${enter.join(" ")} -- ${confine.join(" ")} "$@"`,
  ].join("\n");
}

/** Those that the tools before the program must not have. A root of this machine's own has one folder more. */
function ownVariables({ env, image }: RootOptions): Readonly<Record<string, string>> {
  const loaders = Object.entries(env).filter(([name]) => name.startsWith("LD_"));
  const programs = image.files.kind === "machine" ? ":/opt/bin" : "";
  return { ...Object.fromEntries(loaders), PATH: `${env["PATH"] ?? ""}${programs}` };
}

/** A root of this machine's programs and libraries, which are for reading, and of what the image puts beside them. */
function machineRoot(options: RootOptions): readonly string[] {
  const { image, confinement, userIds } = options;
  if (image.files.kind !== "machine") return [];
  const { passwd, group } = accountsOf(image.files);
  const owner = `${confinement.user}:${confinement.group}`;
  const own = (folder: string): string => (userIds === "all" ? ` && chown ${owner} "$R"${quote(folder)}` : "");
  return [
    'mount -t tmpfs -o mode=755 tmpfs "$R"',
    'mkdir -p "$R/proc" "$R/dev" "$R/tmp" "$R/etc" "$R/root" "$R/run" "$R/var/run" "$R/var/tmp" "$R/home"',
    'chmod 1777 "$R/tmp" "$R/var/tmp"',
    'share() { if [ -L "$1" ]; then cp -P "$1" "$R$1"; elif [ -d "$1" ]; then mkdir -p "$R$1"; mount --rbind -o ro "$1" "$R$1"; fi; }',
    ...system.map((name) => `share /${name}`),
    // Folder by folder, so that what an image or a volume puts beside them lands here and not on this machine.
    'mkdir -p "$R/usr/local"',
    'for each in /usr/* /usr/local/*; do [ "$each" = /usr/local ] || share "$each"; done',
    ...configuration.map((name) => `cp /etc/${name} "$R/etc/" 2>/dev/null || true`),
    `printf %s ${quote(passwd)} > "$R/etc/passwd"; printf %s ${quote(group)} > "$R/etc/group"`,
    ...["/etc/ssl", "/etc/alternatives"].map(bindFolder),
    ...sharedFolders(options).map(bindFolder),
    ...Object.entries(image.files.programs).map(([inside, file]) => putProgram(inside, file)),
    ...image.files.writable.map((folder) => `mkdir -p "$R"${quote(folder)}${own(folder)}`),
  ];
}

/**
 * The image's own files below a layer of the container's own; a copy where this machine refuses such layers. The layer
 * is on disk where its remains can be removed afterwards: as one of many users root can, as the only one nobody can.
 */
function unpackedRoot({ root, userIds }: RootOptions, { folder }: RootFiles & { kind: "unpacked" }): readonly string[] {
  const layer = `${root}.layer`;
  const flags = userIds === "one" ? "userxattr," : "";
  const directories = `lowerdir=${folder},upperdir=${layer}/upper,workdir=${layer}/work`;
  return [
    `L=${quote(layer)}`,
    'rm -rf "$L"; mkdir -p "$L"',
    ...(userIds === "one" ? ['mount -t tmpfs -o mode=755 tmpfs "$L"'] : []),
    'mkdir "$L/upper" "$L/work"',
    `if ! mount -t overlay -o ${quote(`${flags}${directories}`)} overlay "$R" 2>/dev/null; then`,
    `  mount --bind "$L/upper" "$R"; cp -a ${quote(folder)}/. "$R"`,
    "fi",
    'mkdir -p "$R/proc" "$R/dev" "$R/sys" "$R/etc" "$R/tmp"',
  ];
}

const deviceFolder: readonly string[] = [
  'mount -t tmpfs -o mode=755 tmpfs "$R/dev"',
  ...devices.map((name) => `touch "$R/dev/${name}" && mount --bind /dev/${name} "$R/dev/${name}"`),
  'mkdir "$R/dev/shm" && mount -t tmpfs -o mode=1777,size=64m tmpfs "$R/dev/shm"',
  'ln -s /proc/self/fd "$R/dev/fd"; ln -s /proc/self/fd/1 "$R/dev/stdout"; ln -s /proc/self/fd/2 "$R/dev/stderr"',
];

/** What the kernel shows of itself; what would change this machine is for reading. */
function kernelFolders({ container, image }: RootOptions): readonly string[] {
  const privileged = container.securityContext?.privileged === true;
  return [
    'mount -t proc proc "$R/proc"',
    ...(privileged
      ? []
      : ["sys", "sysrq-trigger", "irq", "bus"].map(
          (name) => `[ ! -e "$R/proc/${name}" ] || mount --bind -o ro "$R/proc/${name}" "$R/proc/${name}"`,
        )),
    ...(image.files.kind === "unpacked" ? ['mount -t sysfs -o ro sysfs "$R/sys" 2>/dev/null || true'] : []),
  ];
}

function sharedFolders({ image }: RootOptions): readonly string[] {
  return image.files.kind === "machine" ? image.files.shared : [];
}

/** Of these, the ones below a volume: with this checkout in /tmp, say, and a volume mounted there. */
function hiddenFolders(options: RootOptions): readonly string[] {
  const mounts = (options.container.volumeMounts ?? []).map(({ mountPath }) => `${mountPath.replace(/\/+$/, "")}/`);
  return sharedFolders(options).filter((folder) => mounts.some((mount) => folder.startsWith(mount)));
}

function bindFolder(folder: string): string {
  const quoted = quote(folder);
  return `[ ! -d ${quoted} ] || { mkdir -p "$R"${quoted}; mount --bind "$(readlink -f ${quoted})" "$R"${quoted} -o ro; }`;
}

/** Into this machine's own folders nothing can be put: there the program is reached through PATH instead. */
function putProgram(inside: string, file: string): string {
  const target = inside.startsWith("/usr/") ? path.posix.join("/opt/bin", path.posix.basename(inside)) : inside;
  return putFile(`"$R"${quote(target)}`, file);
}

function putFile(at: string, file: string): string {
  return `mkdir -p "$(dirname ${at})" && touch ${at} && mount --bind "$(readlink -f ${quote(file)})" ${at} -o ro`;
}

const alwaysForReading = ["configMap", "secret", "downwardAPI", "projected"] as const;

type Placer = (inside: string) => string;

/** Outer ones first, whatever the pod's order. */
function volumeMounts({ container, podVolumes }: RootOptions, volumes: string, at: Placer): readonly string[] {
  const depth = ({ mountPath }: { readonly mountPath: string }): number => mountPath.split("/").filter(Boolean).length;
  const mounts = [...(container.volumeMounts ?? [])].sort((left, right) => depth(left) - depth(right));
  return mounts.map(({ name, mountPath, subPath, readOnly }) => {
    const source = quote(path.join(volumes, name, subPath ?? ""));
    const volume = podVolumes.find((each) => each.name === name);
    const forReading = readOnly === true || alwaysForReading.some((kind) => volume?.[kind] !== undefined);
    const target = at(mountPath);
    return [
      ...(volume?.emptyDir !== undefined && subPath !== undefined ? [`mkdir -p -m 777 ${source}`] : []),
      `if [ -d ${source} ]; then mkdir -p ${target}; else mkdir -p "$(dirname ${target})"; touch ${target}; fi`,
      `mount --bind ${source} ${target}${forReading ? " -o ro" : ""}`,
    ].join("; ");
  });
}

/** Where a path of the container's is while its root is being made: an image's links must not lead out of it. */
function placer(files: RootFiles): Placer {
  return (inside) => `"$R"${quote(files.kind === "machine" ? inside : withoutLinks(files.folder, inside))}`;
}
