import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Role } from "../../release/model/index.js";
import { namesIn } from "../../release/template/index.js";
import type { ConfigurationKind, Lazily, Rename } from "../../release/template/index.js";
import { isComputed } from "../arguments/index.js";
import { TrackedConfiguration } from "./dynamic.js";
import type { Content } from "./dynamic.js";
import type { Making } from "./making.js";
import type { ProgramTemplate } from "./template.js";

type Copy = k8s.core.v1.ConfigMap | k8s.core.v1.Secret;

/** The copies of ConfigMaps and Secrets that belong to one role. */
export interface Configuration {
  readonly rename: Rename;
  /** These resources and the copies, of which some are made only when their content is known. */
  readonly with: (dependsOn: readonly pulumi.Resource[]) => pulumi.Input<pulumi.Input<pulumi.Resource>[]>;
}

/**
 * One copy of each ConfigMap and Secret for this role. The primary's copies are made after the analysis, so its
 * configuration changes only at promotion. A copy has its content's identity in both of its names, so that a change is a
 * new object and going back is clean.
 */
export function copyConfiguration(
  making: Making,
  role: Role,
  tracked: TrackedConfiguration | undefined,
  opts: pulumi.CustomResourceOptions,
): Configuration {
  const copies = new Copies(making, role, opts);
  const { configs = {}, secrets = {} } = making.args;
  const given = [
    ...Object.entries(configs).map(([source, data]) =>
      copies.of("ConfigMap", source, data, (known) => ({ data: known })),
    ),
    ...Object.entries(secrets).map(([source, data]) =>
      copies.of("Secret", source, data, (known) => ({ stringData: pulumi.secret(known) })),
    ),
  ];
  const names = new Map(given.map(({ source, name }) => [source, name]));
  const own = given.map(({ copy }) => copy);
  if (tracked === undefined)
    return { rename: (name) => names.get(name) ?? name, with: (dependsOn) => [...dependsOn, ...own] };
  const found = copies.ofTracked(tracked);
  return {
    rename: (name, kind) => names.get(name) ?? found.apply((all) => all.get(`${kind}/${name}`)?.name ?? name),
    with: (dependsOn) => found.apply((all) => [...dependsOn, ...own, ...[...all.values()].map(({ copy }) => copy)]),
  };
}

interface Copied {
  readonly source: string;
  readonly name: pulumi.Input<string>;
  readonly copy: pulumi.Input<Copy>;
}

type Fields = Readonly<Record<string, unknown>>;

class Copies {
  constructor(
    private readonly making: Making,
    private readonly role: Role,
    private readonly opts: pulumi.CustomResourceOptions,
  ) {}

  of<T>(kind: ConfigurationKind, source: string, content: T, fieldsOf: (content: T) => Fields): Copied {
    const identity = this.making.identity.of(content, { isSecret: kind === "Secret" });
    const nameOf = (hash: string): string => `${source}-${this.role}-${hash}`;
    const create = (hash: string): Copy => {
      const logical = `${this.making.logical}-${nameOf(hash)}`;
      const object = { metadata: this.making.metadata(nameOf(hash)), ...fieldsOf(content) };
      return kind === "Secret"
        ? new k8s.core.v1.Secret(logical, object, this.opts)
        : new k8s.core.v1.ConfigMap(logical, object, this.opts);
    };
    return typeof identity === "string"
      ? { source, name: nameOf(identity), copy: create(identity) }
      : { source, name: identity.apply(nameOf), copy: identity.apply(create) };
  }

  /** By kind and name, as far as they are there. */
  ofTracked({ configMaps, secrets }: TrackedConfiguration): pulumi.Output<ReadonlyMap<string, Copied>> {
    const copied = (kind: ConfigurationKind, contents: Readonly<Record<string, Content>>) =>
      Object.entries(contents).map(
        ([name, content]) =>
          [`${kind}/${name}`, this.of(kind, name, content, (known) => fieldsOf(kind, known))] as const,
      );
    // What each Secret holds is marked as secret where it is written; what is called how is not.
    const open = pulumi.unsecret(pulumi.all([configMaps, secrets]));
    return open.apply(([plain, hidden]) => new Map([...copied("ConfigMap", plain), ...copied("Secret", hidden)]));
  }
}

function fieldsOf(kind: ConfigurationKind, { data, binaryData, type }: Content): Fields {
  if (kind === "ConfigMap")
    return { ...(data === undefined ? {} : { data }), ...(binaryData === undefined ? {} : { binaryData }) };
  return { ...(type === undefined ? {} : { type }), ...(data === undefined ? {} : { data: pulumi.secret(data) }) };
}

/** Names that are outputs count too; what only an output refers to is not looked for. */
const asFarAsPlain: Lazily = (value, then) => (isComputed(value) ? value : then(value));

/** What the template refers to beside what it is given; undefined where that is nothing, or where nobody wants it. */
export function trackConfiguration(
  making: Making,
  template: ProgramTemplate,
  dependsOn: readonly pulumi.Resource[],
): TrackedConfiguration | undefined {
  const { logical, release, args, namespace, access } = making;
  const { trackConfiguration: isAsked = args.adopt === undefined, configs = {}, secrets = {} } = args;
  const given = new Set<unknown>([...Object.keys(configs), ...Object.keys(secrets)]);
  const others = template.with(({ spec }) => {
    const { ConfigMap, Secret } = namesIn(spec, asFarAsPlain);
    return {
      ConfigMap: ConfigMap.filter((each) => !given.has(each)),
      Secret: Secret.filter((each) => !given.has(each)),
    };
  });
  const areNone = !pulumi.Output.isInstance(others) && others.ConfigMap.length + others.Secret.length === 0;
  if (!isAsked || areNone) return undefined;
  const { kubeconfig, context, cluster } = access;
  const names = pulumi.output(others).apply(({ ConfigMap, Secret }) => ({
    ConfigMap: ConfigMap.filter((each) => typeof each === "string"),
    Secret: Secret.filter((each) => typeof each === "string"),
  }));
  const inputs = { namespace, release, names, kubeconfig, context, cluster };
  return new TrackedConfiguration(`${logical}-configuration`, inputs, making.after(dependsOn));
}
