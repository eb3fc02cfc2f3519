import type { ManifestObject } from "./documents.js";
import { Leaf, Reader } from "./reader.js";

/** A value of a Secret that is not in the text. */
export type SecretSource = (secret: string, key: string) => string | undefined;

/** What an object refers to. */
export interface Reference {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
}

/** The other objects of the text, and which of them were asked for. */
export class Library {
  private readonly readers: readonly Reader[];
  private readonly used = new Set<Reader>();

  constructor(
    objects: readonly ManifestObject[],
    private readonly secrets: SecretSource,
  ) {
    this.readers = objects.map((each) => Reader.of(each));
  }

  /** Objects that something referred to. */
  get asked(): readonly Reader[] {
    return this.readers.filter((each) => this.used.has(each));
  }

  get notAsked(): readonly Reader[] {
    return this.readers.filter((each) => !this.used.has(each));
  }

  ofKind(kind: string): readonly Reader[] {
    return this.readers.filter(({ object }) => object.kind === kind);
  }

  /** The object that `at` refers to; where there are several, that is `at`'s problem. */
  find(at: Reader, wanted: Reference): Reader | undefined {
    const named = this.ofKind(wanted.kind).filter(
      ({ object }) => object.name === wanted.name && isIn(object, wanted.namespace),
    );
    const exact = named.filter(({ object }) => object.namespace === wanted.namespace);
    const [found, second] = exact.length > 0 ? exact : named;
    named.forEach((each) => this.used.add(each));
    return second === undefined ? found : at.problem(`${textOf(wanted)} is in the text more than once`);
  }

  /** One value of a Secret: as it was given, else as the text has it. */
  secretValue(at: Reader, wanted: Omit<Reference, "kind">, key: string): Leaf<string> | undefined {
    const given = this.secrets(wanted.name, key);
    if (given !== undefined) return new Leaf(given, [at]);
    const secret = this.find(at, { ...wanted, kind: "Secret" });
    const plain = secret?.at("stringData")?.text(key);
    const encoded = secret?.at("data")?.text(key);
    const found = plain ?? encoded?.map((value) => Buffer.from(value, "base64").toString("utf8"));
    return found?.map((value) => value.trim()).with(at);
  }
}

/** An object without a namespace goes wherever it is applied. */
function isIn({ namespace }: ManifestObject, wanted: string | undefined): boolean {
  return namespace === undefined || wanted === undefined || namespace === wanted;
}

/** How messages call what is referred to. */
export function textOf({ kind, name, namespace }: Reference): string {
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${name} (namespace ${namespace})`;
}
