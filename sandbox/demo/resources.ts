/** A hundred lines of the engine's about resources as one line that changes. */
const tellMs = 10_000;

/** ` +  kubernetes:core/v1:Service podinfo created (0.10s)`, and the line that says it begins. */
const resourceLine = /^\s*[+~-]{1,2}\s+\S+:\S+\s+\S+.*\b(?:creating|created|updating|updated)\b/;
const finished = /\b(?:created|updated)\b/;
/** What a release of ours says, and what went wrong, is worth a line of its own. */
const worthReading =
  /\bpulumi-nodejs:dynamic\S*\s.*\b(?:creating|updating)\s\(\d+s\)\s+\S|\b(?:error|warning|failed)\b/i;

export interface ResourceCounter {
  /** Whether the line is one of those that it counts instead of showing them. */
  takes(line: string): boolean;
  stop(): void;
}

export function countResources(write: (text: string) => void = (text) => process.stdout.write(text)): ResourceCounter {
  const started = performance.now();
  const done = new Set<string>();
  const isTerminal = process.stdout.isTTY;
  const text = (): string => `   ${done.size} resources, ${((performance.now() - started) / 1000).toFixed(0)}s`;
  const timer = setInterval(() => write(isTerminal ? `\r${text()}` : `${text()}\n`), isTerminal ? 500 : tellMs);
  return {
    takes: (line) => {
      if (!resourceLine.test(line) || worthReading.test(line)) return false;
      if (finished.test(line)) done.add(line.trim().split(/\s+/).slice(1, 3).join(" "));
      return true;
    },
    stop: () => {
      clearInterval(timer);
      write(`${isTerminal ? "\r" : ""}${text()}\n`);
    },
  };
}
