import * as pulumi from "@pulumi/pulumi";
import { sharedApiServer } from "../../adapters/kubernetes/index.js";
import { canonicalJson } from "../../model/index.js";
import { asOneLine } from "../one-line.js";
import { containsUnknown, isUnknown, textOf } from "../values.js";
import type { Inputs } from "../values.js";
import { sourceInputs } from "./inputs.js";
import { readSource } from "./read.js";
import type { Reading } from "./read.js";

/** A preview waits no longer than this for an API server. */
const patienceMs = 5_000;

/** Keys of the inputs that are read, not given. */
const read = ["http", "upstream", "notes"] as const;

export interface Checked {
  readonly inputs: Inputs;
  readonly failures: readonly { readonly property: string; readonly reason: string }[];
}

/**
 * What is read is an input of the resource: so a preview shows it, a change of the source is a difference, and without a
 * cluster what was read before still stands.
 */
export async function check(olds: Inputs, news: Inputs): Promise<Checked> {
  const reading = await readNow(news);
  switch (reading?.kind) {
    case "read":
      for (const note of reading.notes) if (!notesOf(olds).includes(note)) await pulumi.log.warn(note);
      return accepted({ ...news, http: reading.http, upstream: reading.upstream, notes: reading.notes });
    case "missing":
      await pulumi.log.warn(`routeRef.name: ${reading.message}`);
      return accepted(news);
    case "refused":
      return {
        inputs: news,
        failures: reading.problems.map((reason) => ({ property: "", reason: `routeRef: ${reason}` })),
      };
    case "unreachable":
    case undefined:
      return accepted(sameQuestion(olds, news) ? { ...news, ...pick(olds) } : news);
  }
}

export function diff(olds: Inputs, news: Inputs): { readonly changes: boolean } {
  const answered = news["http"] !== undefined;
  return { changes: !answered || comparable(olds) !== comparable(news) };
}

/** @returns the outputs. @throws Error of one line where the source can't be read now */
export async function make(news: Inputs): Promise<Inputs> {
  const { __provider: _provider, ...given } = news;
  if (news["http"] !== undefined) return given;
  const reading = await readNow(news);
  switch (reading?.kind) {
    case "read":
      return { ...given, http: reading.http, upstream: reading.upstream, notes: reading.notes };
    case "missing":
    case "unreachable":
      throw asOneLine(`routeRef.name: ${reading.message}`);
    case "refused":
      throw asOneLine(reading.problems.map((each) => `routeRef: ${each}`).join("; "));
    case undefined:
      throw asOneLine("routeRef: its inputs are not known");
  }
}

/** Undefined where the question itself is not known yet. */
async function readNow(news: Inputs): Promise<Reading | undefined> {
  if (["kubeconfig", "context", "cluster"].some((key) => isUnknown(news[key]))) return undefined;
  const question = sourceInputs.safeParse(news);
  if (!question.success || containsUnknown(question.data)) return undefined;
  const [kubeconfig, context, cluster] = ["kubeconfig", "context", "cluster"].map((key) => textOf(news[key]));
  const api = sharedApiServer({ kubeconfig, context, cluster });
  return readSource(api, question.data, AbortSignal.timeout(patienceMs));
}

function sameQuestion(olds: Inputs, news: Inputs): boolean {
  return canonicalJson(questionOf(olds)) === canonicalJson(questionOf(news));
}

function questionOf(inputs: Inputs): unknown {
  return sourceInputs.safeParse(inputs).data ?? null;
}

function comparable(inputs: Inputs): string {
  return canonicalJson([questionOf(inputs), pick(inputs)]);
}

function pick(inputs: Inputs): Inputs {
  return Object.fromEntries(read.flatMap((key) => (inputs[key] === undefined ? [] : [[key, inputs[key]]])));
}

function notesOf({ notes }: Inputs): readonly unknown[] {
  return Array.isArray(notes) ? notes : [];
}

function accepted(inputs: Inputs): Checked {
  return { inputs, failures: [] };
}
