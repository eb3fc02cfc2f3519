import * as pulumi from "@pulumi/pulumi";
import type { Kept } from "../../release/adoption/index.js";
import { annotations as ours, apiGroup } from "../../release/model/index.js";
import type { Role } from "../../release/model/index.js";
import { isOwnLabel, isTree, roleKeysText } from "../../release/template/index.js";
import { isComputed, whenKnown } from "../arguments/index.js";
import { orRefuse, refusal } from "../errors/index.js";
import type { Refuse } from "../errors/index.js";
import type { CanaryReleaseArgs, RoleMetadata } from "./args.js";
import type { Making } from "./making.js";
import type { RoleTemplate } from "./template.js";

const argumentNames = { canary: "canaryMetadata", primary: "primaryMetadata" } as const;
type Texts = Readonly<Record<string, pulumi.Input<string>>>;
type Kind = keyof RoleMetadata;

/** What is said of a role's pods where nothing may be: with its path. */
interface RoleMetadataProblem {
  readonly path: readonly string[];
  readonly message: string;
}

/** As far as the arguments are known. */
interface Known {
  readonly canaryMetadata?: KnownMetadata | undefined;
  readonly primaryMetadata?: KnownMetadata | undefined;
  readonly template: object;
}
type KnownMetadata = Readonly<Partial<Record<Kind, object | undefined>>>;

/** Labels and annotations that are the release's or the template's own: by them pods are selected and told apart. */
export function roleMetadataProblems(args: Known): readonly RoleMetadataProblem[] {
  const metadata: unknown = isTree(args.template) ? args.template["metadata"] : undefined;
  return Object.values(argumentNames).flatMap((name) =>
    (["labels", "annotations"] as const).flatMap((kind) =>
      Object.keys(args[name]?.[kind] ?? {}).flatMap((key): readonly RoleMetadataProblem[] => {
        const message = problemOf(kind, key, metadata);
        return message === undefined ? [] : [{ path: [name, kind, key], message }];
      }),
    ),
  );
}

function problemOf(kind: Kind, key: string, metadata: unknown): string | undefined {
  if (key.startsWith(`${apiGroup}/`)) return "is the release's own";
  if (kind === "labels" && isOwnLabel(key))
    return "is the release's own: by it pods are selected, or their role is told";
  const ofTemplate = isTree(metadata) ? metadata[kind] : undefined;
  if (isTree(ofTemplate) && ofTemplate[key] !== undefined)
    return "is in the template too: take it out there, and give it to both roles";
  return undefined;
}

/** The metadata of a role's pods: their template's, and what the program gives the role. */
export function withRoleMetadata(
  metadata: NonNullable<RoleTemplate["metadata"]>,
  role: Role,
  { args, refuse }: Pick<Making, "args" | "refuse">,
  kept: Kept | undefined,
) {
  const { labels, annotations } = args[argumentNames[role]] ?? {};
  const selecting = Object.keys({ ...kept?.canaryLabels, ...kept?.primaryLabels });
  const withOwn = (known: Texts): Texts => {
    const wrong = Object.keys(known).find((key) => selecting.includes(key));
    if (wrong === undefined) return { ...known, ...metadata.labels };
    throw refusal(`${argumentNames[role]}.labels.${wrong}: selects the pods of what was taken over: leave it out`);
  };
  return {
    ...metadata,
    ...(labels === undefined ? {} : { labels: eachWhereItIs(labels, withOwn, refuse) }),
    ...(annotations === undefined
      ? {}
      : { annotations: eachWhereItIs(annotations, (known) => ({ ...known, ...metadata.annotations }), refuse) }),
  };
}

/** What of it is secret, or not known yet, stays so there alone. */
function eachWhereItIs(texts: pulumi.Input<Texts>, make: (texts: Texts) => Texts, refuse: Refuse): pulumi.Input<Texts> {
  return isWhole(texts) ? make(texts) : pulumi.output(texts).apply(orRefuse(refuse, make));
}

function isWhole(texts: pulumi.Input<Texts>): texts is Texts {
  return !isComputed(texts);
}

/** For whoever makes a plain Deployment of the primary one day: what belongs to its role. */
export function roleKeys(role: Role, args: CanaryReleaseArgs): Texts {
  const given = args[argumentNames[role]];
  return given === undefined ? {} : { [ours.roleMetadata]: whenKnown(given, roleKeysText) };
}
