import { expect } from "chai";
import { ACCEPTED, differences } from "./differences.js";
import type { Acceptance, Difference } from "./differences.js";
import { recordings } from "./recording.js";
import type { Recording } from "./recording.js";
import { Applications, replay } from "./replay.js";
import type { Replayed } from "./replay.js";

/**
 * A round robin begins at a random place, which no recording tells. These bits say where it did: one for each round
 * robin in the order of first use, 1 for the second of two choices. Without an entry, always the first.
 */
const BEGINNINGS: Readonly<Record<string, number>> = {
  "02-status-500": 1,
  "06-retry-502-then-200": 1,
  "08-ab-rule": 2,
};
/** Mostly waiting: these run beside the others. */
const SLOW: ReadonlySet<string> = new Set(["03-slow", "10-websocket"]);

interface Compared {
  readonly replayed: Replayed;
  readonly unexplained: readonly string[];
  readonly used: readonly Acceptance[];
}

const tries = 3;

/** Latencies are real: on a busy machine an answer may take longer than it did when it was recorded. What differs each time differs. */
async function settled(...of: Parameters<typeof compare>): Promise<Compared> {
  let compared = await compare(...of);
  for (let tried = 1; tried < tries && compared.unexplained.length > 0; tried += 1) compared = await compare(...of);
  return compared;
}

describe("conformance of the gateway stand-in", function () {
  this.timeout(120_000);
  const applications = new Applications();
  const results = new Map<string, Promise<Compared>>();
  const all = recordings();

  before(async () => {
    await applications.start();
    let others: Promise<unknown> = Promise.resolve();
    for (const recording of all) {
      const start = (): Promise<Compared> => settled(recording, applications);
      const result = SLOW.has(recording.series) ? start() : others.then(start);
      if (!SLOW.has(recording.series)) {
        others = result.catch(() => undefined);
      }
      results.set(recording.series, result);
    }
  });
  after(() => applications.stop());

  for (const recording of all) {
    it(`${recording.series}: the same answers and metrics as the real gateway's`, async () => {
      const compared = await results.get(recording.series);
      expect(compared?.unexplained).to.deep.equal([]);
      expect(compared?.replayed.answers).to.deep.equal(
        recording.requests.map(({ status, backend }) => ({ status, backend: status === 101 ? null : backend })),
      );
    });
  }

  it("needs every reason that it accepts a difference for", async () => {
    const used = new Set((await Promise.all(results.values())).flatMap((result) => result.used));
    expect(ACCEPTED.filter((acceptance) => !used.has(acceptance)).map(({ reason }) => reason)).to.deep.equal([]);
  });

  it("would notice a count, a label and a heading that are not the real gateway's", () => {
    const [{ after: text } = { after: "" }] = all;
    const changed = (from: string, to: string): string[] =>
      explain(differences(text, text.replace(from, to))).unexplained;
    expect(explain(differences(text, text)).unexplained).to.deep.equal([]);
    expect(changed('upstream_status="200"} 4', 'upstream_status="200"} 5')).to.have.length(1);
    expect(changed('response_source="upstream"', 'response_source="nginx"')).to.have.length(2);
    expect(changed("# TYPE apisix_http_latency histogram", "# TYPE apisix_http_latency gauge")).to.have.length(2);
    expect(changed('le="+Inf"} 4', 'le="+Inf"} 3')).to.have.length(1);
  });
});

async function compare(recording: Recording, applications: Applications): Promise<Compared> {
  let bits = BEGINNINGS[recording.series] ?? 0;
  const random = (): number => {
    const chosen = bits % 2;
    bits = Math.floor(bits / 2);
    return chosen === 0 ? 0 : 0.99;
  };
  const replayed = await replay(recording, applications, random);
  const parts = [
    explain(differences(recording.before, replayed.before)),
    explain(differences(recording.after, replayed.after)),
  ];
  return {
    replayed,
    unexplained: parts.flatMap(({ unexplained }) => unexplained),
    used: parts.flatMap(({ used }) => used),
  };
}

function explain({ found, pages }: ReturnType<typeof differences>): { unexplained: string[]; used: Acceptance[] } {
  const reasons = found.map((difference) => ({
    difference,
    acceptance: ACCEPTED.find(({ covers }) => covers(difference, pages)),
  }));
  return {
    unexplained: reasons.flatMap(({ difference, acceptance }) => (acceptance === undefined ? [text(difference)] : [])),
    used: reasons.flatMap(({ acceptance }) => acceptance ?? []),
  };
}

function text({ what, real, standIn }: Difference): string {
  return `${what}: real ${String(real)}, stand-in ${String(standIn)}`;
}
