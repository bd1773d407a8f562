import { afterAll, beforeAll, expect, test } from "vitest";
import { METADATA_TABLES, type MetadataRelationOptions, type MetadataTable, type TableInput } from "../index.ts";
import { TestLake } from "../test-lake.ts";

const TRADES: TableInput = {
  schema: [
    { id: 1, name: "n", type: "long", required: true },
    { id: 2, name: "venue", type: "string", required: false },
    { id: 3, name: "at", type: "timestamptz", required: true },
    { id: 4, name: "price", type: "decimal(18,8)", required: false },
    { id: 5, name: "real", type: "double", required: false },
    {
      id: 6,
      name: "leg",
      required: false,
      type: { type: "struct", fields: [{ id: 7, name: "bytes", type: "binary", required: false }] },
    },
  ],
  partitionSpec: [
    { column: "at", transform: "day" },
    { column: "venue", transform: "identity" },
  ],
};

function rows(from: number, to: number): string {
  return `SELECT range AS n, CASE range % 2 WHEN 0 THEN 'it''s "é"' END AS venue,
    TIMESTAMPTZ '1969-12-31 12:00:00+00' + INTERVAL (range) HOUR AS "at", (range * 0.125)::DECIMAL(18,8) AS price,
    CASE range WHEN 1 THEN 'nan'::DOUBLE ELSE range / 3 END AS real,
    {'bytes': unhex('00FF27')::BLOB} AS leg FROM range(${from}, ${to})`;
}

let t: TestLake;
beforeAll(async () => {
  t = await TestLake.open();
  await t.lake.createTable("a.trades", TRADES);
  await t.append("a.trades", rows(0, 20));
  await t.append("a.trades", rows(20, 24));
  await t.lake.deleteRows("a.trades", { run: t.db.run, filter: { column: "n", is: "in", values: [2, 3] } });
});
afterAll(() => t[Symbol.asyncDispose]());

async function ask(name: MetadataTable, select = "*", options: MetadataRelationOptions = {}) {
  const relation = await (await t.lake.table("a.trades")).metadataRelation(name, options);
  return t.db.rows(`SELECT ${select} FROM ${relation}`);
}

test("snapshots and history tell what was committed, oldest first", async () => {
  const table = await t.lake.table("a.trades");
  const ids = table.metadata.snapshots.map(({ snapshotId }) => String(snapshotId));
  expect(await ask("snapshots", "snapshot_id, parent_id, operation, summary['added-records']")).toEqual([
    [ids[0], null, "append", "20"],
    [ids[1], ids[0], "append", "4"],
    [ids[2], ids[1], table.snapshot?.operation, null],
  ]);
  const times = await ask("snapshots", "epoch_ms(committed_at)::VARCHAR");
  expect(times.flat()).toEqual(table.metadata.snapshots.map(({ timestampMs }) => String(timestampMs)));
  expect(await ask("history", "snapshot_id, parent_id, is_current_ancestor")).toEqual([
    [ids[0], null, true],
    [ids[1], ids[0], true],
    [ids[2], ids[1], true],
  ]);
  expect(await ask("refs", "name, type, snapshot_id")).toEqual([["main", "BRANCH", ids[2]]]);
  const log = await ask("metadata_log_entries", "file, latest_snapshot_id");
  expect(log.map(([, id]) => id)).toEqual([null, ...ids]);
  expect(log.at(-1)?.[0]).toBe(table.metadataLocation);
});

test("files have their counts and bounds, as bytes and in the columns' own types", async () => {
  const byKind = await t.db.rows(
    `SELECT content, count(*)::INT, sum(record_count)::INT FROM ${await (await t.lake.table("a.trades")).metadataRelation("files")} GROUP BY 1 ORDER BY 1`,
  );
  expect(byKind).toEqual([
    [0, 6, 24],
    [1, 2, 2],
  ]);
  const [first] = await ask(
    "data_files",
    `partition.at_day::VARCHAR, partition.venue, record_count, value_counts[1], null_value_counts[2], lower_bounds[1],
     readable_metrics.price.upper_bound::VARCHAR, readable_metrics."leg.bytes".lower_bound, readable_metrics.n.lower_bound,
     readable_metrics."at".lower_bound::VARCHAR, file_format, spec_id`,
    {},
  ).then((each) => each.filter((row) => row[1] === null && row[0] === "1969-12-31"));
  expect(first).toEqual([
    "1969-12-31",
    null,
    "6",
    "6",
    "6",
    "\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00",
    "1.37500000",
    "\\x00\\xFF\\x27",
    "1",
    "1969-12-31 13:00:00+00",
    "PARQUET",
    0,
  ]);
  expect(await ask("delete_files", "DISTINCT content")).toEqual([[1]]);
  expect(await ask("files", "count(*)::INT", { columns: ["file_path"] })).toEqual([[8]]);
});

test("entries, manifests and partitions add up to the same, now and before", async () => {
  const table = await t.lake.table("a.trades");
  const [first] = table.history();
  expect(await ask("entries", "count(*)::INT, sum(data_file.record_count)::INT, max(sequence_number)")).toEqual([
    [8, 26, "3"],
  ]);
  const counts =
    "count(*)::INT, sum(added_data_files_count + existing_data_files_count)::INT, sum(added_delete_files_count)::INT";
  expect(await ask("manifests", counts)).toEqual([[3, 6, 2]]);
  const [summaries] = await ask("manifests", "partition_summaries::VARCHAR");
  expect(summaries?.[0]).toContain("'lower_bound': 1969-12-31");
  expect(
    await ask(
      "partitions",
      "count(*)::INT, sum(record_count)::INT, sum(position_delete_record_count)::INT, sum(file_count)::INT",
    ),
  ).toEqual([[4, 24, 2, 6]]);
  const updated = await ask("partitions", "partition.at_day::VARCHAR, last_updated_snapshot_id");
  expect(
    updated.filter(([day]) => day === "1969-12-31").every(([, id]) => id === String(table.snapshot?.snapshotId)),
  ).toBe(true);
  const snapshotId = first?.snapshotId ?? 0n;
  expect(await ask("files", "count(*)::INT", { snapshotId })).toEqual([[4]]);
  expect(await ask("all_files", "count(*)::INT, count(DISTINCT file_path)::INT")).toEqual([[8, 8]]);
  expect(await ask("all_manifests", "count(*)::INT, count(DISTINCT reference_snapshot_id)::INT")).toEqual([[6, 3]]);
});

test.each(METADATA_TABLES)("%s of a table without snapshots has its columns and no file", async (name) => {
  const plain = `b.${name}`;
  await t.lake.createTable(plain, { schema: [{ id: 1, name: "n", type: "long", required: true }] });
  const relation = await (await t.lake.table(plain)).metadataRelation(name);
  const empty = await t.db.types(`SELECT * FROM ${relation}`);
  await t.append(plain, "SELECT 1::BIGINT AS n");
  const filled = await (await t.lake.table(plain)).metadataRelation(name);
  expect(await t.db.types(`SELECT * FROM ${filled}`)).toEqual(empty);
  await expect((await t.lake.table(plain)).metadataRelation(name, { columns: ["nope"] })).rejects.toThrow(
    /no column "nope"/,
  );
});
