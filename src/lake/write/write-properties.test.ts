import { expect, test } from "vitest";
import type { DataFile, TableInput } from "../index.ts";
import { COUNTED, TestLake } from "../test-lake.ts";
import { dataLocation } from "./data-location.ts";

const UNPARTITIONED = { schema: COUNTED.schema, sortOrder: COUNTED.sortOrder };

async function stage(t: TestLake, input: TableInput, relation: string): Promise<readonly DataFile[]> {
  const table = await t.lake.createTable(`a.t${await t.lake.listTables().then(({ length }) => length)}`, input);
  return (await t.lake.stageFiles(table, { run: t.db.run, relation })).files;
}

const ROWS = `SELECT range AS n, 'kind of a name ' || range AS kind, TIMESTAMPTZ '2024-03-01 00:00:00+00' AS "at" FROM range(300)`;

test("each column keeps the metrics that the table's properties say, and a column that rows are sorted by its bounds", async () => {
  await using t = await TestLake.open();
  const prefix = "write.metadata.metrics";
  const properties = {
    [`${prefix}.default`]: "counts",
    [`${prefix}.column.kind`]: "truncate(4)",
    [`${prefix}.column.at`]: "none",
  };
  const [file] = await stage(t, { ...UNPARTITIONED, properties }, ROWS);
  expect([...(file?.valueCounts ?? [])].map(([id]) => id)).toEqual([1, 2]);
  expect([...(file?.lowerBounds ?? [])].map(([id, bytes]) => [id, Buffer.from(bytes).toString("latin1")])).toEqual([
    [1, "\0".repeat(8)],
    [2, "kind"],
  ]);
  expect(Buffer.from(file?.upperBounds.get(2) ?? []).toString()).toBe("kine");
  const [full] = await stage(t, { ...UNPARTITIONED, properties: { [`${prefix}.default`]: "full" } }, ROWS);
  expect(Buffer.from(full?.upperBounds.get(2) ?? []).toString()).toBe("kind of a name 99");
});

test("files are about as large as the table wants them, and each in the table's order", async () => {
  await using t = await TestLake.open();
  const relation = `SELECT (hash(range) % 1000000007)::BIGINT AS n, hash(range)::VARCHAR AS kind, TIMESTAMPTZ '2024-03-01 00:00:00+00' AS "at" FROM range(500000)`;
  const properties = { "write.target-file-size-bytes": "4000000" };
  const files = await stage(t, { ...UNPARTITIONED, properties }, relation);
  expect(files.length).toBeGreaterThan(1);
  expect(files.reduce((rows, { recordCount }) => rows + recordCount, 0)).toBe(500_000);
  for (const { byteLength } of files.slice(0, -1)) {
    expect(byteLength).toBeGreaterThan(2_000_000);
    expect(byteLength).toBeLessThan(6_000_000);
  }
  const ends = files.map(({ lowerBounds, upperBounds }) =>
    [lowerBounds, upperBounds].map((bounds) => Buffer.from(bounds.get(1) ?? []).readBigInt64LE()),
  );
  for (const [index, [from = 0n]] of ends.entries()) expect(from >= (ends[index - 1]?.[1] ?? 0n)).toBe(true);
});

test("compression is the table's, and one that is not written is refused", async () => {
  await using t = await TestLake.open();
  const codec = (name: string) => ({ ...UNPARTITIONED, properties: { "write.parquet.compression-codec": name } });
  const [file] = await stage(t, codec("snappy"), ROWS);
  const path = file?.location.replace("file://", "");
  expect(await t.db.rows(`SELECT DISTINCT compression FROM parquet_metadata('${path}')`)).toEqual([["SNAPPY"]]);
  await expect(stage(t, codec("lzo"), ROWS)).rejects.toThrow(/compressed with lzo/);
});

test("a column that is left out has its write default", async () => {
  await using t = await TestLake.open();
  const table = await t.lake.createTable("a.b", { ...UNPARTITIONED, formatVersion: 3 });
  const add = { change: "add", name: "fee", type: "decimal(18,8)", defaultValue: "0.25" } as const;
  const evolved = await t.lake.evolve("a.b", { schema: [add] });
  expect(evolved.schema.fields.at(-1)?.writeDefault).toBe("0.25000000");
  const { files } = await t.lake.stageFiles(evolved, { run: t.db.run, relation: ROWS });
  await t.lake.append("a.b", { files });
  expect(await t.rows("a.b", "min(fee), max(fee), count(fee)::INT")).toEqual([["0.25000000", "0.25000000", 300]]);
  expect(table.schema.fields.length).toBe(3);
});

test("keys of an object store are spread by a hash of the file's name, as other writers spread them", async () => {
  await using t = await TestLake.open();
  const spread = { "write.object-storage.enabled": "true", "write.data.path": "s3://bucket/data/" };
  const { metadata } = await t.lake.createTable("a.b", { ...COUNTED, properties: spread });
  const place = { specId: 0, partition: [19_783n, "odd"] };
  expect(dataLocation(metadata, place, "x.parquet")).toMatch(
    /^s3:\/\/bucket\/data\/[01]{4}\/[01]{4}\/[01]{4}\/[01]{8}\/at_day=2024-03-01\/kind=odd\/x\.parquet$/,
  );
  const flat = { ...metadata, properties: { ...spread, "write.object-storage.partitioned-paths": "false" } };
  expect(dataLocation(flat, place, "x.parquet")).toMatch(
    /^s3:\/\/bucket\/data\/[01]{4}\/[01]{4}\/[01]{4}\/[01]{8}-x\.parquet$/,
  );
});
