import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import { systemFiles } from "../../base/index.ts";
import { readTable, type ScanOptions, Table } from "../index.ts";
import { LocalFileIo } from "../io/local-file-io.ts";
import { ManifestStore } from "../manifest/manifest-store.ts";
import { TestDuckDb } from "../test-duckdb.ts";

const root = sharedData("iceberg");
const isAbsent = root === undefined;

/** Locations in the metadata are those of the writer's machine; the files lie below the table's folder as they did there. */
async function openForeign(folder: string, metadata: string): Promise<Table> {
  const base = `${root}/${folder}`;
  const mapLocation = (location: string): string =>
    `${base}/${/(?:^|\/)((?:data|metadata)\/(?:(?!\/(?:data|metadata)\/).)*)$/.exec(location)?.[1]}`;
  return readTable({ metadataLocation: `${base}/metadata/${metadata}`, mapLocation });
}

function toolsFor(base: string): ConstructorParameters<typeof Table>[1] {
  const io = new LocalFileIo(
    systemFiles,
    (location) => `${base}/${location.slice(location.indexOf("warehouse/") + 10)}`,
  );
  return { io, manifests: new ManifestStore(io, 1_000_000) };
}

/** Every value as DuckDB prints it, null as NULL, in the order of the text. */
async function textRows(db: TestDuckDb, relation: string, columns = "*"): Promise<readonly unknown[]> {
  const sql = `SELECT COLUMNS(*)::VARCHAR FROM (SELECT ${columns} FROM ${relation})`;
  return (await db.rows(sql)).map((row) => row.map((value) => value ?? "NULL")).toSorted(byText);
}

function byText(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}

/** What duckdb-iceberg's own tests print of the same tables. */
function expectedRows(table: string, query: RegExp): readonly unknown[] {
  const all = JSON.parse(readFileSync(`${root}/duckdb-iceberg-expected.json`, "utf8"));
  const found = all[table].find((each: { readonly sql: string }) => query.test(each.sql));
  return found.rows.toSorted(byText);
}

interface Case {
  readonly name: string;
  readonly folder: string;
  readonly metadata: string;
  readonly query: RegExp;
  readonly scan?: ScanOptions;
  readonly columns?: string;
}

const CASES: readonly Case[] = [
  {
    name: "expression_filter",
    folder: "expression_filter",
    metadata: "00001-19739cda-f528-4429-84cc-377ffdd24c75.metadata.json",
    query: /^SELECT \* FROM my_datalake/,
  },
  {
    name: "partition_integer",
    folder: "partition_integer",
    metadata: "v2.metadata.json",
    query: /^select \*/,
  },
  {
    name: "partition_integer",
    folder: "partition_integer",
    metadata: "v2.metadata.json",
    query: /WHERE partition_col = 42/,
    scan: { filter: { column: "partition_col", is: "eq", value: 42 }, columns: ["user_id"] },
  },
  {
    name: "partition_timestamp",
    folder: "partition_timestamp/default.db/partition_timestamp",
    metadata: "00001-0c9938a5-103e-4185-b46d-331368ae4db7.metadata.json",
    query: /^select \*.*partition_timestamp\//,
  },
  {
    name: "partition_timestamp",
    folder: "partition_timestamp/default.db/partition_timestamp",
    metadata: "00001-0c9938a5-103e-4185-b46d-331368ae4db7.metadata.json",
    query: /^select user_id.*partition_timestamp\//,
    scan: { filter: { column: "partition_col", is: "eq", value: "2023-05-15T14:30:45" }, columns: ["user_id"] },
  },
  {
    name: "null_stats",
    folder: "null_stats/default/test_nulls",
    metadata: "00003-9d6a621e-8a72-4190-a880-f6ca02e32b86.metadata.json",
    query: /e32b86'\) order/,
  },
  {
    name: "null_stats",
    folder: "null_stats/default/test_nulls",
    metadata: "00003-9d6a621e-8a72-4190-a880-f6ca02e32b86.metadata.json",
    query: /flag IS NULL/,
    scan: { filter: { column: "flag", is: "null" } },
  },
  {
    name: "null_stats",
    folder: "null_stats/default/test_nulls",
    metadata: "00003-9d6a621e-8a72-4190-a880-f6ca02e32b86.metadata.json",
    query: /flag IS NOT NULL/,
    scan: { filter: { not: { column: "flag", is: "null" } } },
  },
  {
    name: "iceberg_v1_repro",
    folder: "iceberg_v1_repro/repro/merch_v1",
    metadata: "00003-8d01e4aa-d143-49c9-898e-b5e477577b70.metadata.json",
    query: /^select \* from/,
  },
  {
    name: "iceberg_v1_repro",
    folder: "iceberg_v1_repro/repro/merch_v1",
    metadata: "00004-v3-upgraded-v1-null-counts.metadata.json",
    query: /^select \*\s+from/,
  },
  {
    name: "add_columns_with_defaults",
    folder: "add_columns_with_defaults/default.db/add_columns_with_defaults",
    metadata: "00003-3f1801a5-7dfb-4072-b14a-39cd12f9279b.metadata.json",
    query: /EXCLUDE \(col1, col_uuid\)/,
    columns: "* EXCLUDE (col1, col_uuid)",
  },
];

test.skipIf(isAbsent).each(CASES)(
  "$name of duckdb-iceberg gives the rows its own tests print ($query)",
  async (each) => {
    using db = await TestDuckDb.open();
    if (each.name === "add_columns_with_defaults") await db.run("SET TimeZone = 'Europe/Berlin'"); // As those tests had it.
    const table = await openForeign(`duckdb-iceberg/${each.folder}`, each.metadata);
    const relation = await table.scan(each.scan ?? {}).sql();
    expect(await textRows(db, relation, each.columns)).toEqual(expectedRows(each.name, each.query));
  },
);

test.skipIf(isAbsent)(
  "a table of Spark's with gzipped metadata is read, v1 and without statistics of its own",
  async () => {
    using db = await TestDuckDb.open();
    const table = await openForeign("duckdb-iceberg/lineitem_iceberg_gz", "v2.gz.metadata.json");
    const scan = table.scan();
    const parquet = `${root}/duckdb-iceberg/lineitem_iceberg_gz/data/*.parquet`;
    const sums = "count(*)::VARCHAR, sum(l_quantity)::VARCHAR, sum(l_extendedprice)::VARCHAR, max(l_comment)";
    expect(await db.rows(`SELECT ${sums} FROM ${await scan.sql()}`)).toEqual(
      await db.rows(`SELECT ${sums} FROM '${parquet}'`),
    );
    expect((await scan.plan()).counts.rowsPlanned).toBe(111_968);
  },
);

test.skipIf(isAbsent)(
  "columns renamed since the files were written, over bucketed partitions of Spark's, are found",
  async () => {
    using db = await TestDuckDb.open();
    const table = await openForeign("icebird/spark-rename_column", "v3.metadata.json");
    const scan = table.scan({ columns: ["id", "event_date"], filter: { column: "id", is: "in", values: [2, 3] } });
    expect(await textRows(db, await scan.sql())).toEqual([
      ["2", "2022-01-01"],
      ["3", "NULL"],
    ]);
    expect((await scan.plan()).counts.filesPlanned).toBeLessThan(4);
  },
);

test.skipIf(isAbsent)("Athena's and Spark's first versions are read by their snapshots", async () => {
  using db = await TestDuckDb.open();
  const athena = await openForeign(
    "icebird/athena-example",
    "00001-aaf0d033-d06b-43c7-be60-67f83abd4aca.metadata.json",
  );
  expect(await textRows(db, await athena.scan().sql())).toEqual([
    ["1", "Alice"],
    ["2", "Bob"],
  ]);
  const bunnies = await openForeign("icebird/spark-bunnies", "v5.metadata.json");
  const [first] = bunnies.history();
  const scan = bunnies.scan({ snapshotId: first?.snapshotId ?? 0n });
  expect(await db.rows(`SELECT count(*)::INT FROM ${await scan.sql()}`)).toEqual([[21]]);
});

/** What is left of a file's breeds, read by hand: without those at `positions`, and without those named. */
async function breeds(db: TestDuckDb, file: string, without: string): Promise<readonly unknown[]> {
  const sql = `SELECT "Breed_x20Name" FROM read_parquet('${root}/icebird/${file}', file_row_number := true) WHERE ${without}`;
  return (await db.rows(sql)).flat();
}

test.skipIf(isAbsent)(
  "a row that Spark deleted by position is gone, before and after the file is rewritten",
  async () => {
    using db = await TestDuckDb.open();
    const table = await openForeign("icebird/spark-bunnies", "v5.metadata.json");
    const [first, second, third] = table.history().map(({ snapshotId }) => snapshotId);
    const namesAt = async (snapshotId: bigint | undefined): Promise<readonly unknown[]> =>
      (await db.rows(`SELECT "Breed Name" FROM ${await table.scan({ snapshotId: snapshotId ?? 0n }).sql()}`)).flat();
    const all = await breeds(db, "spark-bunnies/data/*-1-9acc37f2-*.parquet", "true");
    expect([all.length, all[0]]).toEqual([21, "Holland Lop"]);
    expect((await namesAt(first)).toSorted()).toEqual(all.toSorted());
    expect((await namesAt(second)).toSorted()).toEqual(all.slice(1).toSorted());
    expect((await namesAt(third)).toSorted()).toEqual(all.slice(1).toSorted());
    const lengths = await db.rows(
      `SELECT count(*)::INT FROM ${await table.scan().sql()} WHERE breed_name_length = length("Breed Name")`,
    );
    expect(lengths).toEqual([[20]]);
  },
);

test.skipIf(isAbsent)(
  "rows that Java deleted by position and by value are gone, the row added with them stays",
  async () => {
    using db = await TestDuckDb.open();
    const table = await openForeign("icebird/java-bunnies", "v5.metadata.json");
    const deleted = await db.rows(
      `SELECT pos::INT FROM '${root}/icebird/java-bunnies/data/bunnies-pos-deletes.parquet'`,
    );
    const left = await breeds(
      db,
      "java-bunnies/data/bunnies-initial.parquet",
      `file_row_number NOT IN (${deleted.flat().join()}) AND "Breed_x20Name" <> 'New Zealand'`,
    );
    expect(left.length).toBe(14);
    const rows = await db.rows(`SELECT "Breed Name", "__happy__" FROM ${await table.scan().sql()}`);
    expect(rows.map(([name]) => name).toSorted()).toEqual([...left, "New Zealand"].toSorted());
    expect(rows.filter(([, happy]) => happy !== null).map(([name]) => name)).toEqual(["New Zealand"]);
  },
);

test.skipIf(isAbsent)(
  "columns of files without field ids are found by the table's name mapping, nested ones too",
  async () => {
    using db = await TestDuckDb.open();
    const base = `${root}/duckdb-iceberg/column_mapping/warehouse`;
    const table = await readTable({
      metadataLocation: `${base}/default.db/my_table/metadata/00001-75643dae-a7a7-46ae-ab30-ea80d3793f3f.metadata.json`,
      mapLocation: (location) => `${base}/${location.slice(location.indexOf("warehouse/") + 10)}`,
    });
    expect(await textRows(db, await table.scan().sql())).toEqual(expectedRows("column_mapping", /iceberg_scan/));
    const { ["schema.name-mapping.default"]: _mapping, ...properties } = table.metadata.properties;
    const unmapped = new Table(
      { identifier: { namespace: [], name: "t" }, metadataLocation: "", metadata: { ...table.metadata, properties } },
      toolsFor(base),
    );
    await expect(unmapped.scan().sql()).rejects.toThrow(/mock_data.parquet: it has no field ids/);
  },
);

/** Every table of the folder, by its newest metadata: nothing is left untried. */
test.skipIf(isAbsent)("every table there opens, plans and gives as many rows as its newest snapshot says", async () => {
  using db = await TestDuckDb.open();
  const metadata = globSync("**/*.metadata.json", { cwd: root });
  expect(metadata.length).toBeGreaterThan(20);
  for (const path of metadata) {
    const folder = path.slice(0, path.indexOf("/metadata/"));
    if (folder.includes("column_mapping")) continue; // Its data lie elsewhere; see above.
    const table = await openForeign(folder, path.slice(folder.length + "/metadata/".length));
    const [[rows]] = (await db.rows(`SELECT count(*)::INT FROM ${await table.scan().sql()}`)) as [[number]];
    const { "total-records": total, "total-position-deletes": positions = "0" } = table.snapshot?.summary ?? {};
    const { "total-equality-deletes": equality = "0" } = table.snapshot?.summary ?? {};
    if (total === undefined) continue;
    const isRewritten = table.snapshot?.summary["deleted-records"] !== undefined && positions !== "0";
    expect([path, rows]).toEqual([path, Number(total) - (isRewritten ? 0 : Number(positions) + Number(equality))]);
  }
});

test.skipIf(isAbsent)(
  "a snapshot that lists its manifests inline, as format v1 began, is read as with a list",
  async () => {
    using db = await TestDuckDb.open();
    const folder = "duckdb-iceberg/iceberg_v1_repro/repro/merch_v1";
    const table = await openForeign(folder, "00003-8d01e4aa-d143-49c9-898e-b5e477577b70.metadata.json");
    const base = `${root}/${folder}`;
    const io = new LocalFileIo(systemFiles, (location) => `${base}/${/(?:data|metadata)\/[^/]*$/.exec(location)?.[0]}`);
    const manifests = new ManifestStore(io, 1_000_000);
    const snapshots = await Promise.all(
      table.metadata.snapshots.map(async (snapshot) => {
        const locations = (await manifests.list(snapshot)).map(({ location }) => location);
        return { ...snapshot, manifestList: undefined, manifests: locations };
      }),
    );
    const inline = new Table(
      { identifier: { namespace: [], name: "t" }, metadataLocation: "", metadata: { ...table.metadata, snapshots } },
      { io, manifests },
    );
    expect(await textRows(db, await inline.scan().sql())).toEqual(await textRows(db, await table.scan().sql()));
    const filter = { column: "id", is: "gt", value: 4 } as const;
    expect(await textRows(db, await inline.scan({ filter }).sql())).toEqual([["6", "nba", "60"]]);
  },
);
