/** Label that tells reads from writes; its values are `read`, `write` and `other`. */
export const methodClass = "method_class";

/**
 * The method's class as an nginx variable. The method itself is no label: clients invent methods, and each would be a
 * set of series of its own. No method that changes something is a read.
 */
const methodClassMap = `map $request_method $${methodClass} {
    default other;
    GET read;
    HEAD read;
    OPTIONS read;
    POST write;
    PUT write;
    PATCH write;
    DELETE write;
}`;

/** nginx's http snippet: ours, then the user's. @throws Error in one line where the user's takes our variable */
export function httpSnippet(own: string | undefined): string {
  if (own !== undefined && new RegExp(`\\$${methodClass}\\s*\\{`).test(own))
    throw new Error(`nginxHttpSnippet: $${methodClass} is made here already; take another name for that map`);
  return own === undefined || own.trim() === "" ? methodClassMap : `${methodClassMap}\n${own}`;
}
