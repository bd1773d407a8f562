import type { ByteCursor } from "./byte-cursor.ts";
import { literal } from "./literal.ts";

/** Whether one of these texts stands where the cursor is; it goes over the first that does. */
export function beginsWith(...texts: readonly string[]): (cursor: ByteCursor) => boolean {
  const literals = texts.map(literal);
  return (cursor) => literals.some((text) => cursor.literal(text));
}
