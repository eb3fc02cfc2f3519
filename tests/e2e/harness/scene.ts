import { expect } from "chai";
import type { CanaryReleaseArgs } from "../../../components/index.js";
import { partsOf } from "../../../release/adapters/kubernetes/routes/parts.js";
import { splitOf } from "../../../release/adapters/kubernetes/routes/split.js";
import { route as routeSchema } from "../../../release/adapters/kubernetes/schemas.js";
import type { Split } from "../../../release/strategy/index.js";
import { custom, deployment, releaseStatus } from "./cluster.js";
import { releaseProgram, TestStack } from "./stacks.js";
import type { Behaviour, Program, Update } from "./stacks.js";

type Analysis = CanaryReleaseArgs["analysis"];

/** What all strategies' tests judge by, quickly. */
export const quickJudgement = {
  interval: "1s",
  checkInterval: "500ms",
  threshold: 3,
  minRequests: 1,
  metrics: [
    { name: "request-success-rate", thresholdRange: { min: 99 }, interval: "10s" },
    { name: "request-duration", thresholdRange: { max: 500 }, interval: "10s" },
  ],
} satisfies Partial<Analysis>;

/** One release with its strategy, and what becomes of it. */
export class Scene {
  private constructor(
    readonly name: string,
    readonly namespace: string,
    private readonly stack: TestStack,
    private readonly analysis: Analysis,
    private readonly overrides: Partial<CanaryReleaseArgs>,
  ) {}

  /** Version 1.0.0 is up and promoted. */
  static async open(
    name: string,
    analysis: Analysis,
    overrides: Partial<CanaryReleaseArgs> = {},
    env: Readonly<Record<string, string>> = {},
  ): Promise<Scene> {
    const scene = new Scene(name, `e2e-${name}`, await TestStack.create(name, env), analysis, overrides);
    const update = await scene.up("1.0.0");
    expect(update.failed, update.output).to.equal(false);
    return scene;
  }

  program(tag: string, env: Behaviour = {}, analysis = this.analysis): Program {
    const { name, namespace, overrides } = this;
    const image = `sandbox/faulty:${tag}`;
    return releaseProgram(namespace, [{ name, namespace, image, env, overrides: { ...overrides, analysis } }]);
  }

  /** @param analysis in place of what the scene was opened with */
  up(tag: string, env: Behaviour = {}, analysis = this.analysis): Promise<Update> {
    return this.stack.up(this.program(tag, env, analysis));
  }

  close(): Promise<string> {
    return this.stack.destroy();
  }

  /** What the route asks of the gateway now. */
  async split(): Promise<Split> {
    const { name, namespace } = this;
    const found: unknown = await custom.getNamespacedCustomObject({
      group: "apisix.apache.org",
      version: "v2",
      namespace,
      plural: "apisixroutes",
      name: `${name}-${name}-canary`,
    });
    return splitOf(partsOf(routeSchema.parse(found), { canary: `${name}-canary`, primary: `${name}-primary` }));
  }

  /** Looks several times a second which splits the route asks for; each with the time of its beginning, ms. */
  watchSplits(): { stop(): Promise<readonly { readonly atMs: number; readonly split: Split }[]> } {
    const seen: { readonly atMs: number; readonly split: Split }[] = [];
    const state = { running: true };
    const loop = (async () => {
      while (state.running) {
        const split = await this.split().catch(() => undefined);
        const isNew = split !== undefined && JSON.stringify(split) !== JSON.stringify(seen.at(-1)?.split);
        if (isNew) seen.push({ atMs: performance.now(), split });
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    return {
      stop: async () => {
        state.running = false;
        await loop;
        return seen;
      },
    };
  }

  /** Nobody reaches a canary, it has no pods, and the program's state is what there is. */
  async expectAtRest(phase: "Succeeded" | "Failed", version: string): Promise<void> {
    const { name, namespace } = this;
    expect(await this.split()).to.deep.equal({ base: 0 });
    expect(await releaseStatus(namespace, name)).to.include({ phase, canaryWeight: 0 });
    expect(await deployment(namespace, name)).to.include({ replicas: 0 });
    expect((await deployment(namespace, `${name}-primary`)).image).to.equal(`sandbox/faulty:${version}`);
    expect(await this.stack.drift()).to.deep.equal({});
  }
}
