import path from "node:path";
import { expect } from "chai";
import type { Image } from "../../../sandbox/images/index.js";
import { rootScript } from "../../../sandbox/node/root-file-system.js";
import { confinementOf } from "../../../sandbox/node/security.js";

const dist = path.resolve(__dirname, "../../..");
const image: Image = {
  entrypoint: [process.execPath],
  command: [],
  workingDirectory: "/",
  env: {},
  user: "",
  stopSignal: "SIGTERM",
  files: { kind: "machine", shared: [dist], programs: {}, writable: [] },
  origin: { kind: "stand-in" },
};
const confinement = confinementOf({}, { name: "app" }, "", { passwd: "", group: "" });

/** Places in the script at which our own code is put into the container. */
function bindsOfCode(mountPath: string): { readonly code: readonly number[]; readonly volume: number } {
  const container = { name: "app", volumeMounts: [{ name: "scratch", mountPath }] };
  const places = { root: "/r", volumes: "/v", files: "/f", workingDirectory: "/" };
  const rest = { podVolumes: [], env: {}, confinement, userIds: "all", joinFile: undefined } as const;
  const options = { ...places, ...rest, image, container };
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
