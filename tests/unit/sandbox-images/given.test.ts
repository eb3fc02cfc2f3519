import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { givenFor, readGivenImages } from "../../../sandbox/images/given.js";
import { describeImage } from "../../../sandbox/images/prepare.js";

describe("images given by hand", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "canary-given-"));
    mkdirSync(path.join(folder, "apisix/usr"), { recursive: true });
    const config = { Entrypoint: ["/start.sh"], Cmd: ["run"], Env: ["A=1", "B=x=y"], User: "apisix", WorkingDir: "/w" };
    writeFileSync(path.join(folder, "apisix.json"), JSON.stringify({ config: { ...config, StopSignal: "SIGQUIT" } }));
    writeFileSync(path.join(folder, "adc"), "a program");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function read(text: string): ReturnType<typeof readGivenImages> {
    const file = path.join(folder, "images.yaml");
    writeFileSync(file, text);
    return readGivenImages(file);
  }

  function failure(text: string): string {
    try {
      read(text);
      return "";
    } catch (error) {
      return error instanceof Error ? error.message.replaceAll(folder, "FOLDER") : String(error);
    }
  }

  it("are an unpacked root file system with its configuration", () => {
    const given = read("apache/apisix: { rootfs: apisix, config: apisix.json, env: { C: '3' } }");
    const image = givenFor("apache/apisix:3.17.0-debian", given);
    expect(image).to.deep.equal({
      entrypoint: ["/start.sh"],
      command: ["run"],
      workingDirectory: "/w",
      env: { A: "1", B: "x=y", C: "3" },
      user: "apisix",
      stopSignal: "SIGQUIT",
      files: { kind: "unpacked", folder: path.join(folder, "apisix") },
      origin: { kind: "given" },
    });
    expect(image && describeImage("apache/apisix:3.17.0-debian", image)).to.equal(
      "apisix:3.17.0-debian: given with --images",
    );
  });

  it("or a program of this machine, whose folder the container sees", () => {
    const given = read("ghcr.io/api7/adc: { program: [adc, server], user: 2000, cwd: /work, shared: [apisix] }");
    const image = givenFor("ghcr.io/api7/adc:0.27.1", given);
    expect(image).to.include({ user: "2000", workingDirectory: "/work" });
    expect(image?.entrypoint).to.deep.equal([path.join(folder, "adc"), "server"]);
    expect(image?.files).to.deep.include({ kind: "machine", shared: [folder, path.join(folder, "apisix")] });
  });

  it("are found by the whole name first, then by tag, then for all tags, under any name of Docker Hub's", () => {
    const given = read(
      [
        "apache/apisix: { rootfs: apisix, user: all }",
        "apache/apisix:3.17.0-debian: { rootfs: apisix, user: tagged }",
        "docker.io/library/node: { rootfs: apisix, user: node }",
      ].join("\n"),
    );
    expect(givenFor("docker.io/apache/apisix:3.17.0-debian", given)?.user).to.equal("tagged");
    expect(givenFor("apache/apisix:3.18.0", given)?.user).to.equal("all");
    expect(givenFor("node:22-alpine", given)?.user).to.equal("node");
    expect(givenFor("ghcr.io/apache/apisix:3.18.0", given)).to.equal(undefined);
  });

  it("are refused in one line that names what is wrong", () => {
    const file = "--images FOLDER/images.yaml";
    expect(failure("a: { rootfs: none }")).to.equal(`${file}: "a": rootfs FOLDER/none is no folder`);
    expect(failure("a: { program: [none] }")).to.equal(`${file}: "a": program FOLDER/none is no file`);
    expect(failure("a: { rootfs: apisix, config: adc }")).to.match(/"a": config FOLDER\/adc is no image configuration/);
    expect(failure("a: { root: apisix }")).to.match(/"a": give "rootfs" .* or "program"/);
    expect(failure("a: [")).to.match(/^--images FOLDER\/images\.yaml: /);
    expect(() => readGivenImages("/no/such/file")).to.throw("--images /no/such/file: can't be read");
  });
});
