import {
  BARS,
  type ColumnDefinition,
  FRAMES,
  GAPS,
  QUALITY,
  QUARANTINE,
  type TableDefinition,
  TRADES,
} from "../../src/domain/index.ts";
import type { QueryEngine } from "../../src/query/index.ts";
import type { Rows } from "./checks.ts";

/*
 * What other engines are compared with. Every value is text: times as microseconds since the Unix epoch, decimals
 * exactly, bytes in hexadecimal; rows in the order of the log.
 */

export type Row = Readonly<Record<string, string | null>>;

/** What the scene fills: it captures trades for some minutes. Tables of books and candles are there, and empty. */
export const FILLED: readonly TableDefinition[] = [FRAMES, TRADES, GAPS, QUARANTINE, BARS, QUALITY];

export const ROWS_MAX = 10_000_000;
export const LOG_ORDER = "_topic, _partition, _offset";

export function nameOf({ namespace, name }: TableDefinition): string {
  return `${namespace}.${name}`;
}

/** A column as text, in DuckDB's words. */
export function duckDbText({ name, type }: ColumnDefinition): string {
  if (type === "timestamptz") return `epoch_us("${name}")::VARCHAR`;
  return type === "binary" ? `lower(hex("${name}"))` : `"${name}"::VARCHAR`;
}

/** A column as text, in ClickHouse's words. */
export function clickHouseText({ name, type }: ColumnDefinition): string {
  if (type === "timestamptz") return `toString(toUnixTimestamp64Micro("${name}"))`;
  if (type === "binary") return `lower(hex("${name}"))`;
  const scale = /^decimal\(\d+,(\d+)\)$/.exec(type)?.[1];
  return scale === undefined ? `toString("${name}")` : `toDecimalString("${name}", ${scale})`;
}

/** K2's own answer: every row and column of each of the filled tables. */
export async function ourTables(query: QueryEngine): Promise<ReadonlyMap<TableDefinition, Rows>> {
  const tables = new Map<TableDefinition, Rows>();
  for (const table of FILLED) {
    const select = table.columns.map(duckDbText).join(", ");
    tables.set(table, await ourRows(query, `SELECT ${select} FROM ${nameOf(table)} ORDER BY ${LOG_ORDER}`));
  }
  return tables;
}

/** @throws {Error} when the answer was cut */
export async function ourRows(query: QueryEngine, sql: string): Promise<Rows> {
  const { rows, truncated } = await query.sql(sql, { rowsMax: ROWS_MAX });
  if (truncated) throw new Error(`K2's answer was cut at ${ROWS_MAX} rows: ${sql}`);
  return rows as Rows;
}

/** Rows as objects by column name. */
export function byColumn(table: TableDefinition, rows: Rows): readonly Row[] {
  return rows.map((row) => Object.fromEntries(table.columns.map(({ name }, index) => [name, row[index] ?? null])));
}
