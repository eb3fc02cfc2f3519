import * as pulumi from "@pulumi/pulumi";
import { canonicalJson } from "../release/model/index.js";
import {
  adoption,
  analysis,
  generatedCertificate,
  generatedKey,
  preparation,
  promotion,
  sourceRoute,
  trackedConfiguration,
} from "../release/index.js";

type Bag = Readonly<Record<string, unknown>>;

/** A custom resource's runtime: the same objects that dynamic resources of TypeScript programs call. */
interface Runtime {
  /** It may add to the inputs what it reads. */
  readonly check?: (
    olds: Bag,
    news: Bag,
  ) => Promise<{ readonly inputs?: Bag; readonly failures?: readonly pulumi.provider.CheckFailure[] }>;
  readonly diff: (id: string, olds: Bag, news: Bag) => Promise<pulumi.provider.DiffResult>;
  readonly create: (inputs: Bag) => Promise<{ readonly id: string; readonly outs: Bag }>;
  readonly update?: (id: string, olds: Bag, news: Bag) => Promise<{ readonly outs: Bag }>;
  readonly delete?: (id: string, props: Bag) => Promise<void>;
  /** What it adds to the inputs, and which of it is secret. */
  readonly secretOutputs: readonly string[];
}

function namesOf(inputs: Bag): readonly string[] {
  const { names } = inputs;
  return Array.isArray(names) ? names.map(String) : [];
}

const runtimes: Readonly<Record<string, Runtime>> = {
  Preparation: { ...preparation, secretOutputs: [] },
  Analysis: { ...analysis, secretOutputs: [] },
  Promotion: { ...promotion, secretOutputs: [] },
  SourceRoute: { ...sourceRoute, secretOutputs: [] },
  Takeover: { ...adoption, secretOutputs: [] },
  TrackedConfiguration: { ...trackedConfiguration, secretOutputs: [] },
  GeneratedKey: { ...generatedKey, secretOutputs: ["value"] },
  GeneratedCertificate: {
    diff: (id, olds, news) => generatedCertificate.diff(id, { names: namesOf(olds) }, { names: namesOf(news) }),
    create: (inputs) => generatedCertificate.create({ names: namesOf(inputs) }),
    secretOutputs: ["privateKey"],
  },
};

/** Problems come with the property's path; what is not known yet is nobody's fault. */
export async function check(urn: string, olds: unknown, news: unknown): Promise<pulumi.provider.CheckResult> {
  const runtime = runtimeOf(urn);
  const { inputs = {}, failures = [] } = (await runtime.check?.(plainBag(olds), plainBag(news))) ?? {};
  return { inputs: outputs(runtime, bag(news), inputs), failures: [...failures] };
}

export function diff(urn: string, id: string, olds: unknown, news: unknown): Promise<pulumi.provider.DiffResult> {
  return runtimeOf(urn).diff(id, plainBag(olds), plainBag(news));
}

export async function create(urn: string, inputs: unknown): Promise<pulumi.provider.CreateResult> {
  const runtime = runtimeOf(urn);
  const { id, outs } = await runtime.create(plainBag(inputs));
  return { id, outs: outputs(runtime, bag(inputs), outs) };
}

export async function update(
  urn: string,
  id: string,
  olds: unknown,
  news: unknown,
): Promise<pulumi.provider.UpdateResult> {
  const runtime = runtimeOf(urn);
  if (runtime.update === undefined) throw new Error(`${typeOf(urn)}: can't be changed`);
  const { outs } = await runtime.update(id, plainBag(olds), plainBag(news));
  return { outs: outputs(runtime, bag(news), outs) };
}

/** Throws where what would be deleted after it is not the release's own. */
export async function remove(urn: string, id: string, props: unknown): Promise<void> {
  await runtimeOf(urn).delete?.(id, plainBag(props));
}

function runtimeOf(urn: string): Runtime {
  const type = typeOf(urn);
  const [, , name = ""] = type.split(":");
  const runtime = Object.hasOwn(runtimes, name) ? runtimes[name] : undefined;
  if (runtime === undefined) throw new Error(`${type} is not a resource of this package`);
  return runtime;
}

function typeOf(urn: string): string {
  return (urn.split("::")[2] ?? "").split("$").at(-1) ?? "";
}

/** The inputs with their secrets, and beside them what the runtime added, or put in place of what was given as a secret. */
function outputs({ secretOutputs }: Runtime, inputs: Bag, outs: Bag): Bag {
  const added = Object.entries(outs).filter(
    ([key, value]) => !Object.hasOwn(inputs, key) || canonicalJson(plain(inputs[key])) !== canonicalJson(value),
  );
  const isSecret = (key: string): boolean => secretOutputs.includes(key) || isSecretMark(inputs[key]);
  return {
    ...inputs,
    ...Object.fromEntries(added.map(([key, value]) => [key, isSecret(key) ? secret(value) : value])),
  };
}

function isSecretMark(value: unknown): boolean {
  return bag(value)[pulumi.runtime.specialSigKey] === pulumi.runtime.specialSecretSig;
}

function secret(value: unknown): Bag {
  return { [pulumi.runtime.specialSigKey]: pulumi.runtime.specialSecretSig, value };
}

/** The runtime knows of no secrets: it gets the values, and only its own answers go back. */
function plainBag(value: unknown): Bag {
  return bag(plain(value));
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  const object = bag(value);
  if (object !== value) return value;
  if (isSecretMark(object)) return plain(object["value"]);
  return Object.fromEntries(Object.entries(object).map(([key, each]) => [key, plain(each)]));
}

function isBag(value: unknown): value is Bag {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function bag(value: unknown): Bag {
  return isBag(value) ? value : {};
}
