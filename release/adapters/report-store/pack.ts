import { promisify } from "node:util";
import { brotliCompress, brotliDecompress, constants } from "node:zlib";
import { withoutOldest } from "../../report/index.js";
import type { WrittenReport } from "../../report/index.js";

/** An object of the cluster may have about a megabyte. */
const mostCharacters = 900_000;
/** A report is some megabytes of text at most: more is no report. */
const mostBytes = 256 * 1024 * 1024;
/** Nearly the size of the best quality, in a tenth of its time. */
const quality = 5;
const announcementsKept = 100;

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** The report compressed, as base64; where that is too long, without its oldest ticks. */
export async function pack(report: WrittenReport, limit = mostCharacters): Promise<string> {
  for (let kept = report; ;) {
    const packed = await encode(kept);
    const { length } = kept.ticks;
    if (packed.length <= limit) return packed;
    if (length === 0) return encode({ ...kept, announcements: kept.announcements.slice(-announcementsKept) });
    // Somewhat more than what is too much, so that few rounds are enough.
    kept = withoutOldest(kept, Math.min(length, Math.ceil(length * (1 - (0.9 * limit) / packed.length))));
  }
}

async function encode(report: WrittenReport): Promise<string> {
  const packed = await compress(JSON.stringify(report), { params: { [constants.BROTLI_PARAM_QUALITY]: quality } });
  return packed.toString("base64");
}

/** The JSON text of a packed report. @throws Error of one line. */
export async function unpack(packed: string): Promise<string> {
  try {
    return (await decompress(Buffer.from(packed, "base64"), { maxOutputLength: mostBytes })).toString("utf8");
  } catch (error) {
    throw new Error("the stored report can't be unpacked: was its ConfigMap edited by hand?", { cause: error });
  }
}
