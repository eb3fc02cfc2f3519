import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

const root = path.resolve(__dirname, "../../../..");
/** Where users' projects of the tests are: they find the package above them, as in any workspace. */
export const packedRoot = path.join(root, ".sandbox/packed");
const modules = path.join(packedRoot, "node_modules");
const name = "pulumi-apisix-canary";

interface LockedPackage {
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly version?: string;
}

const prefix = "node_modules/";

function lock(): { readonly packages: Readonly<Record<string, LockedPackage>> } {
  return JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8")) as ReturnType<typeof lock>;
}

/** What a user's own project has beside this package, to be written in TypeScript. */
const usersOwn = ["typescript", "@types/node"];

/**
 * Packs this package as npm publishes it, and installs the tarball where users' projects find it. Where no registry
 * answers (inside a sandbox none does) it is unpacked there instead, with the packages that it depends on linked beside
 * it, and none of those that only its development needs.
 */
export function installPackage(progress: (line: string) => void = () => undefined): void {
  rmSync(packedRoot, { recursive: true, force: true });
  mkdirSync(path.join(modules, name), { recursive: true });
  const packed = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", packedRoot], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const tarball = path.join(packedRoot, fileName(JSON.parse(packed)));
  try {
    writeFileSync(path.join(packedRoot, "package.json"), JSON.stringify({ name: "packed", private: true }));
    const own = usersOwn.map((each) => `${each}@${lock().packages[`${prefix}${each}`]?.version ?? "latest"}`);
    const quick = ["--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=0", "--ignore-scripts"];
    execFileSync("npm", ["install", ...quick, tarball, ...own], { cwd: packedRoot, stdio: "ignore", timeout: 180_000 });
    progress("package: packed, and installed by npm");
  } catch {
    rmSync(modules, { recursive: true, force: true });
    mkdirSync(path.join(modules, name), { recursive: true });
    execFileSync("tar", ["-xzf", tarball, "-C", path.join(modules, name), "--strip-components=1"]);
    for (const each of [...runtimePackages(), ...usersOwn]) link(each);
    progress("package: packed, and unpacked beside this machine's own packages: no registry answers");
  }
}

/** Of the tests that run without the runner. */
export function ensurePackage(): void {
  if (!existsSync(path.join(modules, name))) installPackage();
}

function fileName(answer: unknown): string {
  const first: unknown = Array.isArray(answer) ? answer[0] : undefined;
  if (typeof first === "object" && first !== null && "filename" in first && typeof first.filename === "string")
    return first.filename;
  throw new Error("npm pack did not say what it has packed");
}

/** Those at the top of the tree; what is below them is found through the links. */
function runtimePackages(): readonly string[] {
  return Object.entries(lock().packages).flatMap(([place, { dev, link: isLink }]) => {
    const isTop = place.startsWith(prefix) && !place.slice(prefix.length).includes(prefix);
    return isTop && dev !== true && isLink !== true ? [place.slice(prefix.length)] : [];
  });
}

function link(each: string): void {
  const place = path.join(modules, each);
  const source = path.join(root, "node_modules", each);
  if (!existsSync(source) || existsSync(place)) return;
  mkdirSync(path.dirname(place), { recursive: true });
  symlinkSync(source, place);
}
