/**
 * The house's walls, held by `npm run walls` (part of `npm run check`): who may import whom, and why.
 * `tests/unit/walls/walls.test.ts` shows of each rule one import that it refuses and one that it lets pass.
 *
 *   components -> release/settings, model, analysis           (the pure core)
 *   release/pulumi, watchdog -> adapters, machine             (each puts one program together)
 *   release/machine -> ports -> the pure core
 *   release/adapters -> ports -> the pure core
 */

/** The parts of the product; each has a place of its own. */
const product = "^(components|provider/(?!schema/)|release|cli)/";

/** Component folders that own pods of their own, and know nothing of each other. */
const apart = "apisix|canary-release|ingress-controller|load-tester|prometheus|watchdog";

/** @type {Omit<import("dependency-cruiser").IForbiddenRuleType, "severity">[]} */
const rules = [
  {
    name: "no-circles",
    comment: "Two files that need each other are one file in two places: none can be read, tested or moved alone.",
    from: {},
    to: { circular: true },
  },
  {
    name: "imports-exist",
    comment: "An import that resolves to nothing compiles here by luck and fails where the package is installed.",
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: "packages-are-declared",
    comment: "What only another package brings along may be gone, or another one, with its next version.",
    from: {},
    to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
  },
  {
    name: "product-ships-what-it-needs",
    comment: "Development packages aren't there where the published package runs.",
    from: { path: product },
    to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["npm-peer"] },
  },
  {
    name: "product-stands-alone",
    comment:
      "The sandbox, bench, fakes and tests are not published; the product must not behave otherwise beside them.",
    from: { path: product },
    to: { path: "^(sandbox|bench|fakes|tests|examples|docs)/|^index\\.ts$" },
  },
  {
    name: "programs-use-the-package",
    comment: "Examples and the root program show what a user can write: they import the package by its name alone.",
    from: { path: "^(examples/|index\\.ts$)" },
    to: { path: "^(components|provider|release|cli|sandbox|bench|fakes|tests)/" },
  },
  {
    name: "components-use-the-pure-core",
    comment:
      "A program's preview loads the components: they describe resources. What runs during the update is loaded by the dynamic provider, by the package's name, in a process of its own.",
    from: { path: "^components/" },
    to: { path: "^(release/(?!(settings|model|strategy|template|adoption|analysis)/)|cli/|provider/)" },
  },
  {
    name: "components-through-their-index",
    comment: "A component's index says what it offers; the rest may change without the others.",
    from: { path: "^components/([^/]+)/" },
    to: { path: "^components/[^/]+/", pathNot: ["^components/$1/", "^components/[^/]+/index\\.ts$"] },
  },
  {
    name: "components-stand-apart",
    comment:
      "Each part can be used without the others (a gateway or a Prometheus of one's own). What two of them share has a room of its own; only the platform and the entrances put them together.",
    from: { path: `^components/(${apart})/` },
    to: { path: `^components/(${apart}|platform|from-flagger)/`, pathNot: "^components/$1/" },
  },
  {
    name: "pulumi-at-the-edge",
    comment:
      "Decisions don't depend on who asks for them: the watchdog, the command line and the simulation make them without Pulumi. (In the sandbox its protocol is spoken by the provider stand-in, and by who asks a plugin which one it is.)",
    from: { path: "^(release/(?!pulumi/)|cli/|fakes/|sandbox/(?!kubernetes-provider/|tools/|demo/))" },
    to: { path: "^node_modules/@pulumi/" },
  },
  {
    name: "kubernetes-client-in-its-adapter",
    comment:
      "The client library is large and its types are wide: one adapter parses what it says and hands on our own.",
    from: { path: "^(components|cli|fakes|examples)/|^release/(?!adapters/kubernetes/)|^index\\.ts$" },
    to: { path: "^node_modules/@kubernetes/" },
  },
  {
    name: "core-is-pure",
    comment:
      "Same observations, same decisions: no clock, no file, no network, no randomness, so that replay and tests hold.",
    from: { path: "^release/(settings|model|strategy|train|analysis|report|ports)/" },
    to: { dependencyTypes: ["core"] },
  },
  {
    name: "settings-parse-with-zod",
    comment:
      "Settings are one schema. It reads durations and near misses of names with one package each; anything more belongs behind a port.",
    from: { path: "^release/settings/" },
    to: { path: "^node_modules/", pathNot: "^node_modules/(zod|parse-duration|fastest-levenshtein)/" },
  },
  {
    name: "analysis-is-arithmetic",
    comment: "Of packages, the analysis takes functions of mathematics and statistics alone.",
    from: { path: "^release/analysis/" },
    to: { path: "^node_modules/", pathNot: "^node_modules/@stdlib/" },
  },
  {
    name: "words-need-nothing",
    comment: "Names, records and ports are what every other room shares: they bring no package along.",
    from: { path: "^release/(model|ports)/" },
    to: { path: "^node_modules/" },
  },
  {
    name: "settings-and-model-come-first",
    comment: "The lowest floor: settings and words know nothing of what is made of them.",
    from: { path: "^release/(settings|model)/" },
    to: { path: "^release/(?!(settings|model|template)/)" },
  },
  {
    name: "strategy-above-settings",
    comment: "A plan says who gets which share when; it knows neither what is observed nor who walks it.",
    from: { path: "^release/strategy/" },
    to: { path: "^release/(?!(settings|model|strategy)/)" },
  },
  {
    name: "train-above-the-words",
    comment: "What a member of a train does follows from journals alone, whoever has read them.",
    from: { path: "^release/train/" },
    to: { path: "^release/(?!(model|train)/)" },
  },
  {
    name: "analysis-above-settings",
    comment: "The analysis decides on settings, plan and observations, whoever asks.",
    from: { path: "^release/analysis/" },
    to: { path: "^release/(?!(settings|model|strategy|analysis)/)" },
  },
  {
    name: "ports-above-the-core",
    comment: "A port is written in the core's words, never in those of the adapter that implements it.",
    from: { path: "^release/ports/" },
    to: { path: "^release/(?!(settings|model|strategy|analysis|ports)/)" },
  },
  {
    name: "report-above-the-ports",
    comment: "A report is made of what was observed and decided; it can be read and replayed without a cluster.",
    from: { path: "^release/report/" },
    to: { path: "^release/(?!(settings|model|strategy|analysis|ports|report)/)" },
  },
  {
    name: "machine-over-ports",
    comment: "The state machine reaches the world through ports alone; tests put it into virtual time.",
    from: { path: "^release/machine/" },
    to: { path: "^release/(adapters|pulumi|watchdog|report)/" },
  },
  {
    name: "machine-without-io",
    comment: "Of Node, the machine takes what names a run (host name, random id); files, network and timers are ports.",
    from: { path: "^release/machine/" },
    to: { dependencyTypes: ["core"], pathNot: "^(node:)?(crypto|os)$" },
  },
  {
    name: "adapters-know-no-machine",
    comment: "An adapter answers what it is asked; it starts nothing of its own accord.",
    from: { path: "^release/adapters/" },
    to: { path: "^release/(machine|pulumi|watchdog)/|^(cli|provider)/" },
  },
  {
    name: "release-without-programs",
    comment:
      "What runs during the update is run by Pulumi, the watchdog or the command line; it knows none of their faces.",
    from: { path: "^release/" },
    to: { path: "^(components|cli)/" },
  },
  {
    name: "watchdog-fits-a-configmap",
    comment:
      "The watchdog is bundled into one file that a stock Node image runs: it takes the single adapters it needs, not those that bring the client library, queries or charts along.",
    from: { path: "^release/watchdog/" },
    to: {
      path: "^release/adapters/(index\\.ts|kubernetes/(index|credentials)\\.ts|(prometheus|report-store|reporter|service-access|webhooks)/index\\.ts)",
      dependencyTypesNot: ["type-only"],
    },
  },
  {
    name: "previews-stay-light",
    comment:
      "Every preview loads the components: the cluster's client, charts and the machine would make each one slower.",
    from: { path: "^components/index\\.ts$" },
    to: { path: "^(node_modules/(@kubernetes|echarts)|release/(machine|adapters|report))/", reachable: true },
  },
  {
    name: "cli-over-the-product",
    comment:
      "The command line looks at clusters and reports; it needs neither a Pulumi program nor the dynamic providers. What it writes a program with is asked from the entrance for Flagger.",
    from: { path: "^cli/" },
    to: { path: "^(components/(?!from-flagger/index\\.ts$)|provider|release/(pulumi|watchdog))/" },
  },
  {
    name: "fakes-fake-ports",
    comment: "Fakes are the ports in memory, for tests and the virtual faults alike: nothing of the real world's side.",
    from: { path: "^fakes/" },
    to: { path: "^(tests|bench|sandbox|components|cli|release/(adapters|pulumi))/" },
  },
  {
    name: "bench-without-tests",
    comment: "A claim is checked without the test suite; what both need has a room of its own (fakes).",
    from: { path: "^bench/" },
    to: { path: "^(tests|examples|cli)/" },
  },
  {
    name: "sandbox-knows-no-product",
    comment: "A stand-in that shares code with what it is to test shares its mistakes too.",
    from: { path: "^sandbox/(?!demo/)" },
    to: { path: "^(components|release|cli|bench|fakes|tests|examples)/" },
  },
];

export default {
  forbidden: rules.map((rule) => ({ ...rule, severity: "error" })),
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "^(node_modules|dist)/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
