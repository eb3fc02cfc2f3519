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

  it("listens for https by default, elsewhere or not at all when told to", () => {
    const settings = (apisix: string) =>
      readSettings(`${STANDALONE}\napisix: ${apisix}`, { APISIX_ADMIN_KEY: "secret" });
    expect(settings("{}").tlsListen).to.deep.equal([{ ip: "0.0.0.0", port: 9443 }]);
    expect(settings("{ssl: {listen: [{port: 8443}]}}").tlsListen).to.deep.equal([{ ip: "0.0.0.0", port: 8443 }]);
    expect(settings("{ssl: {enable: false}}").tlsListen).to.deep.equal([]);
    expect(settings("{}").proxy.redirectPort).to.equal(9443);
    expect(settings("{ssl: {listen: [{port: 443}]}}").proxy.redirectPort).to.equal(undefined);
  });

  it("takes the size of the metrics' dictionary from the http section, unless streams are measured, too", () => {
    const size = (extra: string) =>
      readSettings(`${STANDALONE}${extra}`, { APISIX_ADMIN_KEY: "secret" }).prometheus.dictionaryBytes / 1024 / 1024;
    const both = `
nginx_config:
  meta: {lua_shared_dict: {prometheus-metrics: 32m}}
  http: {lua_shared_dict: {prometheus-metrics: 64m}}
`;
    expect(size("")).to.equal(10);
    expect(size(both)).to.equal(64);
    expect(size(`${both}stream_plugins: [prometheus]`)).to.equal(32);
    expect(() => size("\nnginx_config: {http: {lua_shared_dict: {prometheus-metrics: much}}}")).to.throw(
      "invalid size",
    );
  });

  it("makes variables from the map blocks of the http snippet", () => {
    const snippet = `
nginx_config:
  http_configuration_snippet: |
    # what is done
    map $request_method $method_class { default other; GET read; HEAD read; "POST" write; ~^P write; }
    log_format x '$remote_addr { ; }';
    map $host $is_internal {
      ~*\\.internal$ yes;
    }
`;
    const { maps } = readSettings(`${STANDALONE}${snippet}`, { APISIX_ADMIN_KEY: "secret" }).proxy;
    expect(maps.map(({ source, variable }) => [source, variable])).to.deep.equal([
      ["request_method", "method_class"],
      ["host", "is_internal"],
    ]);
    const [methods, hosts] = maps;
    const classes = ["GET", "get", "POST", "PATCH", "DELETE"].map((method) => methods?.lookup(method));
    expect(classes).to.deep.equal(["read", "read", "write", "write", "other"]);
    expect(["a.INTERNAL", "internal.a"].map((host) => hosts?.lookup(host))).to.deep.equal(["yes", ""]);
    const broken = (text: string) => () =>
      readSettings(`${STANDALONE}\nnginx_config: {http_configuration_snippet: "${text}"}`, { APISIX_ADMIN_KEY: "s" });
    expect(broken("map $a $b { default x; ")).to.throw("unexpected end of file");
    expect(broken("map $a { default x; }")).to.throw("invalid number of arguments");
  });

  it("reads workers, the mirror's time-out, and whether requests go on without their users", () => {
    const extra = `
nginx_config: {worker_processes: 2, http_server_configuration_snippet: "proxy_ignore_client_abort on;"}
plugin_attr: {proxy-mirror: {timeout: {connect: 50ms, read: 100ms}}}
`;
    const { proxy } = readSettings(`${STANDALONE}${extra}`, { APISIX_ADMIN_KEY: "secret" });
    expect(proxy).to.deep.include({
      workers: 2,
      ignoreClientAbort: true,
      mirrorTimeout: { connect: 0.05, send: 60, read: 0.1 },
    });
  });

  it("makes numbers of environment values that look like one: such a key is nobody's", () => {
    const key = (value: string) => readSettings(STANDALONE, { APISIX_ADMIN_KEY: value }).admin.keys[0]?.key;
    expect(key("k2e4")).to.equal("k2e4");
    for (const number of ["123456", "12e4567", "0x1F", "007", " 5 ", "1.5"]) {
      expect(key(number), number).to.not.equal(number.trim());
    }
    const port = "\napisix: {node_listen: [{port: '${{PORT}}'}]}";
    expect(readSettings(`${STANDALONE}${port}`, { APISIX_ADMIN_KEY: "k", PORT: "8080" }).proxyListen[0]?.port).to.equal(
      8080,
    );
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
