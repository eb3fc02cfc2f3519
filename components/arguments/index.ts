/** Arguments of components, checked before anything is registered: one line that names the component and the property. */
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { mapParts } from "../../release/template/index.js";
import type { Lazily } from "../../release/template/index.js";
import { orRefuse, refusal } from "../errors/index.js";
import type { Refuse } from "../errors/index.js";
import { check } from "../../release/settings/index.js";
import type { Problem } from "../../release/settings/index.js";

export { isUnknownMark, knownOf, withoutSecrets } from "./known.js";

/** A schema for each argument: one that is forgotten, or that the type does not have, is a compile error. */
export type Shape<Args> = { readonly [Name in keyof Required<Args>]: z.ZodType };

/**
 * Checks what is plain in a component's arguments; outputs are left to those who resolve them.
 * @throws pulumi.RunError, shown without a stack: `Apisix: unknown argument "replica": did you mean "replicas"?`
 */
export function checkArguments(component: string, schema: z.ZodType, args: unknown): void {
  const checked = check(schema, args ?? {}, isComputed);
  if (checked.kind === "invalid") throw argumentError(component, checked.problems.map(sentence).join("; "));
}

/** The error of one argument that a schema can't know of. */
export function argumentError(component: string, problem: string): Error {
  return refusal(`${component}: ${problem}`);
}

/** A value that a program may compute: an output, or with outputs in it at any depth. */
export type Computed<T> = pulumi.Input<ComputedParts<T>>;

/** The same one level down. */
export type ComputedParts<T> = T extends string | number | boolean | undefined | null
  ? T
  : T extends readonly (infer Each)[]
    ? readonly Computed<Each>[]
    : T extends object
      ? { readonly [Name in keyof T]: Computed<T[Name]> }
      : T;

/** Whether a value is only known when other resources are. */
export function isComputed(value: unknown): boolean {
  return pulumi.Output.isInstance(value) || value instanceof Promise;
}

/**
 * What `make` makes of inputs: at once where all of them are plain, so that it may name a resource, else as an output, where
 * the one line that `make` throws ends the update.
 * @throws pulumi.RunError with that line
 */
export function resolved<T extends object, R>(
  component: string,
  inputs: T,
  make: (plain: pulumi.Unwrap<T>) => R,
  refuse: Refuse,
): R | pulumi.Output<R> {
  const checked = (plain: pulumi.Unwrap<T>): R => {
    try {
      return make(plain);
    } catch (error) {
      throw argumentError(component, error instanceof Error ? error.message : String(error));
    }
  };
  if (isPlain(inputs)) return checked(inputs);
  return pulumi.output(inputs).apply(orRefuse(refuse, checked));
}

/** What `make` makes of inputs, at once where all of them are plain: their structure may be anything. */
export function whenKnown<T, R>(inputs: T, make: (plain: pulumi.Unwrap<T>) => R): R | pulumi.Output<R> {
  return isPlain(inputs) ? make(inputs) : pulumi.output(inputs).apply(make);
}

/** The same for one part alone: what is in it stays where it is, known or not, secret or not. */
export const lazily: Lazily = (value, then) => (isComputed(value) ? opened(value).apply(then) : then(value));

/** An output of anything, with no output left in it. */
export function opened(value: unknown): pulumi.Output<unknown> {
  return pulumi.output<unknown>(value);
}

/** The same arguments, in which what is computed waits for something else too; the properties in `but` stay. */
export function waitingFor<T extends object>(gate: Promise<unknown>, args: T, but: readonly (keyof T)[] = []): T {
  const opening = pulumi.output(gate.then(() => true));
  const wait = (value: unknown): unknown => (isComputed(value) ? opening.apply(() => value) : mapParts(value, wait));
  const own = Object.entries(args).filter(([key]) => !but.some((each) => each === key));
  return Object.assign({}, args, Object.fromEntries(own.map(([key, value]): [string, unknown] => [key, wait(value)])));
}

/** Whether nothing in a value is an output. */
export function isPlain<T>(value: T): value is T & pulumi.Unwrap<T> {
  if (isComputed(value)) return false;
  return typeof value !== "object" || value === null || Object.values(value).every((each: unknown) => isPlain(each));
}

function sentence({ path, message, unknown }: Problem): string {
  if (unknown === undefined) return path === "" ? message : `${path}: ${message}`;
  const { nearest } = unknown;
  return `unknown argument ${JSON.stringify(path)}${nearest === undefined ? "" : `: did you mean ${JSON.stringify(nearest)}?`}`;
}

/** Schemas that several components' arguments share; all of them optional. */
export const argument = {
  text: z.string().min(1, "must not be empty").optional(),
  flag: z.boolean().optional(),
  /** A part of a Kubernetes manifest: the API server knows best. */
  manifest: z.looseObject({}).optional(),
  manifests: z.array(z.looseObject({})).optional(),
  texts: z.array(z.string().min(1, "must not be empty")).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  port: z.int("must be a whole number").min(1, "must be 1 to 65535").max(65535, "must be 1 to 65535").optional(),
  count: z.int("must be a whole number").min(1, "must be at least 1").optional(),
  seconds: z.number().gt(0, "must be above 0").optional(),
  /** As Go reads it. */
  duration: z
    .string()
    .regex(/^(\d+(\.\d+)?(ms|[smh]))+$/, 'must be a duration like "30s", "1m30s" or "2h"')
    .optional(),
} as const;
