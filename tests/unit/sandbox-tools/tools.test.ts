import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import type { Tool } from "../../../sandbox/tools/catalogue.js";
import { checksumOf } from "../../../sandbox/tools/download.js";
import { exclusively, findTool, podinfo, tools } from "../../../sandbox/tools/index.js";

describe("sandbox tools", () => {
  let folder: string;
  let served: Readonly<Record<string, string>>;
  let server: http.Server;
  let port: number;
  const original = { cache: process.env["XDG_CACHE_HOME"], path: process.env["PATH"] };

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "canary-tools-test-"));
    process.env["XDG_CACHE_HOME"] = path.join(folder, "cache");
    served = {};
    server = http.createServer((request, response) => {
      const body = served[request.url ?? ""];
      response.writeHead(body === undefined ? 404 : 200).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
  });

  afterEach(() => {
    if (original.cache === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = original.cache;
    process.env["PATH"] = original.path;
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  function program(name: string, prints: string): string {
    const bin = path.join(folder, "bin");
    mkdirSync(bin, { recursive: true });
    const file = path.join(bin, name);
    writeFileSync(file, `#!/bin/sh\necho ${prints}\n`);
    chmodSync(file, 0o755);
    return file;
  }

  const tool = (name: string): Tool => ({
    name,
    version: "1.2.3",
    onPath: { args: ["--version"], fits: /version 1\.2\./ },
    release: {
      url: `http://127.0.0.1:${port}/${name}`,
      checksum: { url: `http://127.0.0.1:${port}/sums`, algorithm: "sha256" },
    },
  });

  const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

  it("takes a program on PATH if its version fits", async () => {
    const file = program("fitting-tool", "version 1.2.9");
    process.env["PATH"] = `${path.dirname(file)}:${process.env["PATH"]}`;
    const lines: string[] = [];
    expect(await findTool(tool("fitting-tool"), (line) => lines.push(line))).to.include({ file, from: "path" });
    expect(lines.join()).to.match(/^fitting-tool 1\.2\.3: path \(\d+\.\ds\)$/);
  });

  it("leaves another version alone, downloads the release once, and finds it in the cache from then on", async () => {
    const file = program("old-tool", "version 1.1.0");
    process.env["PATH"] = `${path.dirname(file)}:${process.env["PATH"]}`;
    served = { "/old-tool": "the program", "/sums": `${sha256("the program")}  old-tool\n` };
    const found = await findTool(tool("old-tool"), () => undefined);
    expect(found?.from).to.equal("release");
    expect(found?.file).to.match(/cache\/pulumi-apisix-canary\/tools\/old-tool\/1\.2\.3\/old-tool$/);
  });

  it("refuses a download whose checksum does not fit", async () => {
    served = { "/bad-tool": "something else", "/sums": `${sha256("the program")}  bad-tool\n` };
    const failure = await findTool(tool("bad-tool"), () => undefined).catch((error: unknown) => error);
    expect(String(failure)).to.contain("bad-tool 1.2.3: the download's checksum does not fit");
  });

  it("is quiet about a program that can neither be downloaded nor built", async () => {
    expect(await findTool(tool("missing-tool"), () => undefined)).to.equal(undefined);
  });

  it("reads the checksum files of all projects", () => {
    const sum = "ab12";
    expect(checksumOf("a.tar.gz", `${sum}  a.tar.gz\ncd34  b.tar.gz\n`)).to.equal(sum);
    expect(checksumOf("a.tar.gz", `cd34 *x-a.tar.gz\n${sum} *a.tar.gz\n`)).to.equal(sum);
    expect(checksumOf("kubectl", `${sum}\n`)).to.equal(sum);
    expect(checksumOf("a.tar.gz", "cd34  b.tar.gz\n")).to.equal(undefined);
  });

  it("links any podinfo version, and nothing that is none", () => {
    expect(podinfo("6.0.9").build?.linkVariables?.join()).to.contain("VERSION=6.0.9");
    expect(() => podinfo("latest")).to.throw("podinfo:latest is not a version like 6.0.1");
  });

  it("verifies whatever it downloads", () => {
    const all: readonly Tool[] = [...Object.values(tools).flat()];
    const releases = all.flatMap(({ release }) => (release === undefined ? [] : [release]));
    expect(releases).to.have.length.greaterThan(6);
    for (const { url, checksum } of releases)
      for (const each of [url, checksum.url]) expect(each).to.match(/^https:\/\//);
  });

  it("lets one process at a time make a tool", async () => {
    const order: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      order.push(`${name} ends`);
    };
    const ignore = (): void => undefined;
    await Promise.all([exclusively("test", ignore, work("a")), exclusively("test", ignore, work("a"))]);
    expect(order).to.deep.equal(["a begins", "a ends", "a begins", "a ends"]);
  });
});
