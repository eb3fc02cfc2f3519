import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { run } from "../../../cli/program.js";
import { kubeconfigFor } from "../adapters/fixture.js";
import type { PlayedServer } from "../adapters/fixture.js";

export interface Listening {
  readonly url: string;
  /** As Ctrl-C; the exit code. */
  end(): Promise<number>;
}

const running = new Set<AbortController>();

/** Ends those that a failed test has left. */
export async function endAll(): Promise<void> {
  for (const stop of running) stop.abort(new Error("the test is over"));
  await Promise.resolve();
}

/** Runs `apisix-canary dashboard` against a played API server, until it says where it is. @throws Error with what it says instead. */
export async function listen(server: PlayedServer, argv: readonly string[]): Promise<Listening> {
  const folder = mkdtempSync(path.join(tmpdir(), "canary-dashboard-"));
  const kubeconfig = path.join(folder, "config");
  writeFileSync(kubeconfig, kubeconfigFor(server.url));
  const stop = new AbortController();
  running.add(stop);
  const errors: string[] = [];
  let told: (url: string) => void = () => undefined;
  const address = new Promise<string>((resolve) => (told = resolve));
  const ended = run(["dashboard", ...argv, "--kubeconfig", kubeconfig], {
    out: (text) => told(text),
    error: (text) => void errors.push(text),
    isTerminal: false,
    signal: stop.signal,
  }).finally(() => {
    running.delete(stop);
    rmSync(folder, { recursive: true });
  });
  const url = await Promise.race([address, ended.then(() => undefined)]);
  if (url === undefined) throw new Error(errors.join("\n"));
  return {
    url,
    end: () => {
      stop.abort(new Error("interrupted"));
      return ended;
    },
  };
}
