import type { z } from "zod";

/** One thing wrong with the input: where (property path) and what. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** A parse error as one line per property, `analysis.metrics[0].name: …`. */
export function problemsOf(error: z.ZodError): readonly Problem[] {
  return error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ path: pathText([...issue.path, key]), message: "is not a known setting" }))
      : [{ path: pathText(issue.path), message: issue.message }],
  );
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === "number" ? `${text}[${part}]` : text === "" ? String(part) : `${text}.${String(part)}`,
    "",
  );
}
