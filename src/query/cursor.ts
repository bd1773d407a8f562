import { InvalidInputError } from "../base/index.ts";
import { VENUE_DATA_KINDS, type VenueDataKind } from "../domain/index.ts";

/** What a page's last row was: the kind of question, its order, and the row's key. */
export interface CursorKey {
  readonly kind: "trades" | "bars" | "quality" | "spreads" | VenueDataKind;
  readonly order: "ascending" | "descending";
  /** Numbers as numbers, 64-bit integers as decimal text. */
  readonly key: readonly (string | number)[];
}

const VERSION = 1;

export function encodeCursor({ kind, order, key }: CursorKey): string {
  return Buffer.from(JSON.stringify([VERSION, markOf(kind), order[0], ...key])).toString("base64url");
}

/**
 * The key in a cursor that encodeCursor() made for the same kind of question and order.
 *
 * @param parts what each part of the key must match, since it becomes part of a statement
 * @throws {InvalidInputError} when it is anything else
 */
export function decodeCursor(
  cursor: string,
  { kind, order }: Pick<CursorKey, "kind" | "order">,
  parts: readonly RegExp[],
): readonly string[] {
  const [version, kindMark, orderMark, ...key] = parse(cursor);
  const texts = key.map(String);
  const fits = version === VERSION && texts.length === parts.length && texts.every((text, i) => parts[i]?.test(text));
  if (!fits || kindMark !== markOf(kind)) throw notACursor(cursor, `a cursor of ${kind}`);
  if (orderMark !== order[0]) throw notACursor(cursor, `a cursor of ${order} ${kind}; it is of the other order`);
  return texts;
}

function markOf(kind: CursorKey["kind"]): string {
  return VENUE_DATA_KINDS.some((each) => each === kind) ? kind : kind.slice(0, 1);
}

function parse(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  throw notACursor(cursor, "a cursor");
}

function notACursor(cursor: string, wanted: string): InvalidInputError {
  return new InvalidInputError(
    `Not ${wanted}: ${JSON.stringify(cursor.slice(0, 80))}. Pass the cursor of the page before unchanged, with the same kind of question and order, or none to begin anew`,
  );
}
