import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";

/** What this package keeps between runs, for this user. */
export function cacheRoot(): string {
  return path.join(process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache"), "pulumi-apisix-canary");
}

/**
 * Runs `work` while no other process of this user does anything under the same name. The lock belongs to a child of
 * ours that ends with its input, so it is free again whatever becomes of us. `onWait` is told once when somebody else
 * has it. Throws when `flock` is missing.
 */
export async function exclusively<T>(name: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  const folder = path.join(cacheRoot(), "locks");
  await mkdir(folder, { recursive: true });
  const holder = spawn("flock", [path.join(folder, `${name}.lock`), "sh", "-c", "echo locked; exec cat >/dev/null"], {
    stdio: ["pipe", "pipe", "ignore"],
    // Ctrl-C is for us: the lock must outlast what we still have to put in order.
    detached: true,
  });
  const waiting = setTimeout(onWait, 500);
  try {
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once("data", () => resolve());
      holder.once("error", () => reject(new Error("`flock` is missing: install util-linux")));
      holder.once("exit", (code) =>
        reject(new Error(`the lock ${name} could not be taken (flock ended with ${code})`)),
      );
    });
    clearTimeout(waiting);
    return await work();
  } finally {
    clearTimeout(waiting);
    holder.stdin.on("error", () => undefined).end();
  }
}
