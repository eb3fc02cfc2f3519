/**
 * How settings travel through Pulumi's engine: what is plain as one JSON text, the rest (outputs, secrets) beside it, each
 * by its JSON pointer (RFC 6901). Engine and SDK pay for each value of each resource in every update, changed or not; a
 * text is one value, and `pulumi preview --diff` shows what changed in it all the same.
 */
export interface Transferred {
  readonly settings: string;
  readonly computed: Readonly<Record<string, unknown>>;
}

/**
 * @param apart what must not become text, as it is to be sent; undefined of what may
 */
export function transferred(settings: object, apart: (value: unknown, key: string) => unknown): Transferred {
  const computed: Record<string, unknown> = {};
  const plain = (value: unknown, key: string, pointer: string): unknown => {
    const sent = pointer === "" ? undefined : apart(value, key);
    if (sent !== undefined) {
      computed[pointer] = sent;
      return undefined;
    }
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((each, index) => plain(each, "", `${pointer}/${index}`));
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, plain(each, name, `${pointer}/${escaped(name)}`)]),
    );
  };
  return { settings: JSON.stringify(plain(settings, "", "")), computed };
}

/** The settings as they were; undefined where the text is none of ours. */
export function received(settings: string, computed: unknown): unknown {
  const whole = parsed(settings);
  if (typeof whole !== "object" || whole === null) return undefined;
  for (const [pointer, value] of Object.entries(computed ?? {})) put(whole, pointer.split("/").slice(1), value);
  return whole;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function put(into: object, [name = "", ...rest]: readonly string[], value: unknown): void {
  const key = name.replaceAll("~1", "/").replaceAll("~0", "~");
  if (rest.length === 0) {
    Object.defineProperty(into, key, { value, enumerable: true, configurable: true, writable: true });
    return;
  }
  const inner: unknown = Object.getOwnPropertyDescriptor(into, key)?.value;
  if (typeof inner === "object" && inner !== null) put(inner, rest, value);
}

function escaped(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
