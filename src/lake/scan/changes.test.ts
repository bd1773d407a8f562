import { afterAll, beforeAll, expect, test } from "vitest";
import { LakeNotFoundError, LakeUnsupportedError, type TableInput } from "../index.ts";
import { TestLake } from "../test-lake.ts";
import { equalityDeleteFile } from "./test-equality-deletes.ts";

const NUMBERS: TableInput = {
  schema: [
    { id: 1, name: "n", type: "long", required: true },
    { id: 2, name: "word", type: "string", required: false },
  ],
};
const rows = (from: number, to: number): string => `SELECT range AS n, 'w' || range AS word FROM range(${from}, ${to})`;

let t: TestLake;
beforeAll(async () => {
  t = await TestLake.open();
});
afterAll(() => t[Symbol.asyncDispose]());

async function snapshotIds(name: string): Promise<readonly bigint[]> {
  return (await t.lake.table(name)).history().map(({ snapshotId }) => snapshotId);
}

async function changes(name: string, range: { from?: bigint | undefined; to?: bigint | undefined } = {}) {
  using scan = (await t.lake.table(name)).changes({ ...range, columns: ["n"] });
  const sql = `SELECT _change_ordinal, _change_type, n::INT FROM ${await scan.sql()} ORDER BY ALL`;
  return (await t.db.rows(sql)).map((row) => row.join(" "));
}

test("an incremental scan gives only the rows appended after one snapshot, up to another", async () => {
  await t.lake.createTable("inc.plain", { ...NUMBERS, properties: { "commit.manifest.min-count-to-merge": "2" } });
  for (const from of [0, 10, 20, 30]) await t.append("inc.plain", rows(from, from + 10));
  const [first = 0n, second = 0n, third = 0n, last = 0n] = await snapshotIds("inc.plain");
  const table = await t.lake.table("inc.plain");
  const numbers = async (range: { from?: bigint; to?: bigint }): Promise<unknown> =>
    (await t.db.rows(`SELECT count(*)::INT, min(n)::INT, max(n)::INT FROM ${await table.scan(range).sql()}`))[0];
  expect(await numbers({ from: first })).toEqual([30, 10, 39]);
  expect(await numbers({ from: first, to: third })).toEqual([20, 10, 29]);
  expect(await numbers({ to: second })).toEqual([20, 0, 19]);
  expect(await numbers({ from: last })).toEqual([0, null, null]);
  const filtered = table.scan({ from: first, filter: { column: "n", is: "lt", value: 15 } });
  expect((await filtered.plan()).counts.filesPlanned).toBe(1);
  await expect(table.scan({ from: last, to: first }).sql()).rejects.toThrow(LakeNotFoundError);
  await expect(table.scan({ from: 42n }).sql()).rejects.toThrow(/no ancestor/);
});

test("an incremental scan passes over rewrites, and refuses deletes unless told to skip them", async () => {
  await t.lake.createTable("inc.mixed", NUMBERS);
  for (const from of [0, 10, 20]) await t.append("inc.mixed", rows(from, from + 10));
  const [first = 0n] = await snapshotIds("inc.mixed");
  const before = await t.lake.table("inc.mixed");
  const { files } = await t.lake.stageFiles(before, { run: t.db.run, relation: await before.scan().sql() });
  await t.lake.rewriteFiles("inc.mixed", {
    add: files,
    remove: (await before.scan().plan()).files,
    startingSnapshotId: before.snapshot?.snapshotId ?? 0n,
  });
  await t.append("inc.mixed", rows(30, 40));
  const count = async (skipOverwrites?: boolean): Promise<unknown> =>
    t.db.rows(
      `SELECT count(*)::INT FROM ${await (await t.lake.table("inc.mixed")).scan({ from: first, skipOverwrites }).sql()}`,
    );
  expect(await count()).toEqual([[30]]);
  await t.lake.deleteRows("inc.mixed", { run: t.db.run, filter: { column: "n", is: "eq", value: 35 } });
  await expect(count()).rejects.toThrow(LakeUnsupportedError);
  expect(await count(true)).toEqual([[30]]);
});

test.each([2, 3] as const)(
  "the changes of format v%i are what each snapshot added and took away, whatever way it did",
  async (formatVersion) => {
    const name = `inc.changes${formatVersion}`;
    await t.lake.createTable(name, { ...NUMBERS, formatVersion });
    const { run } = t.db;
    await t.append(name, rows(0, 6));
    await t.append(name, rows(6, 8));
    await t.lake.deleteRows(name, { run, filter: { column: "n", is: "in", values: [1, 3] }, mode: "merge-on-read" });
    await t.lake.deleteRows(name, { run, filter: { column: "n", is: "in", values: [3, 4] }, mode: "merge-on-read" });
    const table = await t.lake.table(name);
    const deletes = [
      await equalityDeleteFile({ db: t.db, table, columns: ["n"], rows: "SELECT unnest([3, 5]::BIGINT[]) AS n" }),
    ];
    const { files: add } = await t.lake.stageFiles(table, { run, relation: rows(5, 6) });
    await t.lake.rowDelta(name, { deletes, add, startingSnapshotId: table.snapshot?.snapshotId });
    await t.lake.deleteRows(name, { run, filter: { column: "n", is: "ge", value: 6 } }); // The whole second file.
    const all = [
      ...[0, 1, 2, 3, 4, 5].map((n) => `0 INSERT ${n}`),
      ...[6, 7].map((n) => `1 INSERT ${n}`),
      "2 DELETE 1",
      "2 DELETE 3",
      "3 DELETE 4", // 3 was gone already.
      "4 DELETE 5",
      "4 INSERT 5",
      "5 DELETE 6",
      "5 DELETE 7",
    ];
    expect(await changes(name)).toEqual(all);
    const ids = await snapshotIds(name);
    expect(await changes(name, { from: ids[1], to: ids[3] })).toEqual(["0 DELETE 1", "0 DELETE 3", "1 DELETE 4"]);
    expect(await changes(name, { from: ids[5] })).toEqual([]);
    using last = (await t.lake.table(name)).changes({ from: ids[4], filter: { column: "n", is: "eq", value: 7 } });
    expect(await t.db.rows(`SELECT * FROM ${await last.sql()}`)).toEqual([["7", "w7", "DELETE", 0, String(ids[5])]]);
  },
);

test("a copy-on-write delete shows the rows it carried over as deleted and inserted", async () => {
  await t.lake.createTable("inc.copied", NUMBERS);
  await t.append("inc.copied", rows(0, 3));
  const filter = { column: "n", is: "eq", value: 1 } as const;
  await t.lake.deleteRows("inc.copied", { run: t.db.run, filter, mode: "copy-on-write" });
  expect((await changes("inc.copied")).slice(3)).toEqual([
    "1 DELETE 0",
    "1 DELETE 1",
    "1 DELETE 2",
    "1 INSERT 0",
    "1 INSERT 2",
  ]);
});

test("a table without snapshots has no changes and nothing appended", async () => {
  const table = await t.lake.createTable("inc.none", NUMBERS);
  expect(await changes("inc.none")).toEqual([]);
  expect(await t.db.rows(`SELECT * FROM ${await table.scan({ from: undefined, to: undefined }).sql()}`)).toEqual([]);
});
