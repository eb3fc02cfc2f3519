// Stand-in for the APISIX ingress controller 2.2: the file it writes for each sync and each validation.
import { randomInt } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { resourcesSchema } from "../adc/protocol.js";
import type { Resources } from "../adc/protocol.js";

/** The folder that the controller can't do without; a pod with a read-only root needs a volume there. */
export function temporaryFolder(): string {
  return tmpdir();
}

/**
 * Writes a configuration to a file and reads it back, as the real one does on its way to ADC.
 * Throws when the folder can't be written to.
 */
export function throughFile(config: Resources, folder: string): Resources {
  const file = path.join(folder, `adc-task-${String(randomInt(2 ** 32))}.json`);
  writeFileSync(file, JSON.stringify(config), { flag: "wx", mode: 0o600 });
  try {
    return resourcesSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } finally {
    rmSync(file, { force: true });
  }
}
