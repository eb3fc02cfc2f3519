import * as pulumi from "@pulumi/pulumi";
import { inOneLine } from "../../release/settings/index.js";
import { CanaryRelease, slots } from "../canary-release/index.js";
import type { Boarding, TrainInput } from "../canary-release/index.js";
import { refusalOf } from "../errors/index.js";
import type { PromotedRelease } from "../promoted/index.js";
import type { ReleaseTrainArgs, TrainMember } from "./args.js";
import { trainProblems } from "./validate.js";

/** Members of trains that wait for each other, of the whole program. */
let waiting = 0;

/** What the program asks of one member. */
type Asked = pulumi.Input<TrainInput["releases"][number]>;

/**
 * Several releases of one program that belong together: one gate, one abort, one verdict. With `order: "together"` nobody is
 * promoted until every member with a change has passed its analysis; as soon as one is taken back (by its checks, an abort,
 * its watchdog), so are the others that are not promoted yet, each with a line that names who and why. Members without a
 * change don't count. With `order: "in order"` Pulumi's graph begins each member after the promotion of the one before.
 *
 * The members are arguments here, not releases made before: each has to know what the program asks of all the others, and
 * a release's resources are registered with what they know when it is constructed. So nothing of a member can depend on a
 * later one, and no circle is possible. A release that was in the program alone before keeps its resources (aliases).
 *
 * Throws a one-line error naming the property for unknown or contradictory arguments, of members too, for a name that is
 * there twice, and where the engine performs fewer operations at the same time than members wait for each other.
 */
export class ReleaseTrain extends pulumi.ComponentResource {
  /** The members, by name. */
  readonly releases: Readonly<Record<string, CanaryRelease>>;
  /** What each member serves to all its users, by name; see `CanaryRelease.promoted`. */
  readonly promoted: pulumi.Output<Readonly<Record<string, PromotedRelease | undefined>>>;

  constructor(
    private readonly logical: string,
    args: ReleaseTrainArgs,
    private readonly opts: pulumi.ComponentResourceOptions = {},
  ) {
    super("apisix-canary:index:ReleaseTrain", logical, {}, opts);
    const problems = trainProblems(args);
    if (problems.length > 0) throw refusalOf(this, inOneLine(problems));
    const { releases, order = "together" } = args;
    this.tell(releases, order);
    const made = order === "together" ? this.together(releases) : this.inOrder(releases);
    this.releases = Object.fromEntries(made.map((release, index) => [releases[index]?.name ?? "", release]));
    this.promoted = pulumi.output(
      Object.fromEntries(Object.entries(this.releases).map(([name, { promoted }]) => [name, promoted])),
    );
    const { promoted } = this;
    this.registerOutputs({ promoted });
  }

  /** Each knows what is asked of all; none waits for another one's resources but by what those journal. */
  private together(members: readonly TrainMember[]): readonly CanaryRelease[] {
    waiting += members.length;
    this.refuseTooFewSlots();
    const announced = members.map((member) => announce(member));
    const train = this.inputOf(
      "together",
      announced.map(({ asked }) => asked),
    );
    return announced.map(({ member, tell }) => {
      const release = this.member(member, { train, after: [] });
      tell(release.revision);
      return release;
    });
  }

  /** Each begins after the one before; it knows what is asked of those before it alone. */
  private inOrder(members: readonly TrainMember[]): readonly CanaryRelease[] {
    const made: CanaryRelease[] = [];
    const asked: Asked[] = [];
    for (const member of members) {
      const announced = announce(member);
      asked.push(announced.asked);
      const release = this.member(member, { train: this.inputOf("in order", asked), after: made.slice(-1) });
      announced.tell(release.revision);
      made.push(release);
    }
    return made;
  }

  private member(member: TrainMember, boarding: Boarding): CanaryRelease {
    const aliases = [{ parent: this.opts.parent ?? pulumi.rootStackResource }];
    return new CanaryRelease(member.name, member, { parent: this, aliases }, boarding);
  }

  private inputOf(order: TrainInput["order"], releases: readonly Asked[]): pulumi.Input<TrainInput> {
    return pulumi.output({ name: this.logical, order, releases: [...releases] });
  }

  /** Members that wait hold their slots: with too few of them the last would never begin. */
  private refuseTooFewSlots(): void {
    const available = slots();
    if (available === undefined || waiting <= available) return;
    throw refusalOf(
      this,
      `releases: ${waiting} releases wait for each other, and the engine performs ${available} operations at the same time: give pulumi --parallel ${waiting} or more, or choose order: "in order"`,
    );
  }

  private tell(members: readonly TrainMember[], order: TrainInput["order"]): void {
    if (!pulumi.runtime.isDryRun()) return;
    const names = members.map(({ name }) => name);
    const line =
      order === "together"
        ? `${names.join(", ")}: those with a change are promoted together, or none of them`
        : `${names.join(", then ")}: each begins when the one before is promoted or has no change`;
    void pulumi.log.info(`train ${this.logical}: ${line}`, this);
  }
}

/** What will be asked of a member that is not made yet: its revision is told as soon as it is. */
function announce(member: TrainMember) {
  const { promise, resolve: tell } = Promise.withResolvers<pulumi.Output<string>>();
  const { namespace, name } = member;
  const asked: Asked = pulumi.output({ namespace, name, revision: pulumi.output(promise) });
  return { member, asked, tell };
}
