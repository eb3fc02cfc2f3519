import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import type { Image } from "../../../sandbox/images/index.js";
import { RunningContainer } from "../../../sandbox/node/container.js";
import { AddressPool } from "../../../sandbox/node/network.js";
import { confinementOf } from "../../../sandbox/node/security.js";
import { isAlive, processRecordOf, readRecord, writeRecord } from "../../../sandbox/node/record.js";

const image: Image = {
  entrypoint: [],
  command: [],
  env: {},
  workingDirectory: "/",
  user: "",
  stopSignal: "SIGTERM",
  files: { kind: "machine", shared: [], programs: {}, writable: [] },
  origin: { kind: "stand-in" },
};

describe("what a restarted node agent finds", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "node-record-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const recordOf = (pid: number) => ({
    ip: "10.244.1.7",
    network: processRecordOf(pid),
    startTime: "2026-11-25T04:00:00Z",
    initialized: true,
    containers: { app: { process: processRecordOf(pid), startedAt: "2026-11-25T04:00:01Z", restarts: 2 } },
  });

  it("is what the earlier one wrote, as long as the pod's network is there", () => {
    writeRecord(folder, recordOf(process.pid));
    expect(readRecord(folder)).to.deep.equal(recordOf(process.pid));
    writeRecord(folder, { ...recordOf(process.pid), network: { pid: process.pid, startedTicks: "1" } });
    expect(readRecord(folder)).to.equal(undefined);
    expect(readRecord(path.join(folder, "none"))).to.equal(undefined);
  });

  it("tells a process from a later one with its number, and from its own zombie", async () => {
    const child = spawn("sleep", ["30"]);
    const record = processRecordOf(child.pid ?? 0);
    expect(isAlive(record)).to.equal(true);
    expect(isAlive({ ...record, startedTicks: `${record.startedTicks}1` })).to.equal(false);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(isAlive(record)).to.equal(false);
  });

  it("is a container that it can watch and stop", async () => {
    const child = spawn("sh", ["-c", "sleep 30; true"]);
    const adopted = RunningContainer.adopt(
      processRecordOf(child.pid ?? 0),
      image,
      confinementOf({}, { name: "app" }, "", { passwd: "", group: "" }),
      undefined,
    );
    adopted.kill();
    expect(await adopted.ended).to.deep.equal({ exitCode: 137, signal: 9 });
  });

  it("keeps the addresses that pods have, and gives the next ones after them", () => {
    const addresses = new AddressPool();
    addresses.claim("10.244.1.7");
    expect(addresses.take()).to.equal("10.244.1.8");
  });
});
