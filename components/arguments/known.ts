import * as pulumi from "@pulumi/pulumi";

/** Arguments as far as they are known now. */
export interface Known {
  /** Outputs opened; what is not known yet is `pulumi.runtime.unknownValue`. */
  readonly value: unknown;
  /** Texts in it that must not be shown. */
  readonly secrets: readonly string[];
}

/** Waits until every output in the arguments has its value, or is known to have none yet. */
export async function knownOf(args: unknown): Promise<Known> {
  const { value }: { value?: unknown } = await pulumi.runtime.serializeProperties("arguments", { value: args });
  const secrets = new Set<string>();
  return { value: opened(value, secrets, false), secrets: [...secrets] };
}

/** Whether this stands for something that is not known yet. */
export function isUnknownMark(value: unknown): boolean {
  return value === pulumi.runtime.unknownValue;
}

/** A message about arguments without what is secret in them. */
export function withoutSecrets(message: string, secrets: readonly string[]): string {
  const longestFirst = secrets.filter((each) => each !== "").toSorted((a, b) => b.length - a.length);
  return longestFirst.reduce((text, each) => text.replaceAll(each, "[secret]"), message);
}

function opened(value: unknown, secrets: Set<string>, isSecret: boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => opened(each, secrets, isSecret));
  if (typeof value !== "object" || value === null) {
    if (isSecret && (typeof value === "string" || typeof value === "number")) secrets.add(String(value));
    return value;
  }
  const fields = new Map(Object.entries(value));
  if (pulumi.runtime.isRpcSecret(value)) return opened(fields.get("value"), secrets, true);
  return Object.fromEntries([...fields].map(([key, each]) => [key, opened(each, secrets, isSecret)]));
}
