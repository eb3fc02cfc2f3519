// Stand-in for Apache APISIX 3.17: when a page of metrics shows two moments at once.
import { crc32 } from "node:zlib";

/** A worker's hand-over in the middle of reading the page. Positions are shares of the page, 0 to 1. */
export interface Tear {
  /** Where the reader was when the first increment was written. */
  readonly start: number;
  /** Keys that the reader reads while the worker writes one: what is handed over after little traffic tears little. */
  readonly pace: number;
  /** When a key's own increment was written, as a share of the hand-over. */
  readonly order: (key: string) => number;
}

/** Decides for each new page, given how many keys it has. */
export type Tearing = (keys: number) => Tear | undefined;

export const neverTorn: Tearing = () => undefined;

/** Reading one key takes so long, so that 13,000 keys take 0.4 s of the second between two hand-overs. */
const READ_SECONDS_PER_KEY = 0.00003;
/** Both happen once a second, so that one gateway's pages are torn nearly always or nearly never; this is the "nearly". */
const JITTER_SECONDS = 0.05;
/** Writing one is faster than reading one, at most so much: 13,000 keys are written within a third of the reading. */
const NATURAL_PACE = 0.3;
/** A slow worker, so that traffic of a few requests a second shows it, too. */
const SLOW_PACE = 3;

/**
 * As measured: hardly ever with few series (10 of 1,328 pages); with many (720 histograms) between 0 of 57 and
 * 51 of 57, depending on when the reader and the workers happened to start.
 */
export function naturalTearing(random: () => number): Tearing {
  const phaseSeconds = random();
  return (keys) => {
    const readSeconds = Math.min(1, keys * READ_SECONDS_PER_KEY);
    const at = (phaseSeconds + (random() * 2 - 1) * JITTER_SECONDS + 1) % 1;
    return at < readSeconds ? tearAt(at / readSeconds, NATURAL_PACE, random) : undefined;
  };
}

/** Tears this share of all pages, wherever it falls; for tests that want to see it. */
export function tearingShare(share: number, random: () => number): Tearing {
  return () => (random() < share ? tearAt(random(), SLOW_PACE, random) : undefined);
}

function tearAt(start: number, highestPace: number, random: () => number): Tear {
  const seed = Math.floor(random() * 0xffffffff);
  return { start, pace: random() * highestPace, order: (key) => crc32(key, seed) / 0xffffffff };
}
