import { ASK, BID, type BookLevels } from "../../domain/index.ts";
import type { BookCursor } from "./book-cursor.ts";
import { CLOSE_ARRAY, COMMA } from "./characters.ts";
import { literal } from "./literal.ts";

const BID_CHANGE = literal('["buy","');
const ASK_CHANGE = literal('["sell","');
const BETWEEN = literal('","');
const CLOSE_CHANGE = literal('"]');

/** `["buy","price","size"],["sell",…]]`: what follows the opening bracket of the changes of Coinbase Exchange and Gemini. */
export function readSideChanges(cursor: BookCursor, levels: BookLevels): boolean {
  do {
    const side = cursor.literal(BID_CHANGE) ? BID : ASK;
    if (side === ASK && !cursor.literal(ASK_CHANGE)) return false;
    if (!cursor.level(levels, side, BETWEEN) || !cursor.literal(CLOSE_CHANGE)) return false;
  } while (cursor.byte(COMMA));
  return cursor.byte(CLOSE_ARRAY);
}
