// Stand-in for a container runtime: a root file system of bind mounts on a tmpfs.
import path from "node:path";
import type { V1Container } from "@kubernetes/client-node";
import type { Image } from "../catalogue.js";
import { cacheFolder } from "../tools/ensure.js";

export interface RootOptions {
  /** Where the tmpfs is mounted. */
  readonly root: string;
  readonly image: Image;
  readonly container: V1Container;
  /** Folder with one folder for each volume of the pod. */
  readonly volumes: string;
  /** Folder with resolv.conf, hosts and hostname. */
  readonly files: string;
  readonly workingDirectory: string;
}

const packageRoot = path.resolve(__dirname, "../../..");
const system = ["bin", "sbin", "lib", "lib32", "lib64"] as const;
const configuration = ["passwd", "group", "nsswitch.conf", "ld.so.cache", "localtime", "mime.types"] as const;
const devices = ["null", "zero", "full", "random", "urandom", "tty"] as const;

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A shell script that makes the root inside a fresh mount namespace and then runs its own arguments in it. */
export function rootScript(options: RootOptions): string {
  const root = quote(options.root);
  return [
    "set -e",
    `R=${root}`,
    'mkdir -p "$R" && mount -t tmpfs -o mode=755 tmpfs "$R"',
    'mkdir -p "$R/proc" "$R/dev" "$R/tmp" "$R/etc" "$R/root" "$R/run" "$R/var/run" "$R/var/tmp" "$R/home" && chmod 1777 "$R/tmp"',
    'share() { if [ -L "$1" ]; then cp -P "$1" "$R$1"; elif [ -d "$1" ]; then mkdir -p "$R$1"; mount --rbind "$1" "$R$1"; fi; }',
    ...system.map((name) => `share /${name}`),
    // Folder by folder, so that what an image or a volume puts beside them lands here and not on this machine.
    'mkdir -p "$R/usr/local"',
    'for each in /usr/* /usr/local/*; do [ "$each" = /usr/local ] || share "$each"; done',
    ...configuration.map((name) => `cp /etc/${name} "$R/etc/" 2>/dev/null || true`),
    ...["ssl", "alternatives"].map(
      (name) => `[ ! -d /etc/${name} ] || { mkdir "$R/etc/${name}"; mount --bind /etc/${name} "$R/etc/${name}"; }`,
    ),
    ...["resolv.conf", "hosts", "hostname"].map(
      (name) => `cp ${quote(path.join(options.files, name))} "$R/etc/${name}"`,
    ),
    ...devices.map((name) => `touch "$R/dev/${name}" && mount --bind /dev/${name} "$R/dev/${name}"`),
    'ln -s /proc/self/fd "$R/dev/fd"; ln -s /proc/self/fd/1 "$R/dev/stdout"; ln -s /proc/self/fd/2 "$R/dev/stderr"',
    ...sharedFolders(options).map(bindFolder),
    ...Object.entries(options.image.files).map(([inside, file]) => putFile(inside, file)),
    ...volumeMounts(options),
    ...hiddenFolders(options).map(bindFolder),
    'mount -t proc proc "$R/proc"',
    `mkdir -p "$R"${quote(options.workingDirectory)}`,
    `exec chroot "$R" /bin/sh -c 'cd "$0" && exec "$@"' ${quote(options.workingDirectory)} "$@"`,
  ].join("\n");
}

/** Our own code with its dependencies, and the programs it uses, at their own paths. */
function sharedFolders({ image }: RootOptions): readonly string[] {
  const tools = path.dirname(path.dirname(cacheFolder({ name: "x", version: "0" })));
  const node = path.dirname(path.dirname(process.execPath));
  const folders = [path.join(packageRoot, "dist"), path.join(packageRoot, "node_modules"), tools];
  const needsNode =
    image.entrypoint[0] === process.execPath && !node.startsWith("/usr") && !node.startsWith(packageRoot);
  return needsNode ? [...folders, node] : folders;
}

/** Of these, the ones below a volume: with this checkout in /tmp, say, and a volume mounted there. */
function hiddenFolders(options: RootOptions): readonly string[] {
  const mounts = (options.container.volumeMounts ?? []).map(({ mountPath }) => `${mountPath.replace(/\/+$/, "")}/`);
  return sharedFolders(options).filter((folder) => mounts.some((mount) => folder.startsWith(mount)));
}

function bindFolder(folder: string): string {
  const quoted = quote(folder);
  return `[ ! -d ${quoted} ] || { mkdir -p "$R"${quoted}; mount --bind "$(readlink -f ${quoted})" "$R"${quoted}; }`;
}

/** Into this machine's own folders nothing can be put: there the program is reached through PATH instead. */
function putFile(inside: string, file: string): string {
  const target = inside.startsWith("/usr/") ? path.posix.join("/opt/bin", path.posix.basename(inside)) : inside;
  const at = `"$R"${quote(target)}`;
  return `mkdir -p "$R"${quote(path.posix.dirname(target))} && touch ${at} && mount --bind "$(readlink -f ${quote(file)})" ${at}`;
}

function volumeMounts({ container, volumes }: RootOptions): readonly string[] {
  return (container.volumeMounts ?? []).map(({ name, mountPath, subPath, readOnly }) => {
    const source = quote(path.join(volumes, name, subPath ?? ""));
    const target = `"$R"${quote(mountPath)}`;
    const make = `if [ -d ${source} ]; then mkdir -p ${target}; else mkdir -p "$(dirname ${target})"; touch ${target}; fi`;
    const lock = readOnly === true ? `; mount -o remount,bind,ro ${target} 2>/dev/null || true` : "";
    return `${make}; mount --bind ${source} ${target}${lock}`;
  });
}
