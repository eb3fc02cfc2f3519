/** The engine shows message and, on one path, the stack: people get the sentence alone. */
export function asOneLine(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  const shown = new Error(message.replace(/\s*\n\s*/g, " "));
  shown.stack = shown.message;
  return shown;
}
