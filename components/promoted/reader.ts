import * as pulumi from "@pulumi/pulumi";
import { refusal } from "../errors/index.js";
import { promotedRelease, tagOf } from "./release.js";
import type { PromotedRelease, PromotedVerdict } from "./release.js";

/** What is read of another stack, and what of it is good enough. */
export interface PromotedOptions {
  /** Name of the other stack's output. Default "promoted". */
  readonly output?: string;
  /** Container whose tag is meant. Default: the first one. */
  readonly container?: string;
  /** Ways to the primary that are good enough to be taken from there. Default: all but `unjudged`. */
  readonly accept?: readonly PromotedVerdict[];
}

/** Name of the other stack (`organization/project/stack`), or a reference to it. */
export type Stack = string | pulumi.StackReference;

const accepted: readonly PromotedVerdict[] = ["passed", "initialized", "skipped", "onRequest"];
/** As image references have it. */
const tagPattern = /^\w[\w.-]{0,127}$/;

/**
 * The image tag that another stack's release has promoted: `export const promoted = release.promoted` there.
 * Fails preview and update, in one line, where that stack has promoted nothing (it was never run, it failed, it was
 * destroyed), what it promoted was not judged, or its image has no tag.
 */
export function promotedTag(stack: Stack, options: PromotedOptions = {}): pulumi.Output<string> {
  const where = nameOf(stack);
  return pulumi.all([where, promotedBy(stack, options)]).apply(([name, promoted]) => {
    const { container } = options;
    const image = container === undefined ? promoted.image : promoted.images[container];
    if (image === undefined)
      throw refusal(`stack ${name}: its promoted revision has no container ${container}; it has: ${names(promoted)}`);
    const tag = tagOf(image);
    if (!tagPattern.test(tag)) throw refusal(`stack ${name}: its promoted image ${image || "(none)"} has no tag`);
    return tag;
  });
}

/** All that another stack's release says of what it has promoted; fails as `promotedTag` does. */
export function promotedBy(
  stack: Stack,
  { output = "promoted", accept = accepted }: PromotedOptions = {},
): pulumi.Output<PromotedRelease> {
  const reference = typeof stack === "string" ? new pulumi.StackReference(stack) : stack;
  const found = pulumi.output(reference.getOutputDetails(output));
  return pulumi.all([reference.name, found]).apply(([name, { value, secretValue }]) => {
    const said: unknown = value ?? secretValue;
    if (said === undefined || said === null)
      throw refusal(
        `stack ${name}: its output ${output} is not there: it has promoted nothing yet, its last update failed, or it was destroyed; export the promoted of a CanaryRelease there, and run it first`,
      );
    const parsed = promotedRelease.safeParse(said);
    if (!parsed.success)
      throw refusal(`stack ${name}: its output ${output} is not what a CanaryRelease says of its promotion`);
    const { verdict, revision } = parsed.data;
    if (!accept.includes(verdict))
      throw refusal(
        `stack ${name}: its promoted revision ${revision} was not judged as asked (${verdict}; accepted: ${accept.join(", ")})`,
      );
    return parsed.data;
  });
}

function nameOf(stack: Stack): pulumi.Output<string> {
  return typeof stack === "string" ? pulumi.output(stack) : stack.name;
}

function names({ images }: PromotedRelease): string {
  return Object.keys(images).join(", ");
}
