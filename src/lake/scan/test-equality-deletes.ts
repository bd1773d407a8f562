import { randomUUID } from "node:crypto";
import { mkdir, stat } from "node:fs/promises";
import { indexSchema } from "../core/schema-index.ts";
import { sqlName, sqlText } from "../duckdb/duckdb-sql.ts";
import type { DataFile, Table, Value } from "../index.ts";
import type { TestDuckDb } from "../test-duckdb.ts";

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

/** Writes an equality delete file, as Flink does, to be committed: there is no call for it in the lake. */
export async function equalityDeleteFile(input: EqualityDelete): Promise<DataFile> {
  const { db, table, columns, rows, specId = table.metadata.defaultSpecId, partition = [] } = input;
  const folder = `${table.metadata.location.replace(/^file:\/\//, "")}/data`;
  await mkdir(folder, { recursive: true });
  const path = `${folder}/eq-${randomUUID()}.parquet`;
  const schemas = table.metadata.schemas.toReversed();
  const ids = columns.map((name) => {
    const found = [table.schema, ...schemas].map((schema) => indexSchema(schema).byName.get(name)).find((each) => each);
    if (found === undefined) throw new RangeError(`no column ${name}`);
    return found.field.id;
  });
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
    valueCounts: none,
    nullCounts: none,
    nanCounts: none,
    lowerBounds: none,
    upperBounds: none,
    splitOffsets: [],
    equalityIds: ids,
    sortOrderId: undefined,
  };
}
