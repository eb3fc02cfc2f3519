/** `8 minutes`, `50 seconds`: for sentences about what is still to come. */
export function spanText(seconds: number): string {
  if (!Number.isFinite(seconds)) return "for ever";
  if (seconds < 100) return `${Math.ceil(seconds)} seconds`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`;
}

/** `0.1 requests/s`, `1 request/s`. */
export function rateText(requestsPerSecond: number): string {
  const rounded = Number(requestsPerSecond.toPrecision(2));
  return `${rounded} ${rounded === 1 ? "request" : "requests"}/s`;
}
