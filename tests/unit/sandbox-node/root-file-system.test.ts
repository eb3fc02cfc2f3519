import path from "node:path";
import { expect } from "chai";
import { rootScript } from "../../../sandbox/node/root-file-system.js";

const dist = path.resolve(__dirname, "../../..");
const image = {
  entrypoint: [process.execPath],
  command: [],
  workingDirectory: "/",
  env: {},
  stopSignal: "SIGTERM" as const,
  files: {},
};

/** Places in the script at which our own code is put into the container. */
function bindsOfCode(mountPath: string): { readonly code: readonly number[]; readonly volume: number } {
  const container = { name: "app", volumeMounts: [{ name: "scratch", mountPath }] };
  const options = { root: "/r", image, container, volumes: "/v", files: "/f", workingDirectory: "/" };
  const lines = rootScript(options).split("\n");
  const code = lines.flatMap((line, index) =>
    line.includes(`mount --bind "$(readlink -f '${dist}')"`) ? [index] : [],
  );
  return { code, volume: lines.findIndex((line) => line.includes("'/v/scratch'")) };
}

describe("a container's file system", () => {
  it("shows the code that it runs also below a volume, as with a checkout in /tmp", () => {
    const { code, volume } = bindsOfCode(path.dirname(path.dirname(dist)));
    expect(volume).to.be.greaterThan(0);
    expect(code.at(-1)).to.be.greaterThan(volume);
  });

  it("leaves a volume elsewhere alone", () => {
    const { code, volume } = bindsOfCode("/data");
    expect(code).to.have.length(1);
    expect(code[0]).to.be.lessThan(volume);
  });
});
