import type { ByteCursor } from "../decode/byte-cursor.ts";

const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const UPPER_E = 0x45;
const LOWER_E = 0x65;

/** Goes over a number of JSON whose value does not matter. */
export function skipNumber(cursor: ByteCursor): boolean {
  const { bytes } = cursor;
  cursor.byte(MINUS);
  if (bytes[cursor.at] === ZERO) cursor.at += 1;
  else if (!skipDigits(cursor)) return false;
  if (cursor.byte(POINT) && !skipDigits(cursor)) return false;
  if (!cursor.byte(LOWER_E) && !cursor.byte(UPPER_E)) return true;
  if (!cursor.byte(MINUS)) cursor.byte(PLUS);
  return skipDigits(cursor);
}

function skipDigits(cursor: ByteCursor): boolean {
  const start = cursor.at;
  for (let byte = cursor.bytes[cursor.at] ?? 0; byte >= ZERO && byte <= ZERO + 9; byte = cursor.bytes[cursor.at] ?? 0)
    cursor.at += 1;
  return cursor.at > start;
}
