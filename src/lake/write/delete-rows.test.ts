import { expect, test } from "vitest";
import { openLake, type Predicate, type TableInput } from "../index.ts";
import { TestDuckDb } from "../test-duckdb.ts";
import { COUNTED, counted, lakeConfig, TestLake } from "../test-lake.ts";

const SEEN = "count(*)::INT, count(DISTINCT n)::INT, coalesce(sum(n), 0)::INT";

function inFormat(formatVersion: 1 | 2 | 3, partitioned = true): TableInput {
  const { schema, sortOrder } = COUNTED;
  return partitioned ? { ...COUNTED, formatVersion } : { schema, sortOrder, formatVersion };
}

/** Rows 0 to `end` without those that `isGone` says. */
function expected(end: number, isGone: (n: number) => boolean): readonly [number, number, number] {
  const rows = Array.from({ length: end }, (_, n) => n).filter((n) => !isGone(n));
  return [rows.length, rows.length, rows.reduce((sum, n) => sum + n, 0)];
}

const BETWEEN: Predicate = {
  and: [
    { column: "n", is: "ge", value: 15 },
    { column: "n", is: "lt", value: 27 },
  ],
};

test.each([
  [1, "copy-on-write"],
  [2, "merge-on-read"],
  [2, "copy-on-write"],
  [3, "merge-on-read"],
  [3, "copy-on-write"],
] as const)("rows within files are deleted in format v%s by %s, one delete after the other", async (format, mode) => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", inFormat(format));
  expect((await t.lake.table("a.b")).metadata.formatVersion).toBe(format);
  for (let n = 0; n < 100; n += 20) await t.append("a.b", counted(n, n + 20));
  const first = await t.lake.deleteRows("a.b", { run: t.db.run, filter: BETWEEN, mode });
  expect(await t.rows("a.b", SEEN)).toEqual([expected(100, (n) => n >= 15 && n < 27)]);
  await t.lake.deleteRows("a.b", { run: t.db.run, filter: { column: "n", is: "in", values: [28, 31, 99] }, mode });
  const gone = (n: number): boolean => (n >= 15 && n < 27) || [28, 31, 99].includes(n);
  expect(await t.rows("a.b", SEEN)).toEqual([expected(100, gone)]);
  const again = await t.lake.deleteRows("a.b", { run: t.db.run, filter: BETWEEN, mode });
  expect(again.snapshotId).toBe(undefined); // They are gone already: nothing to commit.
  const then = await first.table.scan({ snapshotId: first.table.metadata.snapshots[4]?.snapshotId ?? 0n }).sql();
  expect(await t.db.rows(`SELECT ${SEEN} FROM ${then}`)).toEqual([expected(100, () => false)]);
  const deletes = mode === "merge-on-read" ? 1 : 0;
  expect(Math.sign((await again.table.scan().plan()).counts.deletesPlanned)).toBe(deletes);
});

test("whole partitions go by their metadata alone: no file is read or written", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  await t.append("a.b", counted(0, 100));
  const run = async (): Promise<never> => {
    throw new Error("nothing was to be read");
  };
  const { table } = await t.lake.deleteRows("a.b", { run, filter: { column: "kind", is: "eq", value: "even" } });
  expect(await t.rows("a.b", SEEN)).toEqual([expected(100, (n) => n % 2 === 0)]);
  expect(table.snapshot?.operation).toBe("delete");
  expect(table.snapshot?.summary).toMatchObject({ "deleted-records": "50", "total-records": "50" });
});

test("a null is no match, and no match either for the opposite: such rows stay whichever is deleted", async () => {
  await using t = await TestLake.open();
  const schema = [
    { id: 1, name: "n", type: "long", required: true },
    { id: 2, name: "x", type: "double", required: false },
  ];
  await t.lake.createTable("a.b", { schema });
  const values = "(1, 1.5), (2, NULL), (3, 'nan'::DOUBLE), (4, -0.0), (5, 0.0)";
  await t.append("a.b", `SELECT n::BIGINT AS n, x::DOUBLE AS x FROM (VALUES ${values}) v(n, x)`);
  const filter: Predicate = { not: { column: "x", is: "eq", value: "0" } };
  await t.lake.deleteRows("a.b", { run: t.db.run, filter });
  expect(await t.rows("a.b", "n::INT")).toEqual([[2], [4], [5]]);
  await t.lake.deleteRows("a.b", { run: t.db.run, filter: { not: filter }, mode: "copy-on-write" });
  expect(await t.rows("a.b", "n::INT")).toEqual([[2]]);
});

test.each(["merge-on-read", "copy-on-write"] as const)("a null is among no values as well, by %s", async (mode) => {
  await using t = await TestLake.open();
  const schema = [
    { id: 1, name: "n", type: "long", required: true },
    { id: 2, name: "x", type: "double", required: false },
  ];
  await t.lake.createTable("a.b", { schema });
  await t.append("a.b", "SELECT * FROM (VALUES (1, 1.5::DOUBLE), (2, NULL), (3, NULL)) v(n, x)");
  const filter: Predicate = {
    and: [
      { column: "n", is: "lt", value: 3 },
      { column: "x", is: "notIn", values: [] },
    ],
  };
  await t.lake.deleteRows("a.b", { run: t.db.run, filter, mode });
  expect(await t.rows("a.b", "n::INT")).toEqual([[3]]);
});

test("rows are replaced: those that match go and the new ones come in one snapshot", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  await t.append("a.b", counted(0, 60));
  const { files } = await t.lake.stageFiles(await t.lake.table("a.b"), {
    run: t.db.run,
    relation: counted(1015, 1027),
  });
  const { table } = await t.lake.deleteRows("a.b", { run: t.db.run, filter: BETWEEN, add: files });
  expect(await t.rows("a.b", "count(*)::INT, sum(n)::INT")).toEqual([[60, 1770 + 12 * 1000]]);
  expect(table.metadata.snapshots.length).toBe(2);
  expect(table.snapshot?.operation).toBe("overwrite");
});

test("deletes and a compaction that race end with every row deleted once and none back", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", inFormat(2, false));
  for (let n = 0; n < 60; n += 20) await t.append("a.b", counted(n, n + 20));
  const before = await t.lake.table("a.b");
  const remove = (await before.scan().plan()).files;
  const { files } = await t.lake.stageFiles(before, { run: t.db.run, relation: counted(0, 60) });
  await t.lake.deleteRows("a.b", { run: t.db.run, filter: BETWEEN, mode: "merge-on-read" });
  const startingSnapshotId = before.snapshot?.snapshotId ?? 0n;
  await expect(t.lake.rewriteFiles("a.b", { remove, add: files, startingSnapshotId })).rejects.toThrow(
    /deleted rows of/,
  );
  expect(await t.rows("a.b", SEEN)).toEqual([expected(60, (n) => n >= 15 && n < 27)]);

  // The other way round: the files are compacted while the delete is being written, so it is planned anew.
  let calls = 0;
  const run: typeof t.db.run = async (sql) => {
    calls += 1;
    if (sql.startsWith("COPY") && calls > 0) {
      calls = Number.NEGATIVE_INFINITY;
      const now = await t.lake.table("a.b");
      const relation = `SELECT * FROM ${await now.scan().sql()}`;
      const staged = await t.lake.stageFiles(now, { run: t.db.run, relation });
      const plan = await now.scan().plan();
      await t.lake.rewriteFiles("a.b", {
        remove: plan.files,
        add: staged.files,
        startingSnapshotId: now.snapshot?.snapshotId ?? 0n,
      });
    }
    return t.db.run(sql);
  };
  await t.lake.deleteRows("a.b", { run, filter: { column: "n", is: "lt", value: 5 }, mode: "merge-on-read" });
  const gone = (n: number): boolean => n < 5 || (n >= 15 && n < 27);
  expect(await t.rows("a.b", SEEN)).toEqual([expected(60, gone)]);
  const { counts } = await (await t.lake.table("a.b")).scan().plan();
  expect(counts).toMatchObject({ filesPlanned: 1, deletesPlanned: 1 }); // The deletes before the compaction are gone.
});

test.each([2, 3] as const)("deletes of format v%s that race for one file all take effect", async (format) => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", inFormat(format, false));
  await t.append("a.b", counted(0, 100));
  const others = await Promise.all([0, 1, 2].map(() => openLake(lakeConfig(t.folder)))); // Their own locks: they really race.
  const dbs = await Promise.all(others.map(() => TestDuckDb.open()));
  const gone = [5, 50, 95];
  await Promise.all(
    others.map(async (lake, index) => {
      const filter = { column: "n", is: "eq", value: gone[index] ?? 0 } as const;
      await lake.deleteRows("a.b", { run: dbs[index]?.run ?? t.db.run, filter, mode: "merge-on-read" });
    }),
  );
  expect(await t.rows("a.b", SEEN)).toEqual([expected(100, (n) => gone.includes(n))]);
  const { tasks } = await (await t.lake.table("a.b")).scan().plan();
  expect(tasks.map(({ deletes }) => deletes.vector?.file.recordCount)).toEqual([format === 3 ? 3 : undefined]);
  for (const lake of others) await lake[Symbol.asyncDispose]();
  for (const db of dbs) db[Symbol.dispose]();
});

test("with one delete file a data file, each names its data file", async () => {
  await using t = await TestLake.open();
  const properties = { "write.delete.granularity": "file" };
  await t.lake.createTable("a.b", { schema: COUNTED.schema, properties });
  for (let n = 0; n < 60; n += 20) await t.append("a.b", counted(n, n + 20));
  const { table } = await t.lake.deleteRows("a.b", { run: t.db.run, filter: BETWEEN });
  expect(table.snapshot?.summary).toMatchObject({
    "added-position-delete-files": "2",
    "added-position-deletes": "12",
    "total-position-deletes": "12",
    "total-records": "60",
  });
  const { tasks } = await table.scan().plan();
  const named = tasks.map(({ file, deletes }) =>
    deletes.positions.map((each) => each.file.referencedDataFile === file.location),
  );
  expect(named.flat()).toEqual([true, true]);
});
