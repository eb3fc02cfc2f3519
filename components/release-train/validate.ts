import { z } from "zod";
import { trainOrders } from "../../release/model/index.js";
import { check, serviceLabel } from "../../release/settings/index.js";
import type { Problem } from "../../release/settings/index.js";
import { isComputed } from "../arguments/index.js";
import type { Shape } from "../arguments/index.js";
import { argsProblems } from "../canary-release/index.js";
import type { ReleaseTrainArgs, TrainMember } from "./args.js";

const plainName = serviceLabel.max(40, "must have at most 40 characters");

const schema = z.strictObject({
  releases: z.array(z.looseObject({ name: plainName }), "must be a list of releases").min(1, "needs a release"),
  order: z.enum(trainOrders, 'must be "together" or "in order"').optional(),
} satisfies Shape<ReleaseTrainArgs>);

/** Everything wrong with a train, its members included, before the first of them is made. */
export function trainProblems(args: ReleaseTrainArgs): readonly Problem[] {
  const checked = check(schema, args);
  if (checked.kind === "invalid") return checked.problems;
  const { releases } = args;
  return [...twice(releases), ...releases.flatMap((member, index) => memberProblems(member, index))];
}

/** A member that comes again would have to be promoted before itself. */
function twice(releases: readonly TrainMember[]): readonly Problem[] {
  return releases.flatMap(({ name }, index) => {
    const first = releases.findIndex((each) => each.name === name);
    if (first === index) return [];
    const message = `${name} is there already, as releases[${first}]: a train with a circle never arrives; name each release once`;
    return [{ path: `releases[${index}].name`, message }];
  });
}

function memberProblems(member: TrainMember, index: number): readonly Problem[] {
  if (isComputed(member)) return [{ path: `releases[${index}]`, message: "must not be an output itself" }];
  return argsProblems(member.name, member).map((each) => ({ ...each, path: `releases[${index}].${each.path}` }));
}
