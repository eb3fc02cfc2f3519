import * as pulumi from "@pulumi/pulumi";
import type { CanaryReleaseArgs } from "../../../components/canary-release/args.js";
import type { CanaryRelease } from "../../../components/canary-release/index.js";

export { at } from "../register.js";

/** What the engine hears of one resource. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  /** Secrets in it are marked, as they would be stored. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly dependencies: readonly string[];
  /** URNs, or names with what they leave out. */
  readonly aliases: readonly string[];
}

export interface Deployed {
  readonly registered: readonly Registered[];
  readonly release: CanaryRelease | undefined;
  /** What ended the program, each once. */
  readonly errors: readonly string[];
  readonly logged: readonly string[];
}

/** Arguments and options of a release, made by a program once it runs. */
export type Program = () => {
  readonly name?: string;
  readonly args: CanaryReleaseArgs;
  readonly opts?: pulumi.ComponentResourceOptions;
};

interface Request {
  getType(): string;
  getName(): string;
  getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
  getDependenciesList(): readonly string[];
  getAliasesList(): readonly { toObject(): object }[];
  getAliasurnsList(): readonly string[];
}

/**
 * Runs a program under mocks, as a preview or an update, until the engine has heard of everything.
 * @param more what resources of a type add to their inputs
 */
export async function run(
  program: Program,
  isPreview = false,
  more: Readonly<Record<string, object>> = {},
): Promise<Deployed> {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        const made = { GeneratedKey: { value: "kept-for-good" }, ...more }[type.split(":").at(-1) ?? ""];
        return { id: `${name}-id`, state: { ...(inputs as Record<string, unknown>), ...made } };
      },
      call: () => ({}),
    },
    "project",
    "dev",
    isPreview,
  );
  const registered = recorded();
  const errors = new Set<string>();
  const failed = (error: unknown): void => void errors.add(error instanceof Error ? error.message : String(error));
  const before = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection").on("unhandledRejection", failed);
  let release: CanaryRelease | undefined;
  try {
    const { CanaryRelease } = await import("../../../components/canary-release/index.js");
    const { name = "podinfo", args, opts } = program();
    release = new CanaryRelease(name, args, opts);
    await settled();
  } catch (error) {
    failed(error);
  } finally {
    process.removeAllListeners("unhandledRejection");
    for (const listener of before) process.on("unhandledRejection", listener);
  }
  return { registered, release, errors: [...errors], logged: [] };
}

/** Mocks answer within some turns of the event loop. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 200; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Mocks are told of inputs without their secrets: those are read off the requests. */
export function recorded(): readonly Registered[] {
  const registered: Registered[] = [];
  const monitor = pulumi.runtime.getMonitor() ?? {};
  const register: unknown = Reflect.get(monitor, "registerResource");
  if (typeof register !== "function") throw new Error("Pulumi's mocks register resources otherwise now");
  Reflect.set(monitor, "registerResource", (request: Request, ...more: unknown[]) => {
    registered.push({
      type: request.getType(),
      name: request.getName(),
      inputs: request.getObject()?.toJavaScript() ?? {},
      dependencies: request.getDependenciesList(),
      aliases: [
        ...request.getAliasurnsList(),
        ...request.getAliasesList().map((each) => JSON.stringify(each.toObject())),
      ],
    });
    return Reflect.apply(register, monitor, [request, ...more]) as unknown;
  });
  return registered;
}

/** As a state shows it: secrets are left out. */
export function withoutSecrets(value: unknown): unknown {
  if (pulumi.runtime.isRpcSecret(value)) return "[secret]";
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutSecrets(each)]));
}
