import { InvalidInputError } from "../../../base/index.ts";
import { formatJson, type Json, type JsonObject } from "../../core/json.ts";
import { sqlName, sqlText } from "../../duckdb/duckdb-sql.ts";

/** A column of a metadata table: its DuckDB type, and how to make its value, as JSON, of one row. */
export interface RowColumn<Row> {
  readonly name: string;
  readonly type: string;
  readonly value: (row: Row) => Json | undefined;
}

/** Rows of one literal: a text of some megabytes that one thread reads while another reads the next. */
const ROWS_A_LITERAL = 2_000;

/**
 * Rows as a DuckDB relation, in parentheses. They travel as JSON, so that no value is read as SQL, and the columns keep
 * their types also where there are no rows.
 *
 * @param wanted names of columns, in that order; all without it. Fewer are much quicker over many files
 * @throws {InvalidInputError} naming the columns there are
 */
export function rowsSql<Row>(
  columns: readonly RowColumn<Row>[],
  rows: readonly Row[],
  wanted: readonly string[] | undefined,
): string {
  const chosen = wanted === undefined ? columns : wanted.map((name) => named(columns, name));
  const names = chosen.map(({ name }) => sqlName(name)).join(", ");
  if (rows.length === 0) {
    const nulls = chosen.map(({ name, type }) => `NULL::${type} AS ${sqlName(name)}`);
    return `(SELECT ${nulls.join(", ")} WHERE false)`;
  }
  const types = formatJson([Object.fromEntries(chosen.map(({ name, type }) => [name, type]))]);
  const literals: string[] = [];
  for (let from = 0; from < rows.length; from += ROWS_A_LITERAL) {
    const objects = rows.slice(from, from + ROWS_A_LITERAL).map((row) => objectOf(chosen, row));
    literals.push(`(${sqlText(JSON.stringify(objects))})`);
  }
  const unnested = `unnest(from_json(j, ${sqlText(types)}), max_depth := 2)`;
  return `(SELECT ${names} FROM (SELECT ${unnested} FROM (VALUES ${literals.join(", ")}) v(j)))`;
}

function named<Row>(columns: readonly RowColumn<Row>[], name: string): RowColumn<Row> {
  const column = columns.find((each) => each.name === name);
  if (column !== undefined) return column;
  throw new InvalidInputError(
    `There is no column ${JSON.stringify(name)}; the columns are ${columns.map((each) => each.name).join(", ")}`,
  );
}

/** A row's members, for `JSON.stringify`, which is many times quicker than our own writer but knows no bigints: as text. */
export function objectOf<Row>(columns: readonly RowColumn<Row>[], row: Row): JsonObject {
  const object: Record<string, Json> = {};
  for (const { name, value } of columns) {
    const json = value(row);
    if (json !== undefined) object[name] = typeof json === "bigint" ? json.toString() : json;
  }
  return object;
}

/** A time as DuckDB reads it, of milliseconds since the epoch. */
export function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Bytes as DuckDB casts them from text. */
export function bytesText(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  let text = "";
  for (const byte of bytes) text += BYTE_TEXTS[byte];
  return text;
}

const BYTE_TEXTS: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `\\x${byte.toString(16).padStart(2, "0").toUpperCase()}`,
);
