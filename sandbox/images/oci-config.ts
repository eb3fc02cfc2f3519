/** The part of an image's configuration (OCI image specification) that a container runtime starts programs by. */
import { z } from "zod";
import type { Image, Origin, RootFiles } from "./image.js";

const words = z.array(z.string()).nullish();

const settings = z.object({
  Entrypoint: words,
  Cmd: words,
  Env: words,
  User: z.string().nullish(),
  WorkingDir: z.string().nullish(),
  StopSignal: z.string().nullish(),
});

/** The whole configuration, or its inner part alone. */
export const ociConfig = z.union([z.object({ config: settings }).transform(({ config }) => config), settings]);
export type OciConfig = z.output<typeof ociConfig>;

export function imageOf(config: OciConfig, files: RootFiles, origin: Origin): Image {
  return {
    entrypoint: config.Entrypoint ?? [],
    command: config.Cmd ?? [],
    workingDirectory: config.WorkingDir || "/",
    env: Object.fromEntries((config.Env ?? []).map(pairOf)),
    user: config.User ?? "",
    stopSignal: signalOf(config.StopSignal ?? ""),
    files,
    origin,
  };
}

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

const numbers: Readonly<Record<string, NodeJS.Signals>> = {
  "2": "SIGINT",
  "3": "SIGQUIT",
  "9": "SIGKILL",
  "15": "SIGTERM",
};
const names: readonly NodeJS.Signals[] = [
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGKILL",
  "SIGTERM",
  "SIGUSR1",
  "SIGUSR2",
  "SIGWINCH",
];

function signalOf(text: string): NodeJS.Signals {
  const spelled = text.toUpperCase();
  return numbers[spelled] ?? names.find((name) => name === spelled || name === `SIG${spelled}`) ?? "SIGTERM";
}
