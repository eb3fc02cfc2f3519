// Stand-in for Apache APISIX 3.17: IP addresses and ranges.
import { BlockList, isIPv6 } from "node:net";

/** The address without the IPv4-in-IPv6 prefix. */
export function plainAddress(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:/, "");
}

/** A list of addresses and CIDRs to check against. Throws for a bad entry. */
export function cidrList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address, prefix] = entry.split("/");
    if (address === undefined) {
      continue;
    }
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (prefix === undefined) {
      list.addAddress(address, family);
    } else {
      list.addSubnet(address, Number(prefix), family);
    }
  }
  return list;
}
