import { deepStrictEqual } from "node:assert";
import type { Lake } from "../../src/lake/index.ts";
import type { TestDuckDb } from "../../src/lake/test-duckdb.ts";
import { check } from "./checks.ts";
import { appendEverything, EVERYTHING, everythingSql } from "./everything.ts";

export interface OurChanges {
  readonly lake: Lake;
  readonly db: TestDuckDb;
  readonly table: string;
  /** As the lines name the reader. */
  readonly label: string;
  /** Compares the other engine's rows with ours; how many there are. */
  same(): Promise<number>;
}

/** We make a table and change it in every way we know; after each step the other engine reads the rows that we do. */
export async function checkOurChanges({ lake, db, table, label, same }: OurChanges): Promise<void> {
  const { run } = db;
  const step = (what: string, rows: number, act: () => Promise<unknown>): Promise<boolean> =>
    check(`${label}: reads what we have changed: ${what} (${rows} rows)`, async () => {
      await act();
      deepStrictEqual(await same(), rows);
    });
  await lake.createTable(table, EVERYTHING);
  for (let from = 0; from < 600; from += 150) await appendEverything(lake, db, table, from, from + 150);
  await step("rows deleted by position deletes", 540, () =>
    lake.deleteRows(table, {
      run,
      mode: "merge-on-read",
      filter: {
        and: [
          { column: "id", is: "lt", value: 400 },
          { column: "id", is: "ge", value: 340 },
        ],
      },
    }),
  );
  await step("rows deleted by writing files anew", 500, () =>
    lake.deleteRows(table, {
      run,
      mode: "copy-on-write",
      filter: {
        and: [
          { column: "id", is: "lt", value: 340 },
          { column: "id", is: "ge", value: 300 },
        ],
      },
    }),
  );
  await step("rows replaced in one commit", 500, async () => {
    const relation = `SELECT * REPLACE ('replaced' AS note) FROM (${everythingSql(0, 10)})`;
    const { files } = await lake.stageFiles(await lake.table(table), { run, relation });
    await lake.deleteRows(table, { run, filter: { column: "id", is: "lt", value: 10 }, add: files });
  });
  await step("the schema evolved", 500, () =>
    lake.evolve(table, {
      schema: [
        { change: "rename", column: "note", name: "remark" },
        { change: "widen", column: "id", type: "long" },
        { change: "widen", column: "single", type: "double" },
        { change: "widen", column: "cents", type: "decimal(18,2)" },
        { change: "add", name: "extra", type: "timestamptz" },
        { change: "add", parent: "spot", name: "z", type: "string" },
        { change: "drop", column: "payload" },
        { change: "move", column: "extra", to: { after: "venue" } },
      ],
    }),
  );
  await step("the partitions evolved, rows by both", 540, async () => {
    await lake.evolve(table, {
      partitions: [
        { change: "remove", field: "at_day" },
        { change: "add", column: "wall", transform: "month" },
      ],
    });
    const relation = `SELECT * EXCLUDE (payload) REPLACE (struct_insert(spot, z := 'z')::STRUCT(x INTEGER, y VARCHAR, z VARCHAR) AS spot) RENAME (note AS remark) FROM (${everythingSql(1_000, 1_040)})`;
    const { files } = await lake.stageFiles(await lake.table(table), { run, relation });
    await lake.append(table, { files });
  });
  await step("manifests rewritten", 540, () => lake.rewriteManifests(table));
  await step("compacted", 540, () => lake.maintenance.compact(table, { run, mode: "all" }));
  await step("snapshots expired", 540, () =>
    lake.expireSnapshots(table, { olderThanMs: Date.now() + 1_000, keepAtLeast: 1 }),
  );
  await check(`${label}: our own check finds the table sound after that`, async () => {
    const { problems } = await lake.maintenance.check(table, { deep: { run } });
    deepStrictEqual(problems, []);
  });
}
