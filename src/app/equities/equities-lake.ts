import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, systemClock } from "../../base/index.ts";
import type { TableDefinition } from "../../domain/index.ts";
import type { Lake, SqlRunner } from "../../lake/index.ts";
import type { Config } from "../config.ts";
import { openDataFolder } from "../data-folder.ts";
import { openMaintenanceDuckDb } from "../lake-jobs/maintenance-duckdb.ts";
import { openLakeTables, tableName } from "../lake-tables.ts";
import { Owned } from "../owned.ts";

/** The lake's tables, a DuckDB to read and write them with, and a folder for files in between. */
export interface EquitiesLake extends AsyncDisposable {
  readonly lake: Lake;
  readonly run: SqlRunner["run"];
  readonly scratch: string;
}

const MEMORY_BYTES = 512 * 1024 * 1024;

/** Made where nothing is yet, beside a running K2 or when none runs. */
export async function openEquitiesLake(config: Pick<Config, "folder" | "mode" | "lake">): Promise<EquitiesLake> {
  const owned = new Owned();
  try {
    const folder = openDataFolder(config);
    const lake = owned.add(await openLakeTables({ folder, clock: systemClock, logger: silentLogger }));
    const scratch = await mkdtemp(join(tmpdir(), "k2-equities-"));
    owned.add({ [Symbol.asyncDispose]: () => rm(scratch, { recursive: true, force: true }) });
    const spillFolder = join(scratch, "spill");
    const duckDb = owned.add(await openMaintenanceDuckDb({ spillFolder, memoryBytes: MEMORY_BYTES, threads: 2 }));
    return { lake, run: duckDb.run, scratch, [Symbol.asyncDispose]: () => owned.dispose() };
  } catch (error) {
    await owned.dispose();
    throw error;
  }
}

/** Which rows: each column equal to a value. */
export type RowFilter = Readonly<Record<string, string | number>>;

export interface RowsQuestion {
  readonly filter: RowFilter;
  /** SQL expressions of the rows wanted. */
  readonly select: readonly string[];
  readonly orderBy?: string;
  readonly groupBy?: string;
}

/** Rows of a table as it is now. */
export async function tableRows(
  { lake, run }: Pick<EquitiesLake, "lake" | "run">,
  definition: TableDefinition,
  { filter, select, orderBy, groupBy }: RowsQuestion,
): Promise<readonly (readonly unknown[])[]> {
  const table = await lake.table(tableName(definition));
  const and = Object.entries(filter).map(([column, value]) => ({ column, is: "eq" as const, value }));
  using scan = table.scan({ filter: { and } });
  const group = groupBy === undefined ? "" : ` GROUP BY ${groupBy}`;
  const order = orderBy === undefined ? "" : ` ORDER BY ${orderBy}`;
  return await run(`SELECT ${select.join(", ")} FROM ${await scan.sql()}${group}${order}`);
}

/** Microseconds since the Unix epoch, of a column of times. */
export function microseconds(column: string): string {
  return `epoch_us("${column}")::VARCHAR`;
}
