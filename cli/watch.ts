import { setTimeout as sleep } from "node:timers/promises";
import { TransientError } from "../release/ports/index.js";

export interface Screen {
  readonly isTerminal: boolean;
  readonly print: (text: string) => void;
}

/** Shows a text again and again: in place on a terminal, else each time it changes. Ends with the signal. */
export async function watch(
  draw: () => Promise<string>,
  { isTerminal, print }: Screen,
  everyMs: number,
  signal: AbortSignal,
): Promise<void> {
  let last = "";
  while (!signal.aborted) {
    const text = await draw().catch((error: unknown) => {
      if (error instanceof TransientError) return error.message;
      throw error;
    });
    if (isTerminal) print(`\u001b[2J\u001b[H${text}`);
    else if (text !== last) print(text);
    last = text;
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
