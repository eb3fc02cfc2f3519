import * as pulumi from "@pulumi/pulumi";
import { asOneLine } from "../one-line.js";
import { clusterIn } from "../cluster.js";
import { apiServerOf, patienceMs, ReadInputs } from "../read-inputs.js";
import { accepted, containsUnknown } from "../values.js";
import type { Checked, Inputs } from "../values.js";
import { sourceInputs } from "./inputs.js";
import { readSource } from "./read.js";
import type { Reading } from "./read.js";

const read = new ReadInputs(["http", "upstream", "notes"], (inputs) => sourceInputs.safeParse(inputs).data);

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
      return accepted(read.kept(olds, news));
  }
}

export function diff(olds: Inputs, news: Inputs): { readonly changes: boolean } {
  return read.diff(olds, news);
}

/** @returns the outputs. @throws Error of one line where the source can't be read now */
export async function make(news: Inputs): Promise<Inputs> {
  const { __provider: _provider, ...given } = news;
  if (read.isAnswered(news)) return given;
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
  if (clusterIn(news) === undefined) return undefined;
  const question = sourceInputs.safeParse(news);
  if (!question.success || containsUnknown(question.data)) return undefined;
  return readSource(apiServerOf(news), question.data, AbortSignal.timeout(patienceMs));
}

function notesOf({ notes }: Inputs): readonly unknown[] {
  return Array.isArray(notes) ? notes : [];
}
