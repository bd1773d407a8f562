import { sqlName } from "../duckdb/duckdb-sql.ts";
import { RowsMismatchError } from "../errors.ts";
import type { SqlRunner } from "../write/sql-runner.ts";

/** What a set of rows amounts to, whatever their order: their number, a sum of hashes of the rows and of each column. */
export interface RowChecksum {
  readonly rows: number;
  /** Of the rows as a whole first, then of the columns in their order. */
  readonly hashes: readonly string[];
}

/** One pass over `from`. Sums, not XOR: a row that is there twice counts twice. */
export async function rowChecksum(
  run: SqlRunner["run"],
  columns: readonly string[],
  from: string,
): Promise<RowChecksum> {
  const names = columns.map(sqlName);
  const hashes = [`hash(${names.join(", ")})`, ...names.map((name) => `hash(${name})`)];
  const sums = hashes.map((hash) => `CAST(sum(CAST(${hash} AS HUGEINT)) AS VARCHAR)`);
  const [row] = await run(`SELECT CAST(count(*) AS VARCHAR), ${sums.join(", ")} FROM ${from}`);
  const [rows, ...found] = row ?? [];
  return { rows: Number(rows), hashes: found.map((each) => String(each ?? 0)) };
}

/** @throws {RowsMismatchError} naming what differs */
export function refuseDifferentRows(
  columns: readonly string[],
  { before, after }: { readonly before: RowChecksum; readonly after: RowChecksum },
  what: string,
): void {
  if (before.rows !== after.rows) {
    throw new RowsMismatchError(
      `Cannot ${what}: ${before.rows} rows were read and ${after.rows} written. Nothing was committed`,
    );
  }
  const names = ["the rows as a whole", ...columns.map((name) => `column ${name}`)];
  const differing = names.filter((_, index) => before.hashes[index] !== after.hashes[index]);
  if (differing.length === 0) return;
  throw new RowsMismatchError(
    `Cannot ${what}: what was written differs from what was read in ${differing.join(", ")}. Nothing was committed`,
  );
}
