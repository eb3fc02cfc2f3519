import ts from "typescript";

/** A component class that the package exports. */
export interface ComponentClass {
  readonly name: string;
  readonly symbol: ts.Symbol;
  /** Of its second constructor parameter; none where it has no arguments. */
  readonly arguments: ts.Type | undefined;
  readonly instance: ts.Type;
  readonly implements: readonly string[];
}

/** Every exported class that extends Pulumi's ComponentResource. */
export function componentClasses(checker: ts.TypeChecker, entry: ts.SourceFile): readonly ComponentClass[] {
  const module = checker.getSymbolAtLocation(entry);
  const exported = module === undefined ? [] : checker.getExportsOfModule(module);
  return exported.flatMap((each) => {
    const symbol = (each.flags & ts.SymbolFlags.Alias) === 0 ? each : checker.getAliasedSymbol(each);
    const declaration = symbol.valueDeclaration;
    if (declaration === undefined || !ts.isClassDeclaration(declaration)) return [];
    const instance = checker.getDeclaredTypeOfSymbol(symbol);
    if (!isComponent(instance)) return [];
    const [, second] = checker.getTypeOfSymbol(symbol).getConstructSignatures()[0]?.parameters ?? [];
    return [
      {
        name: each.name,
        symbol,
        instance,
        arguments: second === undefined ? undefined : withoutNothing(checker, checker.getTypeOfSymbol(second)),
        implements: interfacesOf(declaration),
      },
    ];
  });
}

/** The public properties that a class declares itself. */
export function outputsOf({ symbol, instance }: ComponentClass): readonly ts.Symbol[] {
  // By name: where a type holds a union, the compiler makes another symbol of the same property.
  const own = new Set(symbol.members?.keys());
  return instance.getProperties().filter((property) => {
    const declaration = property.valueDeclaration;
    if (declaration === undefined || !own.has(property.escapedName) || !ts.isPropertyDeclaration(declaration))
      return false;
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected | ts.ModifierFlags.Static;
    return (ts.getCombinedModifierFlags(declaration) & hidden) === 0;
  });
}

/** Whether a value of this type is a resource or has some: other languages see those in the engine, not as outputs. */
export function holdsResources(checker: ts.TypeChecker, type: ts.Type, depth = 3): boolean {
  if (depth === 0) return false;
  if (type.isUnionOrIntersection()) return type.types.some((each) => holdsResources(checker, each, depth));
  if (descendsFrom(type, "Resource")) return true;
  const item =
    checker.getIndexTypeOfType(type, ts.IndexKind.Number) ?? checker.getIndexTypeOfType(type, ts.IndexKind.String);
  const isText = (type.flags & ts.TypeFlags.StringLike) !== 0;
  if (isText) return false;
  if (item !== undefined) return holdsResources(checker, item, depth - 1);
  // A record of them; classes and interfaces have a name of their own and may hold what they like.
  const fields = type.aliasSymbol === undefined ? [] : type.getProperties();
  return fields.some((field) => holdsResources(checker, checker.getTypeOfSymbol(field), depth - 1));
}

function isComponent(type: ts.Type): boolean {
  return descendsFrom(type, "ComponentResource");
}

function descendsFrom(type: ts.Type, name: string): boolean {
  if (type.getSymbol()?.name === name) return true;
  return (type.isClass() ? (type.getBaseTypes() ?? []) : []).some((base) => descendsFrom(base, name));
}

function interfacesOf(declaration: ts.ClassDeclaration): readonly string[] {
  const clauses = declaration.heritageClauses ?? [];
  return clauses
    .filter(({ token }) => token === ts.SyntaxKind.ImplementsKeyword)
    .flatMap(({ types }) => types.map(({ expression }) => expression.getText()));
}

function withoutNothing(checker: ts.TypeChecker, type: ts.Type): ts.Type {
  return checker.getNonNullableType(type);
}
