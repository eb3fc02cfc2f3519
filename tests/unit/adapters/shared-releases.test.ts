import { expect } from "chai";
import { SharedReleases } from "../../../release/adapters/kubernetes/shared-releases.js";
import type { ReleaseObject } from "../../../release/ports/index.js";
import { apiAt, closeServers, noSignal, playApi } from "./fixture.js";
import type { PlayedServer } from "./fixture.js";

const lists = "/apis/apisix-canary.io/v1/namespaces/test/canaryreleases";
const names = Array.from({ length: 20 }, (_, index) => `r${index}`);
const item = (name: string) => ({ metadata: { name, namespace: "test", uid: `uid of ${name}`, resourceVersion: "1" } });

class Asking {
  nowMs = 0;
  readonly alone: string[] = [];
  readonly releases: SharedReleases;

  constructor(private readonly server: PlayedServer) {
    this.releases = new SharedReleases(apiAt(server.url), () => this.nowMs);
  }

  async ask(asked: readonly string[]): Promise<readonly (string | undefined)[]> {
    const one = async (name: string): Promise<string | undefined> => {
      const alone = (): Promise<ReleaseObject | undefined> => {
        this.alone.push(name);
        return Promise.resolve({ owner: "ours", uid: `alone ${name}`, status: undefined, commands: {} });
      };
      return (await this.releases.read({ namespace: "test", name }, alone, noSignal))?.uid;
    };
    return Promise.all(asked.map(one));
  }

  get listed(): number {
    return this.server.seen.length;
  }
}

const askingOf = async (found: unknown) => new Asking(await playApi({ [`GET ${lists}`]: found }));

describe("release objects that many ask for at once", () => {
  afterEach(closeServers);

  it("are read one by one where there are few", async () => {
    const asking = await askingOf({ items: names.map(item) });
    const few = names.slice(0, 5);
    for (let round = 0; round < 3; round++) await asking.ask(few);
    expect(asking.alone).to.have.length(15);
    expect(asking.listed).to.equal(0);
  });

  it("are listed once where there are many, and again after a second", async () => {
    const asking = await askingOf({ items: names.map(item) });
    const found = await asking.ask(names);
    expect(found.slice(5)).to.deep.equal(names.slice(5).map((name) => `uid of ${name}`));
    expect(asking.alone).to.deep.equal(names.slice(0, 5));
    asking.nowMs = 999;
    await asking.ask(names);
    expect(asking.listed).to.equal(1);
    asking.nowMs = 1_000;
    await asking.ask(names);
    expect(asking.listed).to.equal(2);
  });

  it("are listed again once somebody has changed one of them", async () => {
    const asking = await askingOf({ items: names.map(item) });
    await asking.ask(names);
    asking.releases.forget();
    await asking.ask(names);
    expect(asking.listed).to.equal(2);
  });

  it("are read one by one where nobody may list them, or the list lacks one", async () => {
    const forbidden = await askingOf([403, { kind: "Status", message: "forbidden" }]);
    expect(await forbidden.ask(names)).to.deep.equal(names.map((name) => `alone ${name}`));
    const lacking = await askingOf({ items: names.slice(0, 18).map(item) });
    expect((await lacking.ask(names)).slice(18)).to.deep.equal(["alone r18", "alone r19"]);
  });
});
