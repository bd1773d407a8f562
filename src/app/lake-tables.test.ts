import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { silentLogger, systemClock } from "../base/index.ts";
import { TABLES, TICKERS } from "../domain/index.ts";
import { openLake } from "../lake/index.ts";
import { readConfig } from "./config.ts";
import { openDataFolder } from "./data-folder.ts";
import { openLakeTables, tableName } from "./lake-tables.ts";

test("a table that an older K2 made gets the columns that were added since, once, and keeps its ids", async () => {
  const data = await mkdtemp(join(tmpdir(), "k2-tables-"));
  try {
    const folder = openDataFolder(readConfig({ environment: {}, overrides: { data } }));
    // silver.tickers as it was: 20 columns, a price in every row.
    const before = TICKERS.columns
      .slice(0, 20)
      .map((column) => (column.name === "price" ? { ...column, required: true } : column));
    {
      await using lake = await openLake({
        warehouse: folder.lake,
        storage: folder.lakeStorage,
        catalog: folder.catalog.config,
        name: folder.catalog.name,
        clock: systemClock,
        logger: silentLogger,
      });
      await lake.createTable(tableName(TICKERS), { schema: before, partitionSpec: TICKERS.partition });
    }
    const schemas: string[] = [];
    for (let start = 0; start < 2; start += 1) {
      await using lake = await openLakeTables({ folder, clock: systemClock, logger: silentLogger });
      const { schema, metadata } = await lake.table(tableName(TICKERS));
      schemas.push(JSON.stringify(metadata.schemas.map(({ schemaId }) => schemaId)));
      expect(schema.fields.map(({ id, name, required }) => [id, name, required])).toEqual(
        TICKERS.columns.map(({ id, name, required }) => [id, name, required]),
      );
      expect(await lake.listTables()).toHaveLength(TABLES.length);
    }
    expect(schemas[1]).toBe(schemas[0]);
  } finally {
    await rm(data, { recursive: true, force: true });
  }
});
