import fc from "fast-check";
import { expect, test } from "vitest";
import type { Predicate } from "../index.ts";
import { COUNTED, counted, TestLake } from "../test-lake.ts";

const TABLE = "a.b";
const SPAN = 40;

type Mode = "merge-on-read" | "copy-on-write";
/** Each is a change of the table and of the model: a sorted list of the rows that are there. */
type Step =
  | { readonly kind: "append"; readonly count: number }
  | { readonly kind: "delete"; readonly from: number; readonly length: number; readonly mode: Mode }
  | { readonly kind: "replace"; readonly from: number; readonly length: number; readonly mode: Mode }
  | { readonly kind: "overwrite"; readonly odd: boolean; readonly count: number }
  | { readonly kind: "compact"; readonly part: number }
  | { readonly kind: "manifests" | "expire" | "upgrade" };

const mode = fc.constantFrom<Mode>("merge-on-read", "copy-on-write");
const range = { from: fc.nat(SPAN * 4), length: fc.integer({ min: 1, max: SPAN }), mode };
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("append" as const), count: fc.integer({ min: 1, max: SPAN }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("delete" as const), ...range }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("replace" as const), ...range }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("overwrite" as const),
      odd: fc.boolean(),
      count: fc.integer({ min: 1, max: 9 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("compact" as const), part: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("manifests" as const, "expire" as const, "upgrade" as const) }),
  },
);

/** The table beside its model. */
class Twin {
  readonly #t: TestLake;
  #rows: readonly number[] = [];
  #next = 0;
  /** Rows at each snapshot that is kept. */
  readonly #past = new Map<bigint, readonly number[]>();

  constructor(t: TestLake) {
    this.#t = t;
  }

  #fresh(count: number): { readonly relation: string; readonly rows: readonly number[] } {
    const from = this.#next;
    this.#next += count;
    return { relation: counted(from, from + count), rows: Array.from({ length: count }, (_, index) => from + index) };
  }

  async #stage(relation: string) {
    const { lake, db } = this.#t;
    return (await lake.stageFiles(await lake.table(TABLE), { run: db.run, relation })).files;
  }

  async apply(step: Step): Promise<void> {
    const { lake, db } = this.#t;
    switch (step.kind) {
      case "append": {
        const { relation, rows } = this.#fresh(step.count);
        await lake.append(TABLE, { files: await this.#stage(relation) });
        this.#rows = [...this.#rows, ...rows];
        break;
      }
      case "delete":
        await lake.deleteRows(TABLE, { run: db.run, filter: between(step), mode: step.mode });
        this.#rows = this.#rows.filter((n) => n < step.from || n >= step.from + step.length);
        break;
      case "replace": {
        const { relation, rows } = this.#fresh(step.length);
        const add = await this.#stage(relation);
        await lake.deleteRows(TABLE, { run: db.run, filter: between(step), mode: step.mode, add });
        this.#rows = [...this.#rows.filter((n) => n < step.from || n >= step.from + step.length), ...rows];
        break;
      }
      case "overwrite": {
        const { relation, rows } = this.#fresh(step.count);
        const filter = { column: "kind", is: "eq", value: step.odd ? "odd" : "even" } as const;
        await lake.overwrite(TABLE, { add: await this.#stage(relation), filter });
        this.#rows = [...this.#rows.filter((n) => (n % 2 === 1) !== step.odd), ...rows];
        break;
      }
      case "compact":
        await this.#compact(step.part);
        break;
      case "manifests":
        await lake.rewriteManifests(TABLE);
        break;
      case "expire":
        await lake.expireSnapshots(TABLE, { olderThanMs: Date.now() + 60_000, keepAtLeast: 2 });
        break;
      case "upgrade": {
        const { metadata } = await lake.table(TABLE);
        if (metadata.formatVersion < 3) await lake.evolve(TABLE, { formatVersion: metadata.formatVersion + 1 });
        break;
      }
    }
    await this.#check(step);
  }

  /** Every `part`-th file. */
  async #compact(part: number): Promise<void> {
    const { lake } = this.#t;
    const table = await lake.table(TABLE);
    const plan = await table.scan().plan();
    const remove = plan.files.filter((_, index) => index % part === 0);
    if (table.snapshot === undefined || remove.length === 0) return;
    using scan = table.scan({ files: new Set(remove.map(({ location }) => location)) });
    const add = await this.#stage(`SELECT * FROM ${await scan.sql()}`);
    await lake.rewriteFiles(TABLE, { remove, add, startingSnapshotId: table.snapshot.snapshotId });
  }

  async #check(step: Step): Promise<void> {
    const { lake } = this.#t;
    const { metadata, snapshot } = await lake.table(TABLE);
    if (snapshot !== undefined) this.#past.set(snapshot.snapshotId, this.#rows);
    for (const { snapshotId } of metadata.snapshots) {
      const sql = await (await lake.table(TABLE)).scan({ snapshotId }).sql();
      const seen = (await this.#t.db.rows(`SELECT n::INT FROM ${sql} ORDER BY n`)).map(([n]) => Number(n));
      expect({ step, seen }).toEqual({ step, seen: (this.#past.get(snapshotId) ?? []).toSorted((a, b) => a - b) });
    }
    // What the summary keeps as totals is what the files say.
    if (snapshot === undefined) return;
    const { tasks } = await (await lake.table(TABLE)).scan().plan();
    expect(snapshot.summary["total-data-files"]).toBe(String(tasks.length));
    expect(snapshot.summary["total-records"]).toBe(String(tasks.reduce((sum, { file }) => sum + file.recordCount, 0)));
  }
}

function between({ from, length }: { readonly from: number; readonly length: number }): Predicate {
  return {
    and: [
      { column: "n", is: "ge", value: from },
      { column: "n", is: "lt", value: from + length },
    ],
  };
}

test("whatever is appended, deleted, replaced, compacted, expired and upgraded, the table and every kept snapshot hold the model's rows", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(1 as const, 2 as const, 3 as const),
      fc.boolean(),
      fc.array(anyStep, { minLength: 3, maxLength: 9 }),
      async (formatVersion, isPartitioned, steps) => {
        await using t = await TestLake.open();
        const partitionSpec = [{ column: "kind", transform: "identity" }];
        // Unpartitioned files hold odd and even rows, which an overwrite of either cannot take out whole.
        const applied = isPartitioned ? steps : steps.filter(({ kind }) => kind !== "overwrite");
        const properties = { "commit.manifest.min-count-to-merge": "3" };
        const { schema, sortOrder } = COUNTED;
        const input = { schema, sortOrder, formatVersion, properties };
        await t.lake.createTable(TABLE, isPartitioned ? { ...input, partitionSpec } : input);
        const twin = new Twin(t);
        for (const step of applied) await twin.apply(step);
      },
    ),
    { numRuns: Number(process.env["K2_MODEL_RUNS"] ?? 12), seed: 42 },
  );
}, 300_000);
