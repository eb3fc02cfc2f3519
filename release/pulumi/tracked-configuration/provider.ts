import { z } from "zod";
import { ForbiddenError } from "../../adapters/kubernetes/index.js";
import type { ApiServer } from "../../adapters/kubernetes/index.js";
import { annotations } from "../../model/index.js";
import { asOneLine } from "../one-line.js";
import { clusterIn } from "../cluster.js";
import { apiServerOf, patienceMs, ReadInputs } from "../read-inputs.js";
import { accepted, containsUnknown } from "../values.js";
import type { Checked, Inputs } from "../values.js";

const question = z.object({
  namespace: z.string(),
  /** Name of the release. */
  release: z.string(),
  names: z.object({ ConfigMap: z.array(z.string()), Secret: z.array(z.string()) }),
});
type Question = z.output<typeof question>;

const texts = z.record(z.string(), z.string());
const content = z.object({ data: texts.optional(), binaryData: texts.optional(), type: z.string().optional() });
const stored = content.extend({ metadata: z.object({ annotations: texts.default({}) }) });

type Content = z.output<typeof content>;
type Contents = Readonly<Record<string, Content>>;

/** The program gives the second one empty, as a secret: so it stays one. */
const read = new ReadInputs(["configMaps", "secrets"], questionOf);

/**
 * What is read is an input of the resource: so a preview shows that it has changed, and without a cluster what was read
 * before still stands.
 */
export async function check(olds: Inputs, news: Inputs): Promise<Checked> {
  const asked = questionOf(news);
  if (asked === undefined) return accepted(news);
  try {
    return accepted({ ...news, ...(await contentsOf(asked, news)) });
  } catch (error) {
    if (error instanceof ForbiddenError)
      return {
        inputs: news,
        failures: [{ property: "", reason: `${error.message}; or give trackConfiguration: false` }],
      };
    return accepted(read.kept(olds, news));
  }
}

export function diff(olds: Inputs, news: Inputs): { readonly changes: boolean } {
  return read.diff(olds, news);
}

/** @returns the outputs. @throws Error of one line where nothing can be read now */
export async function make(news: Inputs): Promise<Inputs> {
  const { __provider: _provider, ...given } = news;
  if (read.isAnswered(news)) return given;
  const asked = questionOf(news);
  if (asked === undefined) throw asOneLine("template: what it refers to is not known");
  return { ...given, ...(await contentsOf(asked, news).catch(inOneLine)) };
}

function inOneLine(error: unknown): never {
  throw asOneLine(error);
}

async function contentsOf({ namespace, names }: Question, inputs: Inputs): Promise<Readonly<Record<string, Contents>>> {
  const api = apiServerOf(inputs);
  const signal = AbortSignal.timeout(patienceMs);
  const [configMaps, secrets] = await Promise.all([
    contents(api, "configmaps", namespace, names.ConfigMap, signal),
    contents(api, "secrets", namespace, names.Secret, signal),
  ]);
  return { configMaps, secrets };
}

async function contents(
  api: ApiServer,
  plural: "configmaps" | "secrets",
  namespace: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Contents> {
  const found = await Promise.all(
    [...new Set(names)].map(async (name) => {
      const call = { verb: "get", group: "", version: "v1", plural, namespace, name } as const;
      return [name, await api.find(call, stored, signal)] as const;
    }),
  );
  return Object.fromEntries(
    found.flatMap(([name, object]) =>
      object === undefined || isLeftOut(object) ? [] : [[name, content.parse(object)]],
    ),
  );
}

/** Flagger's own word counts too. */
function isLeftOut({ metadata }: z.output<typeof stored>): boolean {
  return [annotations.configTracking, "flagger.app/config-tracking"].some(
    (key) => metadata.annotations[key] === "disabled",
  );
}

/** Undefined while parts of it are not known. */
function questionOf(inputs: Inputs): Question | undefined {
  if (clusterIn(inputs) === undefined) return undefined;
  const asked = question.safeParse(inputs).data;
  return containsUnknown(asked) ? undefined : asked;
}
