/** `1h40m`, `90s` as people write durations: its two largest units. */
export function durationText(seconds: number): string {
  if (seconds < 120) return `${Number(seconds.toFixed(3))}s`;
  const rounded = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(rounded / 3600), Math.floor((rounded % 3600) / 60), rounded % 60];
  if (hours > 0) return minutes === 0 ? `${hours}h` : `${hours}h${minutes}m`;
  return rest === 0 ? `${minutes}m` : `${minutes}m${rest}s`;
}
