import { readFileSync } from "node:fs";

/**
 * How many user ids there are. Root has all of them; without root there is one, and a program that asks for another
 * gets it in a user namespace of its own, where it is the only one.
 */
export type UserIds = "all" | "one";

export function userIds(): UserIds {
  const ranges = readFileSync("/proc/self/uid_map", "utf8").trim().split("\n");
  const count = ranges.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[2] ?? 0), 0);
  return count > 1 ? "all" : "one";
}

/** Whether this process can give files to any user: root, and not only so called in a namespace. */
export function isRealRoot(): boolean {
  return process.getuid?.() === 0 && userIds() === "all";
}
