/** Users while something happens: 100 a second through the gateway, and 100 straight at the Service. */
import { expect } from "chai";
import { startTraffic } from "../../../sandbox/users/index.js";
import type { Tally } from "../../../sandbox/users/index.js";
import type { Result } from "./project.js";

const perSecond = 100;

export interface Served {
  readonly result: Result;
  readonly gateway: Tally;
  readonly straight: Tally;
}

/** Those who go straight have a connection of their own for each request. */
export async function underUsers(
  { host, service }: { readonly host: string; readonly service: string },
  action: () => Promise<Result>,
): Promise<Served> {
  const users = startTraffic({ host, perSecond });
  const others = startTraffic({ host, gateway: service, perSecond, keepAlive: false });
  const result = await action();
  const [gateway, straight] = await Promise.all([users.stop(), others.stop()]);
  return { result, gateway, straight };
}

export function expectNobodyFailed({ result, gateway, straight }: Served): void {
  expect(result.code, result.output).to.equal(0);
  for (const tally of [gateway, straight]) {
    expect(tally.total).to.be.greaterThan(result.seconds * perSecond * 0.95);
    expect(tally.failed, tally.samples.join()).to.equal(0);
  }
}
