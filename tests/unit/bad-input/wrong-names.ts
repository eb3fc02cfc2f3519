import {
  route,
  service,
  custom,
  web,
  webhook,
  alert,
  container,
  long,
  label,
  url,
  objectName,
  line,
  variable,
} from "./subject.js";
import type { Wrong } from "./subject.js";

/** Texts that could do harm where they are used: names, labels, PromQL, URLs, headers. */
export const wrongTexts: readonly Wrong[] = [
  // Names and labels
  ["a namespace with a slash", { namespace: "test/../kube-system" }, `namespace: ${label}`],
  ["an empty namespace", { namespace: "" }, `namespace: ${label}`],
  ["a namespace too long", { namespace: long(64) }, "namespace: must have at most 63 characters"],
  ["a namespace that ends a selector", { namespace: 'test"}' }, `namespace: ${label}`],
  ["a service's name with a dot", service({ name: "pod.info" }), `service.name: ${label}`],
  [
    "a service's name that begins with a digit",
    service({ name: "1st" }),
    "service.name: must begin with a letter: Services are named after it",
  ],
  ["a port's name with an underscore", service({ portName: "http_port" }), `service.portName: ${label}`],
  ["a container's name with capitals", container("App"), `template.spec.containers[0].name: ${label}`],
  ["no containers", { template: { spec: { containers: [] } } }, "template.spec.containers: needs a container"],
  ["a class with a space", { ingressClassName: "apisix edge" }, `ingressClassName: ${objectName}`],
  ["a route's name with a quote", route({ name: 'a"' }), `route.name: ${objectName}`],
  ["a route's name with two dots", route({ name: "a..b" }), `route.name: ${objectName}`],
  [
    "a route's name that leaves no room for ours",
    route({ name: long(201) }),
    "route.name: must have at most 200 characters",
  ],
  [
    "a rule's name that ends a regular expression",
    route({ ruleName: 'a"} or vector(1) #' }),
    "route.ruleName: must be letters, digits, '-', '_' and '.'",
  ],
  [
    "a rule's name with a line break",
    route({ ruleName: "a\nb" }),
    "route.ruleName: must be letters, digits, '-', '_' and '.'",
  ],
  ["a reference with a path", { route: undefined, routeRef: { name: "../podinfo" } }, `routeRef.name: ${objectName}`],
  ["a host with a space", route({ hosts: ["a b"] }), "route.hosts[0]: must be a host name"],
  ["a host with a scheme", route({ hosts: ["http://app.example.com"] }), "route.hosts[0]: must be a host name"],
  ["a host with two dots", route({ hosts: ["app..example.com"] }), "route.hosts[0]: must be a host name"],
  ["a host with a port", route({ hosts: ["app.example.com:80"] }), "route.hosts[0]: must be a host name"],
  ["a host with a star in the middle", route({ hosts: ["app.*.com"] }), "route.hosts[0]: must be a host name"],
  ["no host", route({ hosts: [] }), "route.hosts: needs a host"],
  ["a path without slash", route({ paths: ["api"] }), "route.paths[0]: must start with /"],
  [
    "a path with a line break",
    route({ paths: ["/a\r\nx: y"] }),
    "route.paths[0]: must not contain spaces or control characters",
  ],
  [
    "an unknown method",
    route({ methods: ["FETCH"] }),
    'route.methods[0]: Invalid option: expected one of "GET"|"POST"|"PUT"|"DELETE"|"PATCH"|"HEAD"|"OPTIONS"|"CONNECT"|"TRACE"|"PURGE"',
  ],
  ["a priority that is no whole number", route({ priority: 1.5 }), "route.priority: must be a whole number"],
  ["a config's name with a slash", { configs: { "../app": {} } }, `configs.../app: ${objectName}`],
  [
    "a config's key with a slash",
    { configs: { app: { "../../etc/passwd": "x" } } },
    "configs.app.../../etc/passwd: must be letters, digits, '-', '_' and '.'",
  ],
  [
    "a secret's key with a space",
    { secrets: { app: { "pass word": "x" } } },
    "secrets.app.pass word: must be letters, digits, '-', '_' and '.'",
  ],
  ["a metric's name of two lines", custom({ name: "a\nb" }), `analysis.metrics[0].name: ${line}`],
  ["a metric's name that moves the cursor", custom({ name: "a\u001b[2J" }), `analysis.metrics[0].name: ${line}`],
  ["a metric without a name", custom({ name: "" }), "analysis.metrics[0].name: must not be empty"],
  [
    "a webhook's name of two lines",
    webhook({ name: "gate\nerror: all is well" }),
    `analysis.webhooks[0].name: ${line}`,
  ],
  [
    "a webhook's name that never ends",
    webhook({ name: long(101) }),
    "analysis.webhooks[0].name: must have at most 100 characters",
  ],
  ["an alert's channel of two lines", alert({ channel: "#a\n#b" }), `analysis.alerts[0].provider.channel: ${line}`],

  // Values that go into PromQL
  [
    "a variable that ends its quotes",
    custom({ templateVariables: { a: '"} or vector(0) #' } }),
    `analysis.metrics[0].templateVariables.a: ${variable}`,
  ],
  [
    "a variable that ends single quotes",
    custom({ templateVariables: { a: "'} or up{a='" } }),
    `analysis.metrics[0].templateVariables.a: ${variable}`,
  ],
  [
    "a variable that ends back quotes",
    custom({ templateVariables: { a: "`" } }),
    `analysis.metrics[0].templateVariables.a: ${variable}`,
  ],
  [
    "a variable that escapes the closing quote",
    custom({ templateVariables: { a: "x\\" } }),
    `analysis.metrics[0].templateVariables.a: ${variable}`,
  ],
  [
    "a variable of two lines",
    custom({ templateVariables: { a: "x\n#" } }),
    `analysis.metrics[0].templateVariables.a: ${variable}`,
  ],
  [
    "a variable that never ends",
    custom({ templateVariables: { a: long(1001) } }),
    "analysis.metrics[0].templateVariables.a: must have at most 1000 characters",
  ],
  [
    "a variable's name with a space",
    custom({ templateVariables: { "a b": "x" } }),
    "analysis.metrics[0].templateVariables.a b: must be a name",
  ],

  // URLs and headers
  ["a Prometheus that is no URL", { prometheusUrl: "prometheus" }, `prometheusUrl: ${url}`],
  ["a Prometheus of another protocol", { prometheusUrl: "gopher://a" }, `prometheusUrl: ${url}`],
  ["a webhook that is a file", webhook({ url: "file:///etc/passwd" }), `analysis.webhooks[0].url: ${url}`],
  ["a webhook that is a script", webhook({ url: "javascript:alert(1)" }), `analysis.webhooks[0].url: ${url}`],
  ["a webhook's data in its URL", webhook({ url: "data:text/plain,ok" }), `analysis.webhooks[0].url: ${url}`],
  ["a webhook with a space in its host", webhook({ url: "http://a b/" }), `analysis.webhooks[0].url: ${url}`],
  ["no webhook URL", webhook({ url: "" }), `analysis.webhooks[0].url: ${url}`],
  ["an alert to a mail address", alert({ address: "mailto:a@b.c" }), `analysis.alerts[0].provider.address: ${url}`],
  [
    "an alert to somebody unknown",
    alert({ type: "pigeon" }),
    'analysis.alerts[0].provider.type: Invalid option: expected one of "slack"|"discord"|"rocket"|"msteams"|"gchat"|"alertmanager"',
  ],
  [
    "a web metric that is a file",
    web({ address: "file:///tmp/a" }),
    `analysis.metrics[0].template.provider.address: ${url}`,
  ],
  [
    "a header that begins another",
    web({ headers: { accept: "a\r\nhost: evil" } }),
    "analysis.metrics[0].template.provider.headers.accept: must be one line",
  ],
  [
    "a header's name with a colon",
    web({ headers: { "a: b": "c" } }),
    "analysis.metrics[0].template.provider.headers.a: b: must be a header name",
  ],
  [
    "a web metric without a path",
    web({ jsonPath: "" }),
    "analysis.metrics[0].template.provider.jsonPath: Too small: expected string to have >=1 characters",
  ],
];

/** Names of a release that no object can have. */
export const wrongNames: readonly (readonly [string, string])[] = [
  ["Pod_Info", `name: ${label}; name: must begin with a letter: Services are named after it`],
  ["1podinfo", "name: must begin with a letter: Services are named after it"],
  ["", `name: ${label}; name: must begin with a letter: Services are named after it`],
  ["-podinfo", `name: ${label}; name: must begin with a letter: Services are named after it`],
  ["podinfo-", `name: ${label}`],
  ["pod.info", `name: ${label}`],
  ["pod/info", `name: ${label}`],
  ["podinfo\n", `name: ${label}`],
  ['podinfo"} or up{a="', `name: ${label}`],
  ["../kube-system", `name: ${label}; name: must begin with a letter: Services are named after it`],
  [long(41), "name: must have at most 40 characters"],
];
