/** One line for people. */
export type Progress = (line: string) => void;

const tellMs = 30_000;

export interface Step {
  readonly name: string;
  /** How long it may take on this machine; undefined where nobody knows. */
  readonly expectedSeconds?: number;
}

/** How far a step is, from 0 to 1. */
export type Done = () => number | undefined;

/**
 * Runs `work` and tells every half minute how long it has been going on, how long it will take, and what comes next;
 * nothing of a step that is over sooner.
 */
export async function withProgress<T>(
  step: Step,
  next: () => readonly string[],
  progress: Progress,
  done: Done,
  work: () => Promise<T>,
): Promise<T> {
  const started = performance.now();
  const timer = setInterval(
    () => progress(progressLine(step, (performance.now() - started) / 1000, done(), next())),
    tellMs,
  );
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** `kube, pulumi: 3m30s of about 9m, 1,830 of …; next: hey`; pure. */
export function progressLine(
  { name, expectedSeconds }: Step,
  elapsedSeconds: number,
  done: number | undefined,
  next: readonly string[],
): string {
  const share = done === undefined || done <= 0 ? undefined : Math.min(1, done);
  // Its own pace is the better guess once there is some of it.
  const whole = share !== undefined && share > 0.2 ? elapsedSeconds / share : expectedSeconds;
  const about = whole === undefined ? "" : ` of about ${spoken(Math.max(whole, elapsedSeconds))}`;
  const percent = share === undefined ? "" : ` (${Math.floor(share * 100)}%)`;
  const then = next.length === 0 ? "" : `; next: ${next.join(", ")}`;
  return `${name}: ${spoken(elapsedSeconds)}${about}${percent}${then}`;
}

function spoken(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, "0")}s`;
}
