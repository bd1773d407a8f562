import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { silentLogger, systemClock } from "../../base/index.ts";
import { TRADES } from "../../domain/index.ts";
import { openStore } from "../../store/index.ts";
import { listingsChunk, seededTrades, tradesChunk } from "../../store/test-records.ts";
import { dataFolderPaths } from "../data-folder.ts";
import { openLakeTables } from "../lake-tables.ts";
import { landOnce } from "./land-events.ts";
import { TableWriter } from "./table-writer.ts";

test("a backlog lands in steps that the store's memory has room for, each row once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "k2-land-"));
  try {
    const quiet = { clock: systemClock, logger: silentLogger };
    await using store = await openStore({ folder: join(folder, "store") });
    await using lake = await openLakeTables({ folder: dataFolderPaths({ folder, mode: "simulated" }), ...quiet });
    await store.apply(listingsChunk());
    await store.apply(tradesChunk(seededTrades(1, 250), { partition: 0 }));
    await store.apply(tradesChunk(seededTrades(2, 90), { partition: 1 }));
    const limits = { commitAgeMs: 1, firstCommitAgeMs: 1, commitRows: 1, keep: { rowsMax: 0, ageMs: 1 } };
    const { signal } = new AbortController();
    await landOnce({ lake, store, ...quiet, ...limits, stepRows: 100, signal }, [await TableWriter.open(lake, TRADES)]);
    const table = await lake.table("silver.trades");
    const added = table
      .history()
      .map(({ snapshotId }) =>
        Number(table.metadata.snapshots.find((each) => each.snapshotId === snapshotId)?.summary["added-records"]),
      );
    expect(added).toEqual([100, 90, 100, 50]);
    const { rows } = await store.query(
      `SELECT _partition, count(*)::INT, min(_offset)::INT, max(_offset)::INT FROM ${await table.scan().sql()} GROUP BY 1 ORDER BY 1`,
    );
    expect(rows).toEqual([
      [0, 250, 0, 249],
      [1, 90, 0, 89],
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
