// Stand-in for the APISIX ingress controller 2.2: ids of what it pushes.
import { crc32 } from "node:zlib";

/** The id of an object, made from its name so that it stays the same. */
export function genId(name: string): string {
  return crc32(name).toString(16);
}
