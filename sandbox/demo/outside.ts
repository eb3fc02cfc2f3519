import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { installClients } from "../machine/index.js";
import type { Progress } from "../tools/index.js";
import { forwardService } from "./forward.js";
import type { Forward } from "./forward.js";

export interface Outside {
  /** Where users reach the gateway. */
  readonly gateway: Forward;
  stop(): void;
}

/**
 * Prepares this process, which is outside of the cluster that `context` names: its programs and those it starts find
 * that cluster by default, `pulumi` and `kubectl` on PATH, and the gateway on a port of this machine. @throws Error in one line
 */
export async function workFromOutside(context: string, progress: Progress, signal: AbortSignal): Promise<Outside> {
  const config = configOf(context);
  const folder = mkdtempSync(path.join(tmpdir(), "canary-demo-"));
  const bin = path.join(folder, "bin");
  mkdirSync(bin);
  try {
    await installClients(bin, progress, signal);
    const kubeconfig = path.join(folder, "kubeconfig");
    writeFileSync(kubeconfig, config.exportConfig());
    chmodSync(kubeconfig, 0o600);
    process.env["KUBECONFIG"] = kubeconfig;
    const dynamic = path.resolve(__dirname, "../../../node_modules/@pulumi/pulumi");
    process.env["PATH"] = [bin, dynamic, process.env["PATH"]].join(path.delimiter);
    const gateway = await forwardService(config, { namespace: "apisix", service: "apisix-gateway", port: 80 });
    const stop = (): void => {
      gateway.stop();
      rmSync(folder, { recursive: true, force: true });
    };
    return { gateway, stop };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function configOf(context: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromDefault();
  if (config.getContextObject(context) === null) {
    const names = config.getContexts().map(({ name }) => name);
    throw new Error(`--context ${context}: the kubeconfig has no such context; it has ${names.join(", ") || "none"}`);
  }
  config.setCurrentContext(context);
  return config;
}
