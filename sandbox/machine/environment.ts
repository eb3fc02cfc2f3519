import path from "node:path";
import type { StateFolder } from "./state.js";

const packageRoot = path.resolve(__dirname, "../../..");

/** Environment of everything that runs inside: our tools first, the sandbox's cluster by default. */
export function insideEnvironment(state: StateFolder, extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const folders = [
    state.bin,
    path.join(packageRoot, "node_modules/.bin"),
    path.join(packageRoot, "node_modules/@pulumi/pulumi"),
    process.env["PATH"] ?? "",
  ];
  return {
    ...process.env,
    PATH: folders.join(path.delimiter),
    KUBECONFIG: state.kubeconfig,
    APISIX_CANARY_SANDBOX_DIR: state.root,
    PULUMI_SKIP_UPDATE_CHECK: "1",
    // Inside, this user is root and Pulumi would look for the home of root, which isn't ours.
    PULUMI_HOME: path.join(state.root, "pulumi"),
    ...extra,
  };
}
