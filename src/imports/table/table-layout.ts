import type { Column, ColumnRole, TableFormat } from "../format.ts";
import { makesIds } from "../format.ts";

type Kind = ColumnRole["kind"];

/** A column that says something, and its place in the row. */
export interface PlacedColumn {
  readonly place: number;
  /** For messages. */
  readonly name: string;
  readonly role: ColumnRole;
}

/** Where each thing stands in the rows of one file. */
export interface TableLayout {
  readonly of: Readonly<Partial<Record<Exclude<Kind, "flag" | "level" | "field">, PlacedColumn>>>;
  readonly flags: readonly PlacedColumn[];
  /** Of books, in the format's order. */
  readonly levels: readonly PlacedColumn[];
  /** Of venue data. */
  readonly fields: readonly PlacedColumn[];
  /** Places of columns that tie rows together. */
  readonly ties: readonly number[];
  /** Places of the columns that an id is made of, in the format's order; empty where the rows have ids. */
  readonly identity: readonly number[];
  /** Fields that a row needs at least. */
  readonly countMin: number;
  /** Names of all columns, for messages. */
  readonly names: readonly string[];
}

/** True when a first line is a header of this table: its names are there, in any order. */
export function isHeader(table: TableFormat, line: readonly string[]): boolean {
  const names = line.map(plainName);
  const known = table.columns.filter(({ names: spellings }) => spellings.some((name) => names.includes(name)));
  return known.length * 2 > table.columns.length;
}

/**
 * Finds the columns in a file.
 *
 * @param header the names in the file's first line; undefined where it has none: then the format's order counts
 * @returns or what is missing
 */
export function layoutOf(table: TableFormat, header: readonly string[] | undefined): TableLayout | string {
  const names = header?.map(plainName);
  const placed = table.columns.map((column, index) => ({ column, place: placeOf(column, index, names) }));
  const missing = placed.find(
    ({ column, place }) => place < 0 && column.role !== undefined && column.optional !== true,
  );
  if (missing !== undefined)
    return `column "${missing.column.names[0]}" is missing; the header has ${(header ?? []).map((name) => JSON.stringify(name)).join(", ")}`;
  const found = placed.filter(({ place }) => place >= 0);
  const of: Partial<Record<Kind, PlacedColumn>> = {};
  const flags: PlacedColumn[] = [];
  const levels: PlacedColumn[] = [];
  const fields: PlacedColumn[] = [];
  for (const { column, place } of found) {
    if (column.role === undefined) continue;
    const entry = { place, name: column.names[0] ?? "", role: column.role };
    if (column.role.kind === "flag") flags.push(entry);
    else if (column.role.kind === "level") levels.push(entry);
    else if (column.role.kind === "field") fields.push(entry);
    else of[column.role.kind] = entry;
  }
  const needed = found.filter(({ column }) => column.role !== undefined && column.optional !== true);
  return {
    of,
    flags,
    levels,
    fields,
    ties: found.filter(({ column }) => column.isTie === true).map(({ place }) => place),
    identity: makesIds(table) ? found.filter(({ column }) => column.identity === true).map(({ place }) => place) : [],
    countMin: Math.max(0, ...needed.map(({ place }) => place + 1)),
    names: header ?? table.columns.map(({ names: [name = ""] }) => name),
  };
}

function placeOf({ names: spellings }: Column, index: number, header: readonly string[] | undefined): number {
  return header === undefined ? index : header.findIndex((name) => spellings.includes(name));
}

function plainName(name: string): string {
  return name
    .replace(/^\uFEFF/, "")
    .trim()
    .toLowerCase();
}
