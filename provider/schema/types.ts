/** What the compiler's types are, as far as the reader asks. */
import ts from "typescript";

export function partsOf(type: ts.Type): readonly ts.Type[] {
  return type.isUnion() ? type.types.flatMap(partsOf) : [type];
}

export function isNothing(type: ts.Type): boolean {
  return (type.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null | ts.TypeFlags.Never)) !== 0;
}

/** Outputs are intersections of an instance with lifted properties; a promise is one thing. */
export function isComputed(type: ts.Type): boolean {
  if (type.isIntersection()) return type.types.some(isComputed);
  const name = type.getSymbol()?.name ?? type.aliasSymbol?.name;
  return name === "OutputInstance" || name === "Promise";
}

export function asReference(type: ts.Type): ts.TypeReference {
  const found = type.isIntersection() ? (type.types.find(isComputed) ?? type) : type;
  if (isReference(found)) return found;
  throw new Error(`${found.getSymbol()?.name ?? "a type"} holds nothing`);
}

function isReference(type: ts.Type): type is ts.TypeReference {
  return "target" in type;
}

export function isLiteral(type: ts.Type): boolean {
  return (type.flags & (ts.TypeFlags.StringLiteral | ts.TypeFlags.NumberLiteral | ts.TypeFlags.BooleanLiteral)) !== 0;
}

/** Kubernetes' own types: users give those of Pulumi's Kubernetes package, or plain JSON. */
export function isForeign(type: ts.Type): boolean {
  const file = type.getSymbol()?.declarations?.[0]?.getSourceFile().fileName ?? "";
  return file.includes("/node_modules/@pulumi/");
}

/** The name of an interface or class of ours, as types of other languages are called: those add their own "Args". */
export function ownName(type: ts.Type): string | undefined {
  const symbol = type.aliasSymbol ?? type.getSymbol();
  const declaration = symbol?.declarations?.[0];
  if (symbol === undefined || declaration === undefined) return undefined;
  const isNamed = ts.isInterfaceDeclaration(declaration) || ts.isTypeAliasDeclaration(declaration);
  if (!isNamed || (type.aliasTypeArguments ?? []).length > 0) return undefined;
  if (/\/node_modules\//.test(declaration.getSourceFile().fileName)) return undefined;
  return symbol.name.replace(/(Args|Input)$/, "");
}
