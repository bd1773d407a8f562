import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openLakeTables } from "../../src/app/lake-tables.ts";
import { landOnce } from "../../src/app/landing/land-events.ts";
import { TableWriter } from "../../src/app/landing/table-writer.ts";
import { silentLogger, systemClock } from "../../src/base/index.ts";
import { TRADES } from "../../src/domain/index.ts";
import { openStore } from "../../src/store/index.ts";
import { marketListings, marketTrades } from "./market-trades.ts";

export interface LakeBytes {
  readonly rows: number;
  readonly files: number;
  /** Of the whole files. */
  readonly bytesPerRow: number;
  /** Compressed, by column, largest first. */
  readonly columns: readonly { readonly name: string; readonly bytesPerRow: number }[];
}

/** What a trade takes in the lake: some hours of five symbols of one venue, landed as K2 lands them. */
export async function measureLakeBytes(rows: number): Promise<LakeBytes> {
  const root = await mkdtemp(join(tmpdir(), "k2-lake-bytes-"));
  try {
    const folder = { root, log: "", store: join(root, "store"), lake: join(root, "lake"), registry: "", jobs: "" };
    const quiet = { clock: systemClock, logger: silentLogger };
    await using store = await openStore({ folder: folder.store, memoryBytes: 2 * 1_073_741_824 });
    const catalog = { name: "k2", config: { kind: "sqlite", path: join(root, "catalog.sqlite") } } as const;
    await using lake = await openLakeTables({ folder: { ...folder, catalog }, ...quiet });
    await store.apply(marketListings());
    for (const chunk of marketTrades(rows)) await store.apply(chunk);
    const limits = { commitAgeMs: 1, firstCommitAgeMs: 1, commitRows: 1, keep: { rowsMax: rows * 2, ageMs: 1e9 } };
    const { signal } = new AbortController();
    await landOnce({ lake, store, ...quiet, ...limits, signal }, [await TableWriter.open(lake, TRADES)]);
    const { files } = await (await lake.table("silver.trades")).scan().plan();
    const landed = files.reduce((sum, { recordCount }) => sum + recordCount, 0);
    const paths = files.map(({ location }) => `'${fileURLToPath(location).replaceAll("'", "''")}'`).join(", ");
    const { rows: sizes } = await store.query(
      `SELECT path_in_schema, sum(total_compressed_size)::DOUBLE FROM parquet_metadata([${paths}]) GROUP BY 1 ORDER BY 2 DESC`,
    );
    return {
      rows: landed,
      files: files.length,
      bytesPerRow: files.reduce((sum, { byteLength }) => sum + byteLength, 0) / landed,
      columns: sizes.map(([name, bytes]) => ({ name: String(name), bytesPerRow: Number(bytes) / landed })),
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
