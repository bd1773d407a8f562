import type { TableFormat } from "../format.ts";
import { latin1 } from "./numbers.ts";
import { CsvRows } from "./row-fields.ts";
import { isHeader, layoutOf } from "./table-layout.ts";

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const utf8 = new TextDecoder();

/** What the first line of a text says of its columns. */
export interface FirstLine {
  /** Names of the columns; undefined where the first line is a row. */
  readonly header: readonly string[] | undefined;
  /** Where the rows begin. */
  readonly rowsAt: number;
}

/**
 * Looks at the begin of a text.
 *
 * @param bytes the first line and perhaps more
 * @returns or what is wrong with the file
 */
export function readFirstLine(table: TableFormat, bytes: Uint8Array): FirstLine | string {
  const newline = bytes.indexOf(NEWLINE);
  const end = newline < 0 ? bytes.byteLength : newline;
  const none = { header: undefined, rowsAt: 0 };
  if (table.text === "ndjson") return problemOr(table, undefined, none);
  const names = fieldsOf(table, bytes.subarray(0, end));
  if (table.header === "none" || (table.header === "optional" && !isHeader(table, names)))
    return problemOr(table, undefined, none);
  // A header that is required and looks like none is still taken for it: the message then names the missing column.
  return problemOr(table, names, { header: names, rowsAt: Math.min(end + 1, bytes.byteLength) });
}

function problemOr(table: TableFormat, header: readonly string[] | undefined, line: FirstLine): FirstLine | string {
  const layout = layoutOf(table, header);
  return typeof layout === "string" ? layout : line;
}

function fieldsOf(table: TableFormat, line: Uint8Array): readonly string[] {
  const rows = new CsvRows(table.delimiter);
  if (rows.read(line, 0, line.byteLength) !== undefined) return [];
  const { bytes, starts, ends, count } = rows;
  return Array.from({ length: count }, (_, index) => utf8.decode(bytes.subarray(starts[index], ends[index])));
}

/**
 * What lines must have in common to stay in one piece: the time, in tables whose ids K2 makes. undefined where any two
 * lines may be parted.
 */
export function tieOf(
  table: TableFormat,
  header: readonly string[] | undefined,
): ((line: Uint8Array) => string) | undefined {
  const layout = layoutOf(table, header);
  if (typeof layout === "string" || (layout.ties.length === 0 && layout.identity.length === 0)) return undefined;
  const { time, date, clock } = layout.of;
  const times = [time, date, clock].flatMap((column) => (column === undefined ? [] : [column.place]));
  const places = layout.ties.length > 0 ? layout.ties : times;
  const rows = new CsvRows(table.delimiter);
  return (line) => {
    const end = line[line.byteLength - 1] === RETURN ? line.byteLength - 1 : line.byteLength;
    if (rows.read(line, 0, end) !== undefined) return "";
    const { bytes, starts, ends, count } = rows;
    return places.map((place) => (place < count ? latin1(bytes, starts[place] ?? 0, ends[place] ?? 0) : "")).join("|");
  };
}
