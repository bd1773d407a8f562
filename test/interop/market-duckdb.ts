import { deepStrictEqual } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TableDefinition, TRADES } from "../../src/domain/index.ts";
import { check, expectSameRows, type Rows } from "./checks.ts";
import { runPython } from "./engines.ts";
import type { MarketScene } from "./market-scene.ts";
import { duckDbText, FILLED, LOG_ORDER, nameOf, ourRows } from "./market-truth.ts";

const SCRIPT = readFileSync(new URL("read-duckdb.py", import.meta.url), "utf8");

/** DuckDB's own iceberg extension; K2 uses DuckDB without it. @param executable a Python that has both */
export async function checkDuckDb(
  executable: string,
  scene: MarketScene,
  ours: ReadonlyMap<TableDefinition, Rows>,
): Promise<void> {
  const catalog = join(scene.folder, scene.catalog);
  const ask = async (...queries: readonly string[]): Promise<readonly Rows[]> => {
    const { stdout, stderr } = await runPython(executable, SCRIPT, { input: JSON.stringify({ catalog, queries }) });
    deepStrictEqual(stderr, "");
    return JSON.parse(stdout);
  };
  const from = (table: TableDefinition, more = ""): string => `iceberg_scan({${nameOf(table)}}${more})`;
  for (const table of FILLED) {
    const rows = ours.get(table) ?? [];
    await check(
      `DuckDB's iceberg extension reads every row and value of ${nameOf(table)} as K2 does (${rows.length} rows)`,
      async () => {
        const select = table.columns.map(duckDbText).join(", ");
        const [theirs = []] = await ask(`SELECT ${select} FROM ${from(table)} ORDER BY ${LOG_ORDER}`);
        expectSameRows(theirs, rows);
      },
    );
  }
  await check(
    "DuckDB's iceberg extension, pruning by our partitions and bounds, agrees on a day of a venue",
    async () => {
      const where = `WHERE venue = 'binance' AND ts_event >= TIMESTAMPTZ '2026-11-01 00:00:00+00' AND price < 5000`;
      const sql = (source: string): string =>
        `SELECT raw_symbol, count(*)::VARCHAR, sum(size)::VARCHAR FROM ${source} ${where} GROUP BY ALL ORDER BY ALL`;
      const [theirs = []] = await ask(sql(from(TRADES)));
      expectSameRows(theirs, await ourRows(scene.offline.query, sql("silver.trades")));
    },
  );
  const { snapshots } = (await scene.offline.lake.table(nameOf(TRADES))).metadata;
  await check(
    `DuckDB's iceberg extension reads silver.trades as of each of its ${snapshots.length} snapshots`,
    async () => {
      const counts = await ask(
        ...snapshots.map(
          ({ snapshotId }) => `SELECT count(*)::VARCHAR FROM ${from(TRADES, `, snapshot_from_id = ${snapshotId}`)}`,
        ),
      );
      deepStrictEqual(
        counts.map(([row]) => row?.[0]),
        snapshots.map(({ summary }) => summary["total-records"]),
      );
    },
  );
}
