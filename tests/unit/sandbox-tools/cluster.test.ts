import net from "node:net";
import type { V1Endpoint, V1EndpointSlice } from "@kubernetes/client-node";
import { expect } from "chai";
import dns from "dns-packet";
import { describeService } from "../../../sandbox/cluster/directory.js";
import type { ServiceEntry } from "../../../sandbox/cluster/directory.js";
import { answerTo } from "../../../sandbox/cluster/dns.js";
import { ServiceProxy } from "../../../sandbox/cluster/service-proxy.js";

function entry(rest: Partial<ServiceEntry>): ServiceEntry {
  return {
    namespace: "test",
    name: "web",
    clusterIp: "10.96.1.1",
    externalName: undefined,
    ports: [],
    addresses: [],
    ...rest,
  };
}

describe("sandbox name server", () => {
  const services = new Map([
    ["test/web", entry({})],
    ["test/all", entry({ name: "all", clusterIp: "None", addresses: ["10.244.0.2", "10.244.0.3"] })],
    ["test/alias", entry({ name: "alias", clusterIp: "", externalName: "web.test.svc.cluster.local" })],
  ]);
  const directory = { get: (namespace: string, name: string) => services.get(`${namespace}/${name}`) };
  const ask = (name: string, type: "A" | "AAAA" = "A"): dns.Packet | undefined =>
    answerTo(dns.encode({ type: "query", id: 7, questions: [{ name, type }] }), directory);
  const data = (packet: dns.Packet | undefined): unknown =>
    (packet?.answers ?? []).map((answer) => ("data" in answer ? answer.data : undefined));
  const code = (packet: dns.Packet | undefined): number => (packet?.flags ?? 0) & 15;

  it("knows Services by their full names", () => {
    expect(data(ask("Web.test.svc.cluster.local"))).to.deep.equal(["10.96.1.1"]);
    expect(data(ask("all.test.svc.cluster.local"))).to.deep.equal(["10.244.0.2", "10.244.0.3"]);
    expect(data(ask("alias.test.svc.cluster.local"))).to.deep.equal(["web.test.svc.cluster.local", "10.96.1.1"]);
  });

  it("tells a name without such addresses from no such name", () => {
    const withoutIpv6 = ask("web.test.svc.cluster.local", "AAAA");
    expect([data(withoutIpv6), code(withoutIpv6)]).to.deep.equal([[], 0]);
    expect(code(ask("other.test.svc.cluster.local"))).to.equal(3);
    expect(code(ask("example.com"))).to.equal(3);
  });

  it("is silent to garbage", () => {
    expect(answerTo(Buffer.from("?"), directory)).to.equal(undefined);
  });
});

describe("sandbox Services", () => {
  const slice = (...endpoints: V1Endpoint[]): V1EndpointSlice => ({
    addressType: "IPv4",
    endpoints,
    ports: [{ name: "http", port: 9898 }],
  });
  const service = { spec: { clusterIP: "10.96.1.1", ports: [{ name: "http", port: 80 }] } };
  const addresses = (...endpoints: V1Endpoint[]): unknown =>
    describeService("test", "web", service, [slice(...endpoints)]).ports[0]?.endpoints.map(({ address }) => address);

  const ready: V1Endpoint = { addresses: ["10.244.0.2"], conditions: { ready: true } };
  const starting: V1Endpoint = { addresses: ["10.244.0.3"], conditions: { ready: false, serving: false } };
  const ending: V1Endpoint = {
    addresses: ["10.244.0.4"],
    conditions: { ready: false, serving: true, terminating: true },
  };

  it("go to ready endpoints, and to those that end only when there are no others", () => {
    expect(addresses(ready, starting, ending)).to.deep.equal(["10.244.0.2"]);
    expect(addresses(starting, ending)).to.deep.equal(["10.244.0.4"]);
    expect(addresses(starting)).to.deep.equal([]);
  });

  it("spread connections, wait for the answer of who is done sending, and refuse without endpoints", async () => {
    const servers = await Promise.all(["a", "b"].map(echo));
    const port = await freePort();
    const endpoints = servers.map((server) => ({ address: "127.0.0.1", port: portOf(server) }));
    const proxy = new ServiceProxy();
    const web = (some: typeof endpoints): ServiceEntry =>
      entry({ clusterIp: "127.0.0.1", ports: [{ name: "http", port, endpoints: some }] });
    proxy.update("test", "web", web(endpoints));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const answers = [await askOnce(port), await askOnce(port)];
    expect(answers.sort()).to.deep.equal(["a: hello", "b: hello"]);
    proxy.update("test", "web", web([]));
    expect(await askOnce(port).catch((error: unknown) => String(error))).to.contain("ECONNREFUSED");
    servers.forEach((server) => server.close());
  });
});

/** Answers when the other side has said all. */
function echo(name: string): Promise<net.Server> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    let heard = "";
    socket.on("data", (data) => (heard += data.toString()));
    socket.on("end", () => socket.end(`${name}: ${heard}`));
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

function askOnce(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = "";
    const socket = net.connect({ host: "127.0.0.1", port, allowHalfOpen: true }, () => socket.end("hello"));
    socket.on("data", (data) => (heard += data.toString()));
    socket.on("error", reject);
    socket.on("end", () => resolve(heard));
  });
}

async function freePort(): Promise<number> {
  const server = await echo("");
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function portOf(server: net.Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
