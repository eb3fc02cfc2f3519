import { expect } from "chai";
import { syncOf } from "../../../release/adapters/kubernetes/sync.js";
import { route } from "../../../release/adapters/kubernetes/schemas.js";
import type { Sync } from "../../../release/ports/index.js";

const generation = 3;
const a = "http://10.244.0.7:9180";
const b = "http://10.244.0.8:9180";
const put = (server: string): string => `PUT ${server}/apisix/admin/configs`;
const refusal = (server: string): string =>
  `${put(server)}, responded with status 400 Bad Request, error_msg: invalid routes at index 2, err: unknown plugin [nope]`;

function sync(condition: object): Sync {
  const status = {
    conditions: [
      { type: "Other", status: "False" },
      { type: "Accepted", ...condition },
    ],
  };
  return syncOf(route.parse({ metadata: { generation }, spec: {}, status }));
}

function failed(message: string, reason = "SyncFailed"): Sync {
  return sync({ status: "False", observedGeneration: generation, reason, message });
}

describe("what the ingress controller says of a route", () => {
  it("is pending until it has looked at this very version", () => {
    expect(sync({ status: "True", observedGeneration: generation })).to.deep.equal({ kind: "accepted" });
    expect(sync({ status: "True" })).to.deep.equal({ kind: "accepted" });
    expect(sync({ status: "True", observedGeneration: 2 })).to.deep.equal({ kind: "pending" });
    expect(sync({ status: "Unknown" })).to.deep.equal({ kind: "pending" });
    expect(syncOf(route.parse({ metadata: { generation }, spec: {} }))).to.deep.equal({ kind: "pending" });
  });

  const refused: Readonly<Record<string, string>> = {
    "by the only gateway": `ServerAddr: ${a}, Err: ${a}: ${refusal(a)}`,
    "by every gateway": `ServerAddr: ${a},${b}, Err: ${a}: ${refusal(a)}; ${b}: ${refusal(b)}`,
    "by every gateway, told once for each rule": Array(3)
      .fill(`ServerAddr: ${a},${b}, Err: ${b}: ${refusal(b)}; ${a}: ${refusal(a)}`)
      .join("; "),
    "by the one address of a Service": `ServerAddr: http://apisix-admin:9180, Err: ${refusal("http://apisix-admin:9180")}`,
    "by ADC's own schema": `ServerAddr: ${a}, Err: HTTP 400: {"message":"Invalid input","errors":[{"path":["services",0]}]}`,
  };
  for (const [who, message] of Object.entries(refused))
    it(`is refused ${who}`, () => expect(failed(message).kind).to.equal("refused"));

  it("is refused by the controller itself, whatever gateways there are", () => {
    expect(failed("duplicate route rule name", "InvalidSpec")).to.deep.equal({
      kind: "refused",
      message: "InvalidSpec: duplicate route rule name",
    });
  });

  it("is told in the gateway's own words where it refuses", () => {
    expect(failed(`ServerAddr: ${a},${b}, Err: ${a}: ${refusal(a)}; ${b}: ${refusal(b)}`)).to.deep.equal({
      kind: "refused",
      message: "SyncFailed: invalid routes at index 2, err: unknown plugin [nope]",
    });
  });

  const weather: Readonly<Record<string, string>> = {
    "a gateway that starts": `ServerAddr: ${a},${b}, Err: ${b}: connect ECONNREFUSED 10.244.0.8:9180`,
    "a gateway that hangs": `failed to send HTTP request: Put "http://unix/sync": context deadline exceeded`,
    "a gateway that hangs, with its address": `ServerAddr: ${a}, Err: failed to send HTTP request: Put "http://unix/sync": context deadline exceeded`,
    "no gateway at all": `ServerAddr: , Err: HTTP 400: {"message":"Invalid input","errors":[{"message":"Invalid URL"}]}`,
    "a connection that is cut": `ServerAddr: ${a},${b}, Err: socket hang up`,
    "a gateway that is cut off": `ServerAddr: ${a}, Err: HTTP 500: {"message":"Error: socket hang up"}`,
    "one that refuses while the other is away": `ServerAddr: ${a},${b}, Err: ${a}: ${refusal(a)}; ${b}: connect ECONNREFUSED 10.244.0.8:9180`,
    "one that refuses while the other takes it": `ServerAddr: ${a},${b}, Err: ${a}: ${refusal(a)}`,
    "another controller's push in between": `ServerAddr: ${a}, Err: ${a}: ${put(a)}, responded with status 400 Bad Request, error_msg: routes_conf_version must be greater than or equal to (17)`,
    "a gateway in trouble": `ServerAddr: ${a}, Err: ${a}: ${put(a)}, responded with status 503 Service Unavailable`,
    "what nobody has seen before": "something else",
    "nothing at all": "",
  };
  for (const [what, message] of Object.entries(weather))
    it(`is a matter of reachability with ${what}`, () => expect(failed(message).kind).to.equal("unreachable"));

  it("is told in one short line", () => {
    const { message } = { message: "", ...failed(`ServerAddr: ${a}, Err: ${a}:\n${"x".repeat(900)}`) };
    expect(message).to.match(/^SyncFailed: ServerAddr: /);
    expect(message).not.to.match(/\n/);
    expect(message.length).to.be.at.most(203);
  });
});

describe("what an ingress controller before 2.0 says of a route", () => {
  const said = (condition: object, more: readonly object[] = []): Sync => {
    const conditions = [{ type: "ResourcesAvailable", observedGeneration: generation, ...condition }, ...more];
    return syncOf(route.parse({ metadata: { generation }, spec: {}, status: { conditions } }));
  };
  const synced = { status: "True", reason: "ResourcesSynced", message: "Sync Successfully" };
  const aborted = (message: string) => said({ status: "False", reason: "ResourceSyncAborted", message });
  const firstTryOnly = true;

  it("is known by its own condition, of this very version", () => {
    expect(said(synced)).to.deep.equal({ kind: "accepted", firstTryOnly });
    expect(said({ ...synced, observedGeneration: 2 })).to.deep.equal({ kind: "pending", firstTryOnly });
  });

  it("is refused where the admin API refuses the object", () => {
    const message = 'unexpected status code 400; error message: {"error_msg":"unknown plugin [nope]"}';
    expect(aborted(message)).to.deep.equal({
      kind: "refused",
      message: `ResourceSyncAborted: ${message}`,
      firstTryOnly,
    });
  });

  it("is no refusal where the admin API could not be asked: a later try is not told", () => {
    expect(aborted("dial tcp 10.96.0.9:9180: connect: connection refused").kind).to.equal("unreachable");
    expect(aborted("unexpected status code 503; error message: etcd is away").kind).to.equal("unreachable");
  });

  it("counts for nothing once a newer controller has had its say", () => {
    const newer = { type: "Accepted", status: "True", observedGeneration: generation };
    expect(said({ status: "False", reason: "ResourceSyncAborted", message: "gone" }, [newer])).to.deep.equal({
      kind: "accepted",
    });
  });
});
