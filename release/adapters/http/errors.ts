/**
 * Why an exchange gave no answer. `connect`: nothing was sent. `stale`: a kept connection had been closed by the
 * peer before it saw this request. `untrusted`: its certificate. `broken`: the request may have been seen.
 */
export type ExchangeFailure = "connect" | "timeout" | "tooLarge" | "stale" | "untrusted" | "broken";

export class ExchangeError extends Error {
  constructor(
    readonly kind: ExchangeFailure,
    message: string,
  ) {
    super(message);
    this.name = "ExchangeError";
  }
}

const known: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "connection refused"],
  ["ECONNRESET", "the connection was closed before an answer"],
  ["EPIPE", "the connection was closed before an answer"],
  ["ENOTFOUND", "its name is not known"],
  ["EAI_AGAIN", "its name can't be looked up now"],
  ["EHOSTUNREACH", "no way to that host"],
  ["ENETUNREACH", "no way to that network"],
  ["ETIMEDOUT", "no connection in time"],
]);

/** A network error in words that hold neither URL nor stack. */
export function reasonOf(error: unknown): { readonly code: string; readonly text: string } {
  const code =
    error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "without a code";
  return {
    code,
    text:
      known.get(code) ??
      (isUntrusted(code) ? `its certificate is not trusted (${code})` : `the exchange failed (${code})`),
  };
}

/** Whether an error code is about the peer's certificate. */
export function isUntrusted(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ERR_SSL|HOSTNAME_MISMATCH/.test(code);
}

/** One line of at most `maxLength` characters, for text that others wrote. */
export function quote(text: string, maxLength = 100): string {
  const line = [...text]
    .map((character) => (isControl(character) ? " " : character))
    .join("")
    .replace(/\s+/g, " ")
    .trim();
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1)}…`;
}

function isControl(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0x2028 || code === 0x2029;
}
