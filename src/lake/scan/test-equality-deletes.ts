import { randomUUID } from "node:crypto";
import { mkdir, stat } from "node:fs/promises";
import { indexSchema } from "../core/schema-index.ts";
import { isPrimitive, type PrimitiveType, type Type } from "../core/types.ts";
import { parseValue } from "../core/value-text.ts";
import { sqlName, sqlText } from "../duckdb/duckdb-sql.ts";
import type { DataFile, Table, Value } from "../index.ts";
import type { TestDuckDb } from "../test-duckdb.ts";
import { lowerBound, upperBound } from "../write/bounds.ts";

export interface EqualityDelete {
  readonly db: TestDuckDb;
  readonly table: Table;
  /** By which rows are found, top-level columns of any of the table's schemas. */
  readonly columns: readonly string[];
  /** A SELECT of those columns. */
  readonly rows: string;
  readonly specId?: number;
  readonly partition?: readonly (Value | undefined)[];
}

const BOUNDED: ReadonlySet<Type["kind"]> = new Set(["int", "long", "string", "date", "decimal"]);
const BOUND_LENGTH_MAX = 4;

/** Counts and bounds of the columns, as writers give them; text is cut short. */
async function metricsOf(
  db: TestDuckDb,
  path: string,
  fields: readonly { readonly id: number; readonly name: string; readonly type: Type }[],
): Promise<Pick<DataFile, "valueCounts" | "nullCounts" | "lowerBounds" | "upperBounds">> {
  const bounded = fields.filter(({ type }) => BOUNDED.has(type.kind) && isPrimitive(type));
  const select = bounded.flatMap(({ name }) => [
    `min(${sqlName(name)})::VARCHAR`,
    `max(${sqlName(name)})::VARCHAR`,
    `count(*) FILTER (${sqlName(name)} IS NULL)::INT`,
  ]);
  const [row = []] = await db.rows(`SELECT ${["count(*)::INT", ...select].join(", ")} FROM ${sqlText(path)}`);
  const metrics = {
    valueCounts: new Map<number, number>(),
    nullCounts: new Map<number, number>(),
    lowerBounds: new Map<number, Uint8Array>(),
    upperBounds: new Map<number, Uint8Array>(),
  };
  for (const [index, { id, type }] of bounded.entries()) {
    const [lower, upper, nulls] = row.slice(1 + 3 * index);
    metrics.valueCounts.set(id, Number(row[0]));
    metrics.nullCounts.set(id, Number(nulls));
    if (lower === null) continue;
    const primitive = type as PrimitiveType;
    metrics.lowerBounds.set(id, lowerBound(primitive, parseValue(primitive, String(lower)), BOUND_LENGTH_MAX));
    const bound = upperBound(primitive, parseValue(primitive, String(upper)), BOUND_LENGTH_MAX);
    if (bound !== undefined) metrics.upperBounds.set(id, bound);
  }
  return metrics;
}

/** Writes an equality delete file, as Flink does, to be committed: there is no call for it in the lake. */
export async function equalityDeleteFile(input: EqualityDelete): Promise<DataFile> {
  const { db, table, columns, rows, specId = table.metadata.defaultSpecId, partition = [] } = input;
  const folder = `${table.metadata.location.replace(/^file:\/\//, "")}/data`;
  await mkdir(folder, { recursive: true });
  const path = `${folder}/eq-${randomUUID()}.parquet`;
  const schemas = table.metadata.schemas.toReversed();
  const fields = columns.map((name) => {
    const found = [table.schema, ...schemas].map((schema) => indexSchema(schema).byName.get(name)).find((each) => each);
    if (found === undefined) throw new RangeError(`no column ${name}`);
    return found.field;
  });
  const ids = fields.map(({ id }) => id);
  const fieldIds = columns.map((name, index) => `${sqlName(name)}: ${ids[index]}`).join(", ");
  await db.run(`COPY (${rows}) TO ${sqlText(path)} (FORMAT parquet, FIELD_IDS {${fieldIds}})`);
  const [[count]] = (await db.rows(`SELECT count(*)::INT FROM ${sqlText(path)}`)) as [[number]];
  const none = new Map<number, never>();
  return {
    content: "equality-deletes",
    location: `file://${path}`,
    format: "parquet",
    specId,
    partition,
    recordCount: count,
    byteLength: (await stat(path)).size,
    columnSizes: none,
    nanCounts: none,
    ...(await metricsOf(db, path, fields)),
    splitOffsets: [],
    equalityIds: ids,
    sortOrderId: undefined,
  };
}
