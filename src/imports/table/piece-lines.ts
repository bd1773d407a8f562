const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Where a row stands; valid while it is read. */
export interface RowPlace {
  readonly start: number;
  readonly end: number;
  /** Number in the file. */
  readonly line: number;
  /** Place in the piece. */
  readonly index: number;
}

/** Calls for each line of a piece that is not blank. @returns how many there were */
export function forEachLine(
  bytes: Uint8Array,
  { from, row }: { readonly from: number; readonly row: number },
  read: (place: RowPlace) => void,
): number {
  // One object for all: a row more would be an object more.
  const place = { start: from, end: from, line: row, index: 0 };
  for (let start = from; start < bytes.byteLength; place.line += 1) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.byteLength : newline;
    if (!isBlank(bytes, start, end)) {
      place.start = start;
      place.end = end;
      read(place);
      place.index += 1;
    }
    start = end + 1;
  }
  return place.index;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  return end === start || (end === start + 1 && bytes[start] === RETURN);
}
