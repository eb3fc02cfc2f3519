import path from "node:path";
import { expect } from "chai";
import { check } from "prettier";
import ts from "typescript";
import { stringify } from "yaml";
import { programFor } from "../../../components/from-flagger/index.js";
import { canary, documents, manifest, metrics } from "./data.js";
import { behindRoute, withOwnRoute } from "./rich.js";

const root = path.resolve(__dirname, "../../../..");

/** What the compiler says of programs that stand in the examples' place; one line each. */
function compiled(programs: Readonly<Record<string, string>>): readonly string[] {
  const config = ts.getParsedCommandLineOfConfigFile(
    path.join(root, "tsconfig.json"),
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: () => undefined,
    },
  );
  const options = { ...config?.options, noEmit: true, incremental: false };
  const files = new Map(
    Object.entries(programs).map(([name, text]) => [path.join(root, "examples", `${name}.ts`), text]),
  );
  const real = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...real,
    fileExists: (file) => files.has(file) || real.fileExists(file),
    readFile: (file) => files.get(file) ?? real.readFile(file),
    getSourceFile: (file, language, ...others) => {
      const text = files.get(file);
      return text === undefined
        ? real.getSourceFile(file, language, ...others)
        : ts.createSourceFile(file, text, language);
    },
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return [...files.keys()].flatMap((file) => {
    const source = program.getSourceFile(file);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(
      ({ messageText }) => `${path.basename(file)}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
    );
  });
}

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: app, namespace: shop }
spec:
  replicas: 3
  minReadySeconds: 5
  selector: { matchLabels: { app: app } }
  template:
    metadata:
      creationTimestamp: null
      labels: { app: app, team: web }
    spec:
      containers:
        - name: app
          image: ghcr.io/example/app:1.2
          ports: [{ name: http, containerPort: 8080 }]
          env: [{ name: CPUS, valueFrom: { resourceFieldRef: { resource: limits.cpu, divisor: 1 } } }]
          resources: { requests: { cpu: 1, memory: 64Mi }, limits: { cpu: 2 } }
      volumes: [{ name: tmp, emptyDir: { sizeLimit: 1000000 } }]`;

const textOf = (objects: readonly unknown[]): string => objects.map((each) => stringify(each)).join("---\n");
const withDeployment = documents(canary({ analysis: metrics }), deployment);
const strange = canary({
  analysis: `
webhooks:
  - name: odd
    url: http://hook.shop/
    metadata: { "__proto__": x, "a-b": 'say "hi" it''s \\n', script: "a\\n  b\`c \${d} \\\\e\\n" }
  - { name: call us, type: event, url: https://hooks.example.com/T0/hunter2 }
  - { name: call us, type: event, url: "http://hook.shop/?key=hunter2" }`,
});

const texts = {
  article: documents(manifest("article-canary"), manifest("article-template")),
  "canary-name-is-not-target-name": manifest("canary-name-is-not-target-name"),
  "service-fields-dropped": manifest("service-fields-dropped"),
  "old-metric-threshold": manifest("old-metric-threshold"),
  "no-metrics": manifest("no-metrics"),
  "long-analysis": manifest("long-analysis"),
  "with-deployment": withDeployment,
  "behind-route": documents(textOf(behindRoute), deployment),
  "with-own-route": textOf(withOwnRoute),
  strange,
} as const;

describe("the program for a Canary", () => {
  const programs: Record<string, string> = {};
  before(async () => {
    for (const [name, text] of Object.entries(texts)) programs[name] = await programFor(text);
  });

  it("compiles against the package's types", () => {
    expect(compiled(programs)).to.deep.equal([]);
  }).timeout(120_000);

  it("says that somebody else scales the pods, in the arguments' own word", async () => {
    const external = await programFor(manifest("autoscaler-ref-dropped"));
    expect(external).to.contain('autoscaler: "external",');
    expect(compiled({ external })).to.deep.equal([]);
  }).timeout(120_000);

  it("would not, were something wrong in it", () => {
    const wrong = programs["article"]?.replace("stepWeight: 10", 'stepWeight: "10"') ?? "";
    expect(compiled({ wrong }).join()).to.contain("wrong.ts: ");
  }).timeout(120_000);

  it("is as Prettier would write it", async () => {
    for (const [name, text] of Object.entries(programs))
      expect(await check(text, { parser: "typescript", printWidth: 120 }), name).to.equal(true);
  });

  it("says what is left out in comments, and no address that may be a secret", () => {
    expect(programs["service-fields-dropped"]).to.contain(
      "// - spec.service.timeout is left out: the rules of ApisixRoute ledger hold, as with Flagger on APISIX\n",
    );
    for (const [name, text] of Object.entries(programs)) expect(text, name).to.not.contain("hunter2");
    expect(programs["strange"]?.replaceAll(/\s+/g, " ")).to.contain(
      '({ callUsAddress: config.requireSecret("callUsAddress"), callUsAddress2: config.requireSecret("callUsAddress2")',
    );
    expect(programs["behind-route"]).to.match(
      /provider: \{ type: "slack", address: chatAddress, channel: "releases" \}/,
    );
  });

  it("has the pods of the Deployment that is in the text, and asks for an image where there is none", () => {
    expect(programs["with-deployment"]).to.contain('requests: { cpu: "1", memory: "64Mi" }, limits: { cpu: "2" }');
    expect(programs["with-deployment"]).to.contain("replicas: 3,");
    expect(programs["with-deployment"]).to.contain(
      "// - Deployment app: spec.minReadySeconds has no argument here and is left out\n",
    );
    expect(programs["behind-route"]).to.contain(
      "// - Deployment app: spec.replicas is left out: the autoscaler says it\n",
    );
    expect(programs["article"]).to.contain('{ name: "podinfo", image: config.require("image") }');
  });

  it("knows gateway and Prometheus as it is told, else asks the stack's configuration", async () => {
    expect(programs["article"]).to.contain('ingressClassName: config.get("ingressClassName") ?? "apisix",');
    expect(programs["article"]).to.contain('prometheusUrl: config.require("prometheusUrl"),');
    const told = await programFor(manifest("article-canary"), {
      ingressClassName: "edge",
      prometheusUrl: "http://flagger-prometheus.apisix:9090",
      namespace: "elsewhere",
    });
    expect(told).to.contain('namespace: "elsewhere",');
    expect(told).to.contain('ingressClassName: "edge",\n  prometheusUrl: "http://flagger-prometheus.apisix:9090",');
    const secret = await programFor(manifest("article-canary"), { prometheusUrl: "http://me:hunter2@prometheus/" });
    expect(secret).to.contain('prometheusUrl: config.requireSecret("prometheusUrl"),').and.not.contain("hunter2");
  });

  it("is not written for what can't be taken", async () => {
    let message = "";
    try {
      await programFor(canary().replace("kind: Deployment", "kind: DaemonSet"));
    } catch (error) {
      message = error instanceof Error ? error.message : "";
    }
    expect(message).to.contain("spec.targetRef.kind: DaemonSet is not supported");
  });
});
