import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Literal, Predicate, TableInput } from "../index.ts";
import { TestLake } from "../test-lake.ts";

const MIXED: TableInput = {
  schema: [
    { id: 1, name: "n", type: "int", required: true },
    { id: 2, name: "venue", type: "string", required: false },
    { id: 3, name: "at", type: "timestamptz", required: false },
    { id: 4, name: "price", type: "decimal(18,8)", required: false },
    { id: 5, name: "real", type: "double", required: false },
    { id: 6, name: "day", type: "date", required: true },
    { id: 7, name: "note", type: "string", required: false },
    { id: 8, name: "flag", type: "boolean", required: false },
    { id: 9, name: "bytes", type: "binary", required: false },
    { id: 10, name: "uid", type: "uuid", required: true },
  ],
  partitionSpec: [
    { column: "at", transform: "day" },
    { column: "venue", transform: "identity" },
    { column: "n", transform: "truncate[100]" },
    { column: "day", transform: "month" },
  ],
  sortOrder: [{ column: "note" }, { column: "n", direction: "desc", nullOrder: "nulls-last" }],
};

/** Nulls, NaN, −0, infinities, long shared prefixes, times and days before 1970. */
const ROWS = `
  SELECT range::INTEGER AS n,
    CASE WHEN range % 10 = 9 THEN NULL ELSE ['a', 'b/c', 'd=é'][1 + (range // 60) % 3] END AS venue,
    CASE WHEN range % 17 = 0 THEN NULL ELSE TIMESTAMPTZ '1969-12-30 00:00:00+00' + INTERVAL (range * 31) MINUTE END AS "at",
    CASE WHEN range % 13 = 0 THEN NULL ELSE ((range - 150)::DECIMAL(18,8) * 0.125)::DECIMAL(18,8) END AS price,
    CASE range % 23 WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN -0.0::DOUBLE WHEN 2 THEN NULL WHEN 3 THEN 'inf'::DOUBLE
      ELSE (range - 150) / 3 END AS real,
    DATE '1969-11-15' + (range // 4)::INTEGER AS day,
    CASE WHEN range % 7 = 0 THEN NULL ELSE repeat('é', 20) || (range % 5) END AS note,
    CASE WHEN range % 3 = 0 THEN NULL ELSE range < 200 END AS flag,
    CASE WHEN range % 19 = 0 THEN NULL ELSE unhex(repeat('FF', (range % 20)::INTEGER))::BLOB END AS bytes,
    md5(range::VARCHAR)::UUID AS uid
  FROM range(400)`;

let t: TestLake;
beforeAll(async () => {
  t = await TestLake.open();
  await t.lake.createTable("a.mixed", MIXED);
  for (const from of [0, 130, 260])
    await t.append("a.mixed", `SELECT * FROM (${ROWS}) WHERE n >= ${from} AND n < ${from + 130}`);
  await t.append("a.mixed", `SELECT * FROM (${ROWS}) WHERE n >= 390`);
  await t.db.run(`CREATE TABLE oracle AS ${ROWS}`);
});
afterAll(() => t[Symbol.asyncDispose]());

const literals: Readonly<Record<string, fc.Arbitrary<Literal>>> = {
  n: fc.integer({ min: -5, max: 405 }),
  venue: fc.constantFrom("a", "b/c", "d=é", "", "zz"),
  at: fc.integer({ min: -3, max: 12_500 }).map((minutes) => new Date(minutes * 60_000 - 172_800_000).toISOString()),
  price: fc.integer({ min: -1_200, max: 1_200 }).map((units) => (units / 32).toFixed(5)),
  real: fc.oneof(fc.integer({ min: -60, max: 100 }), fc.constantFrom(Number.NaN, -0, 0, Infinity, -Infinity)),
  day: fc.integer({ min: -60, max: 60 }),
  note: fc.constantFrom(`${"é".repeat(20)}3`, "é".repeat(16), "a", `${"é".repeat(15)}ê`, "ê"),
  flag: fc.boolean(),
  bytes: fc.integer({ min: 0, max: 20 }).map((length) => new Uint8Array(length).fill(0xff)),
  uid: fc.uuid(),
};

const leaf: fc.Arbitrary<Predicate> = fc.constantFrom(...Object.keys(literals)).chain((column) => {
  const literal = literals[column] ?? fc.constant(0);
  return fc.oneof(
    fc
      .tuple(
        fc.constantFrom("eq" as const, "notEq" as const, "lt" as const, "le" as const, "gt" as const, "ge" as const),
        literal,
      )
      .map(([is, value]): Predicate => ({ column, is, value })),
    fc
      .tuple(fc.constantFrom("in" as const, "notIn" as const), fc.array(literal, { maxLength: 3 }))
      .map(([is, values]): Predicate => ({ column, is, values })),
    fc.constantFrom("null" as const, "notNull" as const).map((is): Predicate => ({ column, is })),
  );
});
const predicates: fc.Arbitrary<Predicate> = fc.letrec<{ node: Predicate }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 2, depthSize: "small" },
    leaf,
    fc.array(tie("node"), { minLength: 1, maxLength: 3 }).map((and) => ({ and })),
    fc.array(tie("node"), { minLength: 1, maxLength: 3 }).map((or) => ({ or })),
    tie("node").map((not) => ({ not })),
  ),
})).node;

test("a pruned scan gives the rows that the same filter gives without pruning", async () => {
  const table = await t.lake.table("a.mixed");
  let pruned = 0;
  await fc.assert(
    fc.asyncProperty(predicates, async (filter) => {
      const scan = table.scan({ filter, columns: ["n"] });
      const { counts } = await scan.plan();
      pruned += counts.filesPrunedByBounds + counts.filesPrunedByPartition + counts.manifestsPruned;
      const where = / WHERE (.*)\)$/s.exec(
        await table.scan({ filter: { or: [filter, { column: "n", is: "null" }] } }).sql(),
      )?.[1];
      const condition = where ?? "false OR (n IS NULL)";
      expect(await t.db.rows(`SELECT n FROM ${await scan.sql()} ORDER BY n`)).toEqual(
        await t.db.rows(`SELECT n FROM oracle WHERE ${condition} ORDER BY n`),
      );
    }),
    { numRuns: 150 },
  );
  expect(pruned).toBeGreaterThan(100);
});

test("all rows come back exactly, each column in its type", async () => {
  const sql = await (await t.lake.table("a.mixed")).scan().sql();
  const compared = `SELECT * FROM (SELECT * FROM ${sql} EXCEPT ALL SELECT * FROM oracle) UNION ALL SELECT * FROM (SELECT * FROM oracle EXCEPT ALL SELECT * FROM ${sql})`;
  expect(await t.db.rows(compared)).toEqual([]);
  expect(await t.db.rows(`SELECT count(*)::INT FROM ${sql}`)).toEqual([[400]]);
  expect(await t.db.types(`SELECT * FROM ${sql}`)).toEqual(await t.db.types("SELECT * FROM oracle"));
});

test("the counts of a plan account for every file", async () => {
  const table = await t.lake.table("a.mixed");
  const all = (await table.scan().plan()).counts;
  expect(all).toMatchObject({ manifests: 4, manifestsPruned: 0, rowsPlanned: 400 });
  const { counts } = await table
    .scan({
      filter: {
        and: [
          { column: "venue", is: "eq", value: "a" },
          { column: "n", is: "lt", value: 50 },
        ],
      },
    })
    .plan();
  expect(counts.manifestsPruned).toBe(3);
  expect(counts.filesPlanned).toBeGreaterThan(0);
  expect(counts.filesPlanned).toBeLessThan(all.filesPlanned / 4);
});

test.each<[string, Predicate]>([
  ["an unknown column", { column: "nope", is: "null" }],
  ["a decimal as a number, which may be rounded already", { column: "price", is: "eq", value: 0.1 }],
  ["a time without a zone", { column: "at", is: "lt", value: "2024-01-01T00:00:00" }],
  ["text for a number", { column: "n", is: "in", values: ["x"] }],
])("%s is refused", async (_, filter) => {
  const table = await t.lake.table("a.mixed");
  expect(() => table.scan({ filter })).toThrow(/no column|Cannot/);
});
