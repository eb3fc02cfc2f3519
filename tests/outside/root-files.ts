import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import path from "node:path";

/** A program of this machine with the libraries it needs. */
export function addProgram(root: string, file: string): void {
  const libraries = execFileSync("ldd", [file], { encoding: "utf8" }).matchAll(/(\/\S+) \(0x/g);
  for (const each of [file, ...[...libraries].map(([, library]) => library ?? "")]) {
    const at = path.join(root, each === file ? path.join("/bin", path.basename(file)) : each);
    mkdirSync(path.dirname(at), { recursive: true });
    copyFileSync(realpathSync(each), at);
    chmodSync(at, 0o755);
  }
}

export function writeIn(root: string, name: string, text: string): void {
  const file = path.join(root, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}
