import { expect, test } from "vitest";
import { ChangeConflictError, type Isolation } from "../index.ts";
import { COUNTED, counted, TestLake } from "../test-lake.ts";

const EVEN = { column: "kind", is: "eq", value: "even" } as const;
const SEEN = "count(*)::INT, sum(n)::INT";

async function stage(t: TestLake, from: number, to: number, kind?: "even" | "odd") {
  const where = kind === undefined ? "" : ` WHERE kind = '${kind}'`;
  const relation = `SELECT * FROM (${counted(from, to)})${where}`;
  return (await t.lake.stageFiles(await t.lake.table("a.b"), { run: t.db.run, relation })).files;
}

async function opened(): Promise<TestLake> {
  const t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  await t.append("a.b", counted(0, 48));
  return t;
}

test("all rows that a filter selects are replaced, where it selects whole files; else nothing is", async () => {
  await using t = await opened();
  const { table } = await t.lake.overwrite("a.b", { add: await stage(t, 100, 110, "even"), filter: EVEN });
  expect(await t.rows("a.b", SEEN)).toEqual([[24 + 5, 576 + 520]]);
  expect(table.snapshot?.operation).toBe("overwrite");
  const part = { column: "n", is: "lt", value: 7 } as const;
  await expect(t.lake.overwrite("a.b", { add: [], filter: part })).rejects.toThrow(/others may not/);
  const gone = await t.lake.overwrite("a.b", { add: [], filter: EVEN });
  expect(gone.table.snapshot?.operation).toBe("delete");
  expect(await t.rows("a.b", SEEN)).toEqual([[24, 576]]);
});

test("partitions are replaced as a whole by the files of theirs; the others stay", async () => {
  await using t = await opened();
  const files = await stage(t, 96, 100, "odd"); // Hours 0 to 3 of the first day.
  const { table } = await t.lake.replacePartitions("a.b", { files });
  // Of the first day's odd rows 1, 3, … 23 (144) only the new ones are there.
  expect(await t.rows("a.b", SEEN)).toEqual([[48 - 12 + 2, 1128 - 144 + 97 + 99]]);
  expect(table.snapshot?.summary["replace-partitions"]).toBe("true");
});

test.each<[Isolation, boolean, boolean]>([
  ["serializable", true, true],
  ["snapshot", false, true],
  ["none", false, false],
])(
  "under %s isolation rows added meanwhile conflict: %s, rows deleted meanwhile: %s",
  async (isolation, onAdd, onDelete) => {
    for (const [isConflict, act] of [
      [onAdd, (t: TestLake) => t.append("a.b", counted(200, 210))],
      [
        onDelete,
        (t: TestLake) =>
          t.lake.deleteRows("a.b", {
            run: t.db.run,
            filter: { column: "n", is: "eq", value: 4 },
            mode: "merge-on-read",
          }),
      ],
    ] as const) {
      await using t = await opened();
      const startingSnapshotId = (await t.lake.table("a.b")).snapshot?.snapshotId;
      const input = { add: await stage(t, 100, 110, "even"), filter: EVEN, startingSnapshotId, isolation };
      await act(t);
      if (isConflict) await expect(t.lake.overwrite("a.b", input)).rejects.toThrow(ChangeConflictError);
      else await t.lake.overwrite("a.b", input);
    }
  },
);

test("rows added meanwhile elsewhere do not conflict with an overwrite that did not look there", async () => {
  await using t = await opened();
  const startingSnapshotId = (await t.lake.table("a.b")).snapshot?.snapshotId;
  const add = await stage(t, 100, 110, "even");
  await t.lake.append("a.b", { files: await stage(t, 200, 210, "odd") });
  await t.lake.overwrite("a.b", { add, filter: EVEN, startingSnapshotId });
  expect(await t.rows("a.b", "count(*)::INT")).toEqual([[24 + 5 + 5]]);
});
