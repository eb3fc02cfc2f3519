// What is at a path of an image's root, seen from outside of it.
import { lstatSync, readFileSync, readlinkSync } from "node:fs";
import path from "node:path";
import type { Accounts, RootFiles } from "./image.js";

const usual: Accounts = {
  passwd: "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
  group: "root:x:0:\nnogroup:x:65534:\n",
};

export function accountsOf(files: RootFiles): Accounts {
  if (files.kind === "unpacked") {
    const read = (name: string): string => textOf(path.join(files.folder, withoutLinks(files.folder, `/etc/${name}`)));
    return { passwd: read("passwd"), group: read("group") };
  }
  const { account } = files;
  if (account === undefined) return usual;
  const { name, uid, gid, home } = account;
  return {
    passwd: `${usual.passwd}${name}:x:${uid}:${gid}:${name}:${home}:/usr/sbin/nologin\n`,
    group: `${usual.group}${name}:x:${gid}:\n`,
  };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

const mostLinks = 40;

/** The path that `inside` means in a root at `folder`, every link of it followed as within that root. */
export function withoutLinks(folder: string, inside: string): string {
  let done = "/";
  let left = inside.split("/");
  for (let links = 0; left.length > 0;) {
    const [part = "", ...rest] = left;
    const next = path.posix.join(done, part);
    const target = linkTarget(path.join(folder, next));
    left = target === undefined ? rest : [...target.split("/"), ...rest];
    if (target === undefined) done = next;
    else if (++links > mostLinks) throw new Error(`${inside}: too many links`);
    else if (target.startsWith("/")) done = "/";
  }
  return done;
}

function linkTarget(file: string): string | undefined {
  try {
    return lstatSync(file).isSymbolicLink() ? readlinkSync(file) : undefined;
  } catch {
    return undefined;
  }
}
