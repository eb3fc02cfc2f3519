import ts from "typescript";
import { Comment, CommentTag, Converter, ReflectionKind } from "typedoc";
import type { Application, Context, DeclarationReflection } from "typedoc";

/** What a setting's schema says of it: `.meta({ description })` and `.default(…)`. */
interface Said {
  readonly description: string;
  readonly fallback: string | undefined;
}

/**
 * TypeDoc plugin: a setting is documented where it is checked, in its zod schema. The properties of the types that are
 * made of a schema take their text and default from there, so that no sentence has to be written twice.
 */
export function load({ converter }: Application): void {
  converter.on(Converter.EVENT_CREATE_DECLARATION, (context: Context, reflection: DeclarationReflection) => {
    if (!reflection.kindOf(ReflectionKind.Property) || reflection.hasComment()) return;
    const declaration = context.getSymbolFromReflection(reflection)?.declarations?.find(ts.isPropertyAssignment);
    const said = declaration && saidBy(declaration.initializer, context.checker);
    if (said === undefined) return;
    reflection.comment = new Comment([{ kind: "text", text: said.description }]);
    if (said.fallback !== undefined)
      reflection.comment.blockTags.push(
        new CommentTag("@defaultValue", [{ kind: "code", text: `\`${said.fallback}\`` }]),
      );
  });
}

/** Walks a chain of calls like `z.int().min(1).default(5).meta({ … })` from its end, through named schemas. */
function saidBy(schema: ts.Expression, checker: ts.TypeChecker): Said | undefined {
  let description: string | undefined;
  let fallback: string | undefined;
  let node: ts.Expression | undefined = schema;
  while (node !== undefined) {
    if (ts.isIdentifier(node)) {
      node = initializerOf(node, checker);
    } else if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const [argument] = node.arguments;
      const method = node.expression.name.text;
      if (method === "default") fallback ??= argument?.getText();
      if (method === "meta") description ??= descriptionIn(argument);
      node = node.expression.expression;
    } else {
      break;
    }
  }
  return description === undefined ? undefined : { description, fallback };
}

function initializerOf(name: ts.Identifier, checker: ts.TypeChecker): ts.Expression | undefined {
  const symbol = checker.getSymbolAtLocation(name);
  const target = symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return target?.declarations?.find(ts.isVariableDeclaration)?.initializer;
}

function descriptionIn(meta: ts.Expression | undefined): string | undefined {
  if (meta === undefined || !ts.isObjectLiteralExpression(meta)) return undefined;
  const found = meta.properties.find(
    (property) => ts.isPropertyAssignment(property) && property.name.getText() === "description",
  );
  return found && ts.isPropertyAssignment(found) && ts.isStringLiteralLike(found.initializer)
    ? found.initializer.text
    : undefined;
}
