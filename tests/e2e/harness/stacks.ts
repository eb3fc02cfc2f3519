import { existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import type { CustomResourceOptions } from "@pulumi/pulumi";
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import type { PreviewResult, Stack, UpOptions } from "@pulumi/pulumi/automation/index.js";
import { CanaryPlatform, CanaryRelease, LoadTester } from "../../../components/index.js";
import type { CanaryReleaseArgs } from "../../../components/index.js";

/** Below this package, so that a program's stubs find it by its own name. */
const workRoot = path.resolve(__dirname, "../../../../.sandbox/stacks");
const project = "canary-e2e";

export type Program = () => Promise<Record<string, unknown>> | Promise<void>;

/** One Pulumi stack with an inline program, which may be another at each update. */
export class TestStack {
  private constructor(
    readonly name: string,
    /** Where its state is: another stack that reads it must be there too. */
    readonly backend: string,
    private readonly stack: Stack,
  ) {}

  /** `env` is added to the environment of everything that Pulumi starts. */
  static async create(name: string, env: Readonly<Record<string, string>> = {}): Promise<TestStack> {
    const { workDir, state } = foldersOf(name);
    const backend = env["PULUMI_BACKEND_URL"] ?? `file://${state}`;
    const envVars = {
      PULUMI_BACKEND_URL: backend,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_SKIP_UPDATE_CHECK: "1",
      ...env,
    };
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName: name, projectName: project, program: () => Promise.resolve() },
      { workDir, envVars },
    );
    return new TestStack(name, backend, stack);
  }

  /** Runs the update; its output, or throws with it. */
  async up(program: Program, options: Partial<UpOptions> = {}): Promise<Update> {
    const lines: string[] = [];
    const started = performance.now();
    const finish = (failed: boolean, summary: Readonly<Record<string, number>>): Update => ({
      failed,
      output: lines.join(""),
      seconds: (performance.now() - started) / 1000,
      changes: summary,
    });
    try {
      const result = await this.stack.up({ program, onOutput: (line) => lines.push(line), parallel: 32, ...options });
      return finish(false, { ...result.summary.resourceChanges });
    } catch (error) {
      lines.push(error instanceof Error ? error.message : String(error));
      return finish(true, {});
    }
  }

  /** Of the last update that succeeded. */
  async outputs(): Promise<Readonly<Record<string, unknown>>> {
    const found = await this.stack.outputs();
    return Object.fromEntries(Object.entries(found).map(([key, { value }]) => [key, value as unknown]));
  }

  preview(program: Program): Promise<PreviewResult> {
    return this.stack.preview({ program });
  }

  /** Number of resources whose live state is not what the state file says. */
  async drift(): Promise<Readonly<Record<string, number>>> {
    const result = await this.stack.refresh({ onOutput: () => undefined });
    const { same: _same, ...others } = { same: 0, ...result.summary.resourceChanges };
    return Object.fromEntries(Object.entries(others).filter(([, count]) => count > 0));
  }

  /** What it printed. */
  async destroy(): Promise<string> {
    const lines: string[] = [];
    await this.stack.destroy({ onOutput: (line) => lines.push(line) });
    return lines.join("");
  }

  async cancel(): Promise<void> {
    await this.stack.cancel();
  }
}

/** The state goes with the sandbox whose cluster it describes; another one begins anew. */
function foldersOf(name: string): { readonly workDir: string; readonly state: string } {
  const sandbox = process.env["APISIX_CANARY_SANDBOX_DIR"];
  if (sandbox === undefined) throw new Error("end-to-end tests run inside a sandbox: npm run test:e2e");
  const workDir = path.join(workRoot, path.basename(sandbox), name);
  const state = path.join(sandbox, "stacks", name);
  if (!existsSync(state)) rmSync(workDir, { recursive: true, force: true });
  mkdirSync(workDir, { recursive: true });
  mkdirSync(state, { recursive: true });
  return { workDir, state };
}

export interface Update {
  readonly failed: boolean;
  readonly output: string;
  readonly seconds: number;
  readonly changes: Readonly<Record<string, number>>;
}

/** As a strict cluster has them: no pod gets in that may do more than it has to. */
const restricted = { "pod-security.kubernetes.io/enforce": "restricted" } as const;

function restrictedNamespace(name: string, opts?: CustomResourceOptions): k8s.core.v1.Namespace {
  return new k8s.core.v1.Namespace(name, { metadata: { name, labels: restricted } }, opts);
}

/** The platform that all tests share: deployed once, before them. */
export function platformProgram(): Promise<void> {
  // Its own namespace is a restricted one anyway.
  const platform = new CanaryPlatform("edge", { namespace: "apisix", watchdog: { watchdogAfterSeconds: 10 } });
  const test = restrictedNamespace("test", { dependsOn: [...platform.dependencies] });
  new LoadTester("loadtester", { namespace: test.metadata.name });
  return Promise.resolve();
}

export const prometheusUrl = "http://flagger-prometheus.apisix:9090";

/** Behaviour of the programmable application (see sandbox/node/faulty-app.ts). */
export type Behaviour = Readonly<Record<string, string>>;

/** Short intervals, so that a release is decided within seconds. */
export const quickAnalysis = {
  interval: "1s",
  checkInterval: "500ms",
  threshold: 5,
  maxWeight: 50,
  stepWeight: 10,
  minRequests: 1,
  metrics: [
    { name: "request-success-rate", thresholdRange: { min: 99 }, interval: "10s" },
    { name: "request-duration", thresholdRange: { max: 500 }, interval: "10s" },
  ],
} satisfies CanaryReleaseArgs["analysis"];

export interface TestRelease {
  readonly name: string;
  readonly namespace: string;
  readonly image: string;
  readonly env?: Behaviour;
  readonly overrides?: Partial<CanaryReleaseArgs>;
}

/** Host under which a test's release is reached. */
export function hostOf(name: string): string {
  return `${name}.example.com`;
}

/** Arguments of a small release of one programmable application. */
export function releaseArgs({ name, namespace, image, env = {}, overrides = {} }: TestRelease): CanaryReleaseArgs {
  return {
    namespace,
    template: {
      spec: {
        terminationGracePeriodSeconds: 10,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
        containers: [
          {
            name: "app",
            image,
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ["ALL"] },
            },
            ports: [{ name: "http", containerPort: 9898 }],
            env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
            readinessProbe: { httpGet: { path: "/readyz", port: 9898 }, periodSeconds: 1 },
          },
        ],
      },
    },
    service: { port: 80, targetPort: 9898 },
    route: { hosts: [hostOf(name)] },
    ingressClassName: "apisix",
    prometheusUrl,
    progressDeadline: "20s",
    drain: "1s",
    analysis: quickAnalysis,
    ...overrides,
  };
}

/** A program of a namespace and some releases in it; an `existing` namespace is somebody else's. */
export function releaseProgram(
  namespace: string,
  releases: readonly TestRelease[],
  { existing = false }: { readonly existing?: boolean } = {},
): Program {
  return () => {
    const home = existing ? namespace : restrictedNamespace(namespace).metadata.name;
    for (const release of releases) new CanaryRelease(release.name, { ...releaseArgs(release), namespace: home });
    return Promise.resolve();
  };
}
