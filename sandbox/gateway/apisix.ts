// Stand-in for Apache APISIX 3.17 (image apache/apisix:3.17.0-debian), API-driven standalone mode.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Gateway } from "./apisix/gateway.js";
import type { Chances } from "./apisix/gateway.js";
import { naturalTearing, tearingShare } from "./apisix/metrics/tearing.js";
import { readSettings, SettingsError } from "./apisix/config/settings.js";
import type { GatewaySettings } from "./apisix/config/settings.js";

const CONFIG_FILE = "/usr/local/apisix/conf/config.yaml";
/** The real one writes nginx.conf and loads its workers first; its pod has an address all the while. */
const START_MS = 700;
/** How long workers take to act on a push that was answered: with the way there, the measured 29 to 158 ms, median 92. */
const APPLY_MS = { shortest: 5, longest: 110 };
/** Share of the metrics pages to tear, 0 to 1; without it, as often as the real one does. */
const TORN_PAGES = "STAND_IN_TORN_PAGES";

async function main(argv: readonly string[]): Promise<void> {
  const flag = argv.indexOf("-c");
  const file = flag < 0 ? CONFIG_FILE : (argv[flag + 1] ?? CONFIG_FILE);
  checkFolder(path.dirname(file));
  const settings = withKey(readSettings(readFileSync(file, "utf8"), process.env));
  const gateway = new Gateway(settings, chances(process.env[TORN_PAGES]));
  await sleep(START_MS);
  await gateway.start();
  console.log(`stand-in for APISIX 3.17: listening on ${gateway.proxyPorts().join(", ")}; waiting for configuration`);
  let stopping = false;
  for (const signal of ["SIGQUIT", "SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (!stopping) {
        stopping = true;
        console.log(`${signal}: finishing requests under way`);
        void gateway.drain().then(() => process.exit(0));
      }
    });
  }
}

function chances(tornPages: string | undefined): Partial<Chances> {
  return {
    tearing: tornPages === undefined ? naturalTearing(Math.random) : tearingShare(Number(tornPages), Math.random),
    applyDelayMs: () => APPLY_MS.shortest + Math.random() * (APPLY_MS.longest - APPLY_MS.shortest),
  };
}

/** The real one writes nginx.conf next to config.yaml, so the folder must not be a volume of a ConfigMap. */
function checkFolder(folder: string): void {
  if (existsSync(path.join(folder, "..data"))) {
    throw new SettingsError(
      `failed to update nginx.conf: ${folder} is a ConfigMap; mount config.yaml alone, with subPath`,
    );
  }
}

/** As the real one: a missing admin key is made up, so that nobody can push with the empty one. */
function withKey(settings: GatewaySettings): GatewaySettings {
  const { admin } = settings;
  if (!admin.keyRequired || admin.keys.some(({ key }) => key !== "")) {
    return { ...settings, admin: { ...admin, keys: admin.keys.filter(({ key }) => key !== "") } };
  }
  console.warn("deployment.admin.admin_key is empty: a random one is in force, nobody can push configuration");
  return { ...settings, admin: { ...admin, keys: [{ key: randomBytes(16).toString("hex"), role: "admin" }] } };
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  console.error(error instanceof SettingsError ? message : `can't start: ${message}`);
  process.exit(1);
});
