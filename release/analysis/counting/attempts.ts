import type { CounterSeries } from "../contract.js";

/** One try of the gateway on one upstream address. */
export interface Attempt {
  readonly node: string;
  readonly failed: boolean;
}

/**
 * All attempts behind the requests of a status series, in order. Where the gateway exports `$upstream_addr` and
 * `$upstream_status` a retry is seen; else there is one attempt, at the address of the last one. With the statuses
 * alone all attempts are held to be on that address: the gateway retries within one backend.
 */
export function attemptsOf(
  series: Pick<CounterSeries, "node" | "code" | "upstreamStatus" | "upstreamAddress">,
): readonly Attempt[] {
  const finallyFailed = isServerError(series.code);
  const statuses = listOf(series.upstreamStatus);
  const addresses = listOf(series.upstreamAddress).map(withoutPort);
  if (statuses.length === 0) {
    const nodes = addresses.length > 0 ? addresses : series.node === "" ? [] : [series.node];
    // Only a failed attempt is followed by another one.
    return nodes.map((node, index) => ({ node, failed: index < nodes.length - 1 || finallyFailed }));
  }
  const last = statuses.length - 1;
  return statuses.flatMap((status, index) => {
    const node = addresses.length === statuses.length ? addresses[index] : series.node;
    if (node === undefined || node === "") return [];
    const failed = isServerError(status) || (index < last && status === "-") || (index === last && finallyFailed);
    return [{ node, failed }];
  });
}

/**
 * Whether a request says anything of the version that was asked: not where the client left before an answer (499 is
 * nginx's own code for that), whatever the version would have said.
 */
export function isTrial({ code, responseSource }: Pick<CounterSeries, "code" | "responseSource">): boolean {
  return code !== "499" || responseSource === "upstream";
}

export function isServerError(code: string): boolean {
  return /^5\d\d$/.test(code);
}

/** nginx separates attempts with commas, and groups of attempts (internal redirects) with colons between blanks. */
function listOf(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  return text
    .split(/\s*,\s*|\s+:\s+/)
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

function withoutPort(address: string): string {
  const bracketed = /^\[(.*)\](?::\d+)?$/.exec(address);
  if (bracketed?.[1] !== undefined) return bracketed[1];
  return /^[^:]+:\d+$/.test(address) ? address.slice(0, address.lastIndexOf(":")) : address;
}
