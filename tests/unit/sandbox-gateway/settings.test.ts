import { expect } from "chai";
import { DEFAULT_BUCKETS_MS, readSettings } from "../../../sandbox/gateway/apisix/config/settings.js";
import { readConfig } from "../../../sandbox/gateway/controller/config.js";

const STANDALONE = `
deployment:
  role: traditional
  role_traditional: {config_provider: yaml}
  admin:
    admin_key: [{name: admin, key: "\${{APISIX_ADMIN_KEY}}", role: admin}]
`;

describe("gateway stand-in: config.yaml", () => {
  it("fills in the environment and the real defaults", () => {
    const settings = readSettings(STANDALONE, { APISIX_ADMIN_KEY: "secret" });
    expect(settings.admin.keys).to.deep.equal([{ key: "secret", role: "admin" }]);
    expect(settings.admin.allow).to.deep.equal(["127.0.0.0/24"]);
    expect(settings.status).to.deep.equal({ ip: "127.0.0.1", port: 7085 });
    expect(settings.prometheus.listen).to.deep.equal({ ip: "127.0.0.1", port: 9091 });
    expect(settings.prometheus.refreshIntervalSeconds).to.equal(15);
    expect(settings.prometheus.bucketsMs).to.deep.equal(DEFAULT_BUCKETS_MS);
    expect(settings.plugins.has("proxy-mirror")).to.equal(true);
  });

  it("reads extra labels and an own list of plugins", () => {
    const text = `${STANDALONE}
plugins: [prometheus]
plugin_attr:
  prometheus:
    refresh_interval: 0.5
    metrics: {http_status: {extra_labels: [{upstream_addr: $upstream_addr}]}}
`;
    const settings = readSettings(text, { APISIX_ADMIN_KEY: "secret" });
    expect([...settings.plugins]).to.deep.equal(["prometheus"]);
    expect(settings.prometheus.httpStatus.extraLabels).to.deep.equal([
      { name: "upstream_addr", variable: "upstream_addr" },
    ]);
    expect(settings.prometheus.refreshIntervalSeconds).to.equal(0.5);
  });

  it("does not start without the variable, with etcd, or without the admin API", () => {
    expect(() => readSettings(STANDALONE, {})).to.throw("can't find environment variable APISIX_ADMIN_KEY");
    expect(() => readSettings("deployment: {role: traditional}", {})).to.throw("config_provider is etcd");
    expect(() => readSettings("deployment: {role: data_plane}", {})).to.throw("deployment.role is data_plane");
    const noAdmin = `${STANDALONE}\napisix: {enable_admin: false}`;
    expect(() => readSettings(noAdmin, { APISIX_ADMIN_KEY: "x" })).to.throw("enable_admin");
  });
});

describe("controller stand-in: config file", () => {
  it("is a template over the environment, in snake case", () => {
    const text = `
controller_name: "{{ .NAME }}"
exec_adc_timeout: 3s
leader_election: {lease_duration: 15s, renew_deadline: 10s}
provider: {type: apisix-standalone, sync_period: 1m}
`;
    const config = readConfig("config.yaml", text, { NAME: "x/y" });
    expect(config.controller_name).to.equal("x/y");
    expect(config.leader_election.lease_duration).to.equal(15);
    expect(config.leader_election.retry_period).to.equal(2);
    expect(config.provider.sync_period).to.equal(60);
    expect(config.exec_adc_timeout).to.equal(3);
    expect(config.webhook).to.include({ enable: false, port: 9443, tls_cert_dir: "/certs" });
  });

  it("ignores camel case, and refuses what the real one refuses", () => {
    const base = "provider: {type: apisix-standalone}\n";
    expect(
      readConfig("c.yaml", `${base}leader_election: {leaseDuration: 15s}`, {}).leader_election.lease_duration,
    ).to.equal(30);
    expect(() => readConfig("c.yaml", "{}", {})).to.throw("provider.type is apisix");
    expect(() => readConfig("c.yaml", "provider: {type: apisix-standalone, sync_period: 0s}", {})).to.throw(
      "sync_period",
    );
    expect(() => readConfig("c.yaml", `${base}exec_adc_timeout: soon`, {})).to.throw("invalid duration");
    expect(() => readConfig("c.yaml", "log_level: {{ .MISSING }}", {})).to.throw("MISSING");
  });
});
