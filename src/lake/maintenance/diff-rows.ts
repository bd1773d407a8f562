import { sqlName } from "../duckdb/duckdb-sql.ts";
import type { DataFile } from "../manifest/data-file.ts";
import type { Table } from "../table.ts";
import type { SqlRunner } from "../write/sql-runner.ts";
import type { SnapshotDiff } from "./diff.ts";

/** Exactly how many rows came and went, whatever files they moved through. */
export interface RowDiff {
  readonly rowsAdded: number;
  readonly rowsRemoved: number;
  /** That both states have: a row counts as changed where one of these differs. */
  readonly columns: readonly string[];
}

/**
 * Compares rows, not files: those of files that both states share need not be read, unless rows of them were deleted.
 * A row that is there twice counts twice.
 */
export async function diffRows(table: Table, diff: SnapshotDiff, run: SqlRunner["run"]): Promise<RowDiff> {
  const hasDeletes = diff.deleteFilesAdded + diff.deleteFilesRemoved > 0;
  const only = (files: readonly DataFile[]): { readonly files?: ReadonlySet<string> } =>
    hasDeletes ? {} : { files: new Set(files.map(({ location }) => location)) };
  const { from, to } = diff;
  using after = table.scan({ snapshotId: to, ...only(diff.added) });
  using before = table.scan({
    snapshotId: from ?? to,
    ...(from === undefined ? { files: new Set() } : only(diff.removed)),
  });
  const names = new Set(before.schema.fields.map(({ name }) => name));
  const columns = after.schema.fields.map(({ name }) => name).filter((name) => names.has(name));
  const list = columns.map(sqlName).join(", ");
  const [old, young] = [`SELECT ${list} FROM ${await before.sql()}`, `SELECT ${list} FROM ${await after.sql()}`];
  const count = async (one: string, other: string): Promise<number> => {
    const [row] = await run(`SELECT CAST(count(*) AS VARCHAR) FROM (${one} EXCEPT ALL ${other})`);
    return Number(row?.[0]);
  };
  return { rowsAdded: await count(young, old), rowsRemoved: await count(old, young), columns };
}
