import * as pulumi from "@pulumi/pulumi";
import { decideAdoption, survey } from "../../adoption/index.js";
import type { Kept } from "../../adoption/index.js";
import { AdoptionReader, adoptionTarget } from "../../adapters/kubernetes/adoption/index.js";
import { ForbiddenError, sharedApiServer } from "../../adapters/kubernetes/index.js";
import { createAdoptionPort } from "../../adapters/adoption.js";
import { canonicalJson } from "../../model/index.js";
import { adoptionSettings, check as checkSettings, release as releaseSettings } from "../../settings/index.js";
import type { AdoptionSettings, ReleaseSettings } from "../../settings/index.js";
import { clusterIn } from "../cluster.js";
import { accepted, containsUnknown, isUnknown, settingsIn } from "../values.js";
import type { Checked, Inputs } from "../values.js";

/** A preview waits no longer than this for an API server. */
const patienceMs = 10_000;

interface Question {
  readonly settings: ReleaseSettings;
  readonly adoption: AdoptionSettings;
}

/** What is kept of what is there is an input of the resource: a preview shows it, and without a cluster it still stands. */
export async function check(olds: Inputs, news: Inputs): Promise<Checked> {
  const question = questionOf(news);
  if (question === undefined || question.adoption.from === "none") return accepted(news);
  const kept = olds["kept"] === undefined ? {} : { kept: olds["kept"] };
  try {
    const { problems, doubts, kept: found } = await look(question);
    // What was taken over and is gone by now is made again as it was.
    if (found === undefined && olds["kept"] !== undefined) return accepted({ ...news, ...kept });
    if (found === undefined) {
      // It may be there by the time of the update, which fails where it is not.
      for (const missing of problems) await pulumi.log.warn(failure(missing).reason);
      return accepted(news);
    }
    if (problems.length > 0) return { inputs: news, failures: problems.map((each) => failure(each)) };
    for (const doubt of doubts) if (!listOf(olds["doubts"]).includes(doubt)) await pulumi.log.warn(`adopt: ${doubt}`);
    return accepted({ ...news, kept: plain(found), doubts });
  } catch (error) {
    if (error instanceof ForbiddenError) return { inputs: news, failures: [failure(error.message)] };
    return accepted({ ...news, ...kept });
  }
}

function failure(text: string): Checked["failures"][number] {
  return { property: "", reason: /^(service|routeRef)\./.test(text) ? text : `adopt: ${text}` };
}

async function look({ settings, adoption }: Question): Promise<ReturnType<typeof survey>> {
  const { kubeconfig, context, cluster } = settings;
  const api = sharedApiServer({ kubeconfig, context, cluster });
  const reader = new AdoptionReader(api, adoptionTarget(settings, adoption.flaggerCanary));
  const there = await reader.surroundings(AbortSignal.timeout(patienceMs));
  const { name, namespace, service, autoscaler } = settings;
  const taking = {
    ...{ name, namespace, autoscaler },
    service: { ...service, targetPort: adoption.targetPort },
    flaggerCanary: adoption.flaggerCanary,
    routeRef: adoption.routeRef,
  };
  return survey(taking, there);
}

/** Asks the cluster whether the takeover has come to its end. Where it can't be reached, the inputs alone decide. */
export async function diff(olds: Inputs, news: Inputs): Promise<{ readonly changes: boolean }> {
  if (comparable(olds) !== comparable(news)) return { changes: true };
  const question = questionOf(news);
  if (question === undefined || question.adoption.from === "none") return { changes: false };
  if (news["kept"] === undefined) return { changes: true };
  const { settings, adoption } = question;
  try {
    const holdings = await createAdoptionPort(settings, adoption).read(AbortSignal.timeout(patienceMs));
    return { changes: decideAdoption(kindOf(adoption), holdings, () => true).kind !== "done" };
  } catch {
    return { changes: false };
  }
}

/** All but what another revision changes. */
function comparable(inputs: Inputs): string {
  const { settings, adoption } = questionOf(inputs) ?? {};
  const { revision: _revision, analysis: _analysis, ...release } = settings ?? {};
  const { template: _template, ...taking } = adoption ?? {};
  return canonicalJson([release, taking, inputs["kept"] ?? null]);
}

/** @returns the outputs. @throws Error of one line; `create` keeps what it says for the next update */
export async function adopt(news: Inputs): Promise<Inputs> {
  const { __provider: _provider, ...given } = news;
  const question = questionOf(news);
  if (question === undefined) throw new Error("adopt: its inputs are not known");
  const { settings, adoption } = question;
  if (adoption.from === "none") return given;
  const kept = news["kept"] ?? (await keptNow(question));
  const { perform } = await import("./perform.js");
  await perform("adopt", settings, adoption);
  return { ...given, kept };
}

async function keptNow(question: Question): Promise<unknown> {
  const { problems, kept } = await look(question);
  if (problems.length > 0 || kept === undefined) throw new Error(problems.map((each) => `adopt: ${each}`).join("; "));
  return plain(kept);
}

export async function giveBack(olds: Inputs): Promise<void> {
  const question = questionOf(olds);
  if (question === undefined) return;
  const { perform } = await import("./perform.js");
  await perform(question.adoption.givesBack ? "handBack" : "remove", question.settings, question.adoption);
}

export function kindOf({ from }: AdoptionSettings): "deployment" | "flagger" {
  return from === "flagger" ? "flagger" : "deployment";
}

/** Undefined while parts of it are not known, in a preview, or wrong: the release's other resources tell that. */
function questionOf(inputs: Inputs): Question | undefined {
  const { adoption } = inputs;
  const settings = settingsIn(inputs);
  if (typeof settings !== "object" || settings === null) return undefined;
  const cluster = clusterIn(inputs);
  if (cluster === undefined) return undefined;
  const release = checkSettings(releaseSettings, { ...settings, ...cluster }, isUnknown);
  const taking = adoptionSettings.safeParse(withoutUnknown(adoption));
  return release.kind === "valid" && taking.success ? { settings: release.settings, adoption: taking.data } : undefined;
}

/** The program's pods may not be known yet: then they are not what runs. */
function withoutUnknown(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const known = Object.entries(value).filter(([, each]) => !containsUnknown(each));
  return Object.fromEntries(known);
}

function plain(kept: Kept | undefined): unknown {
  return JSON.parse(JSON.stringify(kept ?? null));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
