import fc from "fast-check";
import { expect, test } from "vitest";
import { anyValue } from "../core/arbitrary-fixture.ts";
import { applyTransform, type Transform, transformAccepts } from "../core/transform.ts";
import type { PrimitiveType } from "../core/types.ts";
import { compareValues, type Value } from "../core/value.ts";
import { sqlValue } from "../duckdb/duckdb-sql.ts";
import { readType } from "../duckdb/read-type.ts";
import { TestDuckDb } from "../test-duckdb.ts";
import { partitionColumn } from "./partition-sql.ts";

const TYPES: readonly PrimitiveType[] = [
  ...(["boolean", "int", "long", "float", "double", "date", "time", "timestamp", "timestamptz"] as const).map(
    (kind): PrimitiveType => ({ kind }),
  ),
  ...(["timestamp_ns", "timestamptz_ns", "string", "uuid", "binary"] as const).map((kind): PrimitiveType => ({ kind })),
  { kind: "decimal", precision: 9, scale: 2 },
  { kind: "decimal", precision: 18, scale: 0 },
  { kind: "decimal", precision: 38, scale: 10 },
  { kind: "decimal", precision: 38, scale: 38 },
];
const TRANSFORMS: readonly Transform[] = [
  ...(["identity", "year", "month", "day", "hour"] as const).map((kind): Transform => ({ kind })),
  ...[1, 7, 16, 1_000_003].map((buckets): Transform => ({ kind: "bucket", buckets })),
  ...[1, 3, 10, 97].map((width): Transform => ({ kind: "truncate", width })),
];

/** DuckDB's nanoseconds have no lowest values. */
function storable(type: PrimitiveType): fc.Arbitrary<Value> {
  const value = anyValue(type);
  return type.kind.endsWith("_ns") ? value.map((each) => (each as bigint) / 2n) : value;
}

/** The ends of the type, of those that DuckDB computes with. */
function endsOf({ kind }: PrimitiveType): readonly Value[] {
  if (kind !== "int" && kind !== "long") return [];
  const bits = kind === "int" ? 31n : 63n;
  return [-(1n << bits), -(1n << bits) + 1n, -(1n << bits) + 8n, (1n << bits) - 1n];
}

test.each(TYPES.map((type) => [JSON.stringify(type), type] as const))(
  "every transform of %s is the same in SQL as by the specification, and its condition finds exactly its rows",
  async (_name, type) => {
    using db = await TestDuckDb.open();
    const transforms = TRANSFORMS.filter((transform) => transformAccepts(transform, type));
    expect(transforms.length).toBeGreaterThan(0);
    const values = [...endsOf(type), ...fc.sample(storable(type), { numRuns: 120, seed: 5 })];
    await db.run(`CREATE TABLE t (i INTEGER, v ${readType(type)})`);
    await db.run(`INSERT INTO t VALUES ${values.map((each, i) => `(${i}, ${sqlValue(type, each)})`).join(", ")}`);
    await db.run("INSERT INTO t VALUES (-1, NULL)");
    for (const transform of transforms) {
      const field = { sourceId: 1, fieldId: 1000, name: "p", transform };
      const column = partitionColumn(field, "v", type);
      const rows = await db.run(`SELECT i, ${column.textSql} FROM t ORDER BY i`);
      expect(rows[0]?.[1]).toBe(null);
      const results = rows.slice(1).map(([, text]) => column.read(String(text)));
      for (const [index, value] of values.entries()) {
        const expected = applyTransform(transform, type, value);
        const seen = results[index];
        if (expected === undefined || seen === undefined) throw new Error("a value without a partition");
        const isSame = Number.isNaN(expected) ? Number.isNaN(seen) : compareValues(type, expected, seen) === 0;
        if (!isSame) expect([value, seen]).toEqual([value, expected]);
      }
      const [first] = results;
      if (first === undefined) continue;
      const found = await db.run(`SELECT i FROM t WHERE ${column.conditionSql(first)} ORDER BY i`);
      const same = results.flatMap((result, index) => (compareValues(type, result, first) === 0 ? [index] : []));
      expect(found.map(([index]) => index)).toEqual(same);
      expect(await db.run(`SELECT i FROM t WHERE ${column.conditionSql(undefined)}`)).toEqual([[-1]]);
    }
  },
);
