import ts from "typescript";
import type { ArgumentShape } from "../package.js";
import {
  asInteger,
  flattened,
  flattenedShape,
  holdsObjects,
  isLoose,
  merged,
  unique,
  withChoices,
  withoutPlain,
} from "./merge.js";
import type { Read } from "./merge.js";
import { anything, resourceReference, typeReference } from "./pulumi-schema.js";
import type { ObjectSpec, PropertySpec } from "./pulumi-schema.js";
import { asReference, isComputed, isForeign, isLiteral, isNothing, ownName, partsOf } from "./types.js";

/** What is said of a property elsewhere than in a docstring, by its path from the release's arguments. */
export type Describe = (path: readonly string[]) => Description | undefined;

export interface Description {
  readonly text?: string | undefined;
  readonly isInteger?: boolean | undefined;
}

/** Type of a release's arguments, where paths of `Describe` begin. */
const releaseName = "CanaryRelease";

interface Place {
  /** Of a type without a name of its own. */
  readonly name: string;
  /** From the release's arguments; none outside of them. */
  readonly path?: readonly string[] | undefined;
  /** Somewhere in a `pulumi.Input`, which takes outputs at every depth. */
  readonly isInput?: boolean;
  /** In an object of its own, not an argument of a component. */
  readonly isNested?: boolean;
}

/** Docstrings say it in these words where a value is kept secret. */
const secretWords = /\b(kept secret|secret either way|(as )?a secret)\b|; secret\b|^Secrets of\b/i;

/** Reads types of component classes; collects the object types that they refer to. */
export class TypeReader {
  readonly types = new Map<string, ObjectSpec>();
  private readonly named = new Map<string, Map<ts.Type, { readonly name: string; readonly shape: ArgumentShape }>>();

  constructor(
    private readonly checker: ts.TypeChecker,
    private readonly componentNames: ReadonlySet<string>,
    /** Names of the component classes that implement an interface. */
    private readonly implementers: (interfaceName: string) => readonly string[],
    private readonly describe: Describe,
  ) {}

  /** All properties of an object type, e.g. of a component's arguments. */
  properties(type: ts.Type, given: Place): { readonly object: ObjectSpec; readonly shape: ArgumentShape } {
    const place = given.name === releaseName ? { ...given, path: [] } : given;
    const read = this.propertiesOf(type).map((property) => ({
      name: property.name,
      isOptional: property.isOptional,
      ...this.property(property, place),
    }));
    const required = read.filter(({ isOptional }) => !isOptional).map(({ name }) => name);
    return {
      object: {
        type: "object",
        properties: Object.fromEntries(read.map(({ name, spec }) => [name, spec])),
        ...(required.length === 0 ? {} : { required }),
      },
      shape: { properties: Object.fromEntries(read.map(({ name, shape }) => [name, shape])) },
    };
  }

  /** The type of a property or item: what `pulumi.Input` holds, and whether it was one. */
  read(declared: ts.Type, place: Place): Read {
    const { type, isInput: isOwnInput } = this.unwrapped(declared);
    const isInput = isOwnInput || place.isInput === true;
    const { spec, shape } = this.branches(type, { ...place, isInput });
    const isPlain = !isInput && !isLoose(spec);
    return {
      spec: isPlain && !holdsObjects(spec) ? { ...spec, plain: true } : spec,
      shape: isPlain ? { ...shape, plain: true } : shape,
    };
  }

  private property({ name, type, documentation }: Property, place: Place): Read {
    const path = place.path === undefined ? undefined : [...place.path, name];
    const read = this.read(type, { ...place, name: `${place.name}${capitalized(name)}`, path });
    const said = path === undefined ? undefined : this.describe(path);
    const own = documentation === "" ? (said?.text ?? this.descriptionOf(read.spec)) : documentation;
    const description = withChoices(own, this.choices(type));
    const isSecret = secretWords.test(description);
    const counted = said?.isInteger === true ? asInteger(read.spec) : read.spec;
    return {
      spec: {
        // A secret is an output: where the class wants it plain, the provider opens it.
        ...(isSecret ? withoutPlain(counted) : counted),
        ...(description === "" ? {} : { description }),
        ...(isSecret ? { secret: true } : {}),
      },
      shape: isSecret ? { ...read.shape, secret: true } : read.shape,
    };
  }

  /** `Input<T>` is `T | Promise<T> | OutputInstance<T>`, at whatever depth the compiler has spread it. */
  private unwrapped(declared: ts.Type): { readonly type: readonly ts.Type[]; readonly isInput: boolean } {
    const parts = partsOf(declared).filter((part) => !isNothing(part));
    const waiting = parts.filter((part) => isComputed(part));
    const plain = parts.filter((part) => !isComputed(part));
    if (plain.length > 0) return { type: plain, isInput: waiting.length > 0 };
    const held = waiting.flatMap((part) => this.checker.getTypeArguments(asReference(part)).slice(0, 1));
    return { type: held.flatMap((each) => this.unwrapped(each).type), isInput: true };
  }

  private branches(types: readonly ts.Type[], place: Place): Read {
    const literals = types.filter((type) => isLiteral(type));
    const lists = types.filter((type) => this.checker.isArrayLikeType(type));
    const others = types.filter((type) => !literals.includes(type) && !lists.includes(type));
    const objects = others.filter((type) => (type.flags & ts.TypeFlags.Object) !== 0);
    const rest = others.filter((type) => !objects.includes(type));
    const read = [
      ...unique(literals.map((type) => primitive(type))),
      ...unique(rest.map((type) => primitive(type))),
      ...(lists.length === 0 ? [] : [this.list(lists, place)]),
      ...this.objects(objects, place),
    ];
    return merged(read);
  }

  private list(lists: readonly ts.Type[], place: Place): Read {
    const items = lists.flatMap((list) => this.checker.getIndexTypeOfType(list, ts.IndexKind.Number) ?? []);
    const { spec, shape } = merged(items.map((item) => this.read(item, { ...place, name: singular(place.name) })));
    return { spec: { type: "array", items: spec }, shape: { each: shape } };
  }

  /**
   * Components are references; what several objects may be is one object with all their properties. In an object a component
   * is anything: a package for Python whose objects named components would import itself in a circle.
   */
  private objects(types: readonly ts.Type[], place: Place): readonly Read[] {
    const references = types.flatMap((type) => this.componentsOf(type));
    const reference = (name: string): PropertySpec => (place.isNested === true ? anything : resourceReference(name));
    const foreign = types.filter((type) => isForeign(type)).map(() => ({ spec: anything, shape: {} }));
    const own = types.filter((type) => this.componentsOf(type).length === 0 && !isForeign(type));
    const maps = own.filter((type) => this.propertiesOf(type).length === 0 && this.valueType(type) !== undefined);
    const records = own.filter((type) => !maps.includes(type));
    return [
      ...unique(references.map((name) => ({ spec: reference(name), shape: {} }))),
      ...unique(foreign),
      ...maps.map((type) => this.map(type, place)),
      ...(records.length === 0 ? [] : [this.record(records, place)]),
    ];
  }

  private componentsOf(type: ts.Type): readonly string[] {
    const name = type.getSymbol()?.name ?? "";
    return this.componentNames.has(name) ? [name] : this.implementers(name);
  }

  private map(type: ts.Type, place: Place): Read {
    const values = this.valueType(type);
    if (values === undefined) return { spec: anything, shape: {} };
    const { spec, shape } = this.read(values, { ...place, name: singular(place.name) });
    return { spec: { type: "object", additionalProperties: spec }, shape: { each: shape } };
  }

  private valueType(type: ts.Type): ts.Type | undefined {
    return this.checker.getIndexTypeOfType(type, ts.IndexKind.String);
  }

  private record(types: readonly ts.Type[], place: Place): Read {
    const [first] = types;
    if (first === undefined) return { spec: anything, shape: {} };
    const named = this.namedIn(place);
    const known = types.length === 1 ? named.get(first) : undefined;
    if (known !== undefined) return { spec: typeReference(known.name), shape: known.shape };
    const own = types.length === 1 ? this.ownName(first) : undefined;
    const name = own ?? place.name;
    const inside = { ...place, name, isNested: true };
    const read = types.map((type) => this.properties(type, inside));
    const object = flattened(read.map((each) => each.object));
    const shape = flattenedShape(read.map((each) => each.shape));
    const documentation = own === undefined ? "" : this.documentationOf(first.getSymbol());
    this.types.set(name, documentation === "" ? object : { ...object, description: documentation });
    if (types.length === 1) named.set(first, { name, shape });
    return { spec: typeReference(name), shape };
  }

  /** Other languages keep arguments of a component under its name: an object of the same name needs another. */
  private ownName(type: ts.Type): string | undefined {
    const name = ownName(type);
    return name !== undefined && this.componentNames.has(name) ? `${name}Options` : name;
  }

  /** One type may stand inside an Input and elsewhere: it takes outputs there alone. */
  private namedIn({ isInput = false }: Place): Map<ts.Type, { readonly name: string; readonly shape: ArgumentShape }> {
    const key = isInput ? "input" : "plain";
    const found = this.named.get(key) ?? new Map<ts.Type, { readonly name: string; readonly shape: ArgumentShape }>();
    this.named.set(key, found);
    return found;
  }

  private propertiesOf(type: ts.Type): readonly Property[] {
    return this.checker.getPropertiesOfType(type).map((symbol) => ({
      name: symbol.name,
      type: this.checker.getTypeOfSymbol(symbol),
      isOptional:
        (symbol.flags & ts.SymbolFlags.Optional) !== 0 ||
        partsOf(this.checker.getTypeOfSymbol(symbol)).some((part) => isNothing(part)),
      documentation: this.documentationOf(symbol),
    }));
  }

  /** Of the object type that a property refers to. */
  private descriptionOf({ $ref = "" }: PropertySpec): string | undefined {
    return this.types.get($ref.split(":").at(-1) ?? "")?.description;
  }

  documentationOf(symbol: ts.Symbol | undefined): string {
    return ts.displayPartsToString(symbol?.getDocumentationComment(this.checker)).replace(/\s+/g, " ").trim();
  }

  private choices(type: ts.Type): readonly string[] {
    return this.unwrapped(type).type.flatMap((part) => (part.isStringLiteral() ? [part.value] : []));
  }
}

interface Property {
  readonly name: string;
  readonly type: ts.Type;
  readonly isOptional: boolean;
  readonly documentation: string;
}

function singular(name: string): string {
  return name.replace(/s$/, "");
}

function capitalized(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

function primitive(type: ts.Type): Read {
  const { flags } = type;
  if ((flags & ts.TypeFlags.StringLike) !== 0) return { spec: { type: "string" }, shape: {} };
  if ((flags & ts.TypeFlags.NumberLike) !== 0) return { spec: { type: "number" }, shape: {} };
  if ((flags & ts.TypeFlags.BooleanLike) !== 0) return { spec: { type: "boolean" }, shape: {} };
  return { spec: anything, shape: {} };
}
