// Stand-in for the cluster's DNS: answers for Services from what the API server says, and for nothing else.
import dgram from "node:dgram";
import net from "node:net";
import dns from "dns-packet";
import type { Directory } from "./directory.js";

const domain = "cluster.local";
const ttlSeconds = 1;

/** Listens on UDP and TCP. */
export function startDns(address: string, directory: Directory): void {
  const udp = dgram.createSocket("udp4");
  udp.on("message", (message, peer) => {
    const answer = answerTo(message, directory);
    if (answer !== undefined) udp.send(dns.encode(answer), peer.port, peer.address);
  });
  udp.on("error", () => undefined);
  udp.bind(53, address);
  const tcp = net.createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", (data) => {
      const answer = answerTo(data.subarray(2), directory);
      if (answer !== undefined) socket.end(dns.streamEncode(answer));
    });
  });
  tcp.listen(53, address);
}

/** The answer to one query, in the form of the wire's library; undefined to what is none. */
export function answerTo(message: Buffer, directory: Pick<Directory, "get">): dns.Packet | undefined {
  const query = decoded(message);
  const question = query?.questions?.[0];
  if (query === undefined || question === undefined) return undefined;
  const records = recordsOf(question.name, directory);
  const answers = (records ?? []).filter(({ type }) => type === question.type || type === "CNAME");
  const nameError = 3;
  return {
    type: "response",
    id: query.id ?? 0,
    flags: dns.AUTHORITATIVE_ANSWER | dns.RECURSION_DESIRED | (records === undefined ? nameError : 0),
    questions: [question],
    answers,
  };
}

function decoded(message: Buffer): dns.DecodedPacket | undefined {
  try {
    return dns.decode(message);
  } catch {
    return undefined;
  }
}

/** `service.namespace.svc.cluster.local`; undefined when there is no such name. */
function recordsOf(name: string, directory: Pick<Directory, "get">, depth = 0): readonly dns.Answer[] | undefined {
  const suffix = `.svc.${domain}`;
  const asked = name.toLowerCase();
  if (!asked.endsWith(suffix)) return undefined;
  const [service, namespace, ...rest] = asked.slice(0, -suffix.length).split(".");
  if (service === undefined || namespace === undefined || rest.length > 0) return undefined;
  const entry = directory.get(namespace, service);
  if (entry === undefined) return undefined;
  if (entry.externalName !== undefined) {
    const alias: dns.Answer = { type: "CNAME", name, ttl: ttlSeconds, data: entry.externalName };
    // A chain that never ends is cut off.
    return [alias, ...(depth > 4 ? [] : (recordsOf(entry.externalName, directory, depth + 1) ?? []))];
  }
  const addresses = entry.clusterIp === "None" ? entry.addresses : [entry.clusterIp].filter((ip) => /^\d/.test(ip));
  return addresses.map((data) => ({ type: "A", name, ttl: ttlSeconds, data }));
}
