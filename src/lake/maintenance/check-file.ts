import { describeError, K2Error } from "../../base/index.ts";
import { decodeValue } from "../core/single-value.ts";
import { isPrimitive, type PrimitiveType } from "../core/types.ts";
import { sqlName, sqlText, sqlValue } from "../duckdb/duckdb-sql.ts";
import { readType } from "../duckdb/read-type.ts";
import type { FileIo } from "../io/file-io.ts";
import type { DataFile } from "../manifest/data-file.ts";
import { currentSchema, specById, type TableMetadata } from "../metadata/table-metadata.ts";
import { leaseUnmarked } from "../scan/nanosecond-copies.ts";
import { readParquetFooter } from "../write/parquet-footer.ts";
import { type PartitionColumn, partitionColumn } from "../write/partition-sql.ts";
import type { SqlRunner } from "../write/sql-runner.ts";

/** What is wrong with one data or delete file; empty where it is as its manifest says. Reads its end, not its rows. */
export async function checkFooter(file: DataFile, io: FileIo): Promise<readonly string[]> {
  const problems: string[] = [];
  try {
    const { bytes, fileByteLength } = await io.readTail(file.location, 4);
    const magic = Buffer.from(bytes).toString("latin1");
    if (file.format === "puffin") return magic === "PFA1" ? [] : ["does not end as a Puffin file does"];
    if (fileByteLength !== file.byteLength) {
      problems.push(`has ${fileByteLength} bytes, and its manifest says ${file.byteLength}`);
    }
    if (file.format !== "parquet") return problems;
    if (magic !== "PAR1") return [...problems, "does not end as a Parquet file does: it is cut off or overwritten"];
    const { rowCount } = await readParquetFooter(io, file.location);
    if (rowCount !== file.recordCount)
      problems.push(`holds ${rowCount} rows, and its manifest says ${file.recordCount}`);
  } catch (error) {
    problems.push(describeFailure(error));
  }
  return problems;
}

export interface DeepCheckTools {
  readonly io: FileIo;
  readonly run: SqlRunner["run"];
}

/** Reads every row: are the counts, the nulls and the bounds of each column true, and is each row of its partition? */
export async function checkRows(
  file: DataFile,
  metadata: TableMetadata,
  { io, run }: DeepCheckTools,
): Promise<readonly string[]> {
  if (file.content !== "data" || file.format !== "parquet") return [];
  try {
    using lease = await leaseUnmarked(io, [file], currentSchema(metadata).fields);
    const claims = claimsOf(file, metadata);
    const from = readSql(file, metadata, lease.pathOf(file.location));
    const [row] = await run(`SELECT ${["count(*)", ...claims.map(({ sql }) => sql)].join(", ")} FROM ${from}`);
    const counts = (row ?? []).map(Number);
    const problems =
      counts[0] === file.recordCount ? [] : [`holds ${counts[0]} rows, and its manifest says ${file.recordCount}`];
    for (const [index, { expected, what }] of claims.entries()) {
      const found = counts[index + 1];
      if (found !== expected) problems.push(what(found ?? Number.NaN));
    }
    return problems;
  } catch (error) {
    return [describeFailure(error)];
  }
}

/** Something the manifest says of the rows, as SQL that counts to `expected` when it is true. */
interface Claim {
  readonly sql: string;
  readonly expected: number;
  readonly what: (found: number) => string;
}

function claimsOf(file: DataFile, metadata: TableMetadata): readonly Claim[] {
  const claims: Claim[] = [];
  for (const { id, name, type } of currentSchema(metadata).fields) {
    if (!isPrimitive(type)) continue;
    const column = sqlName(name);
    const nulls = file.nullCounts.get(id);
    if (nulls !== undefined) {
      const what = (found: number): string => `column ${name} has ${found} nulls, and its manifest says ${nulls}`;
      claims.push({ sql: `count(*) - count(${column})`, expected: nulls, what });
    }
    const [lower, upper] = [file.lowerBounds.get(id), file.upperBounds.get(id)];
    const isFloat = type.kind === "float" || type.kind === "double";
    const counted = isFloat ? `NOT isnan(${column}) AND ${column}` : column;
    if (lower !== undefined)
      claims.push(boundClaim(name, `${counted} < ${literal(type, lower)}`, "below its lower bound"));
    if (upper !== undefined)
      claims.push(boundClaim(name, `${counted} > ${literal(type, upper)}`, "above its upper bound"));
  }
  const condition = partitionCondition(file, metadata);
  if (condition !== undefined) {
    const what = (found: number): string => `has ${found} rows that are not of its partition`;
    claims.push({ sql: `count_if(NOT coalesce((${condition}), false))`, expected: 0, what });
  }
  return claims;
}

function boundClaim(name: string, condition: string, where: string): Claim {
  return {
    sql: `count_if(${condition})`,
    expected: 0,
    what: (found) => `column ${name} has ${found} values ${where}: pruning would lose them`,
  };
}

function literal(type: PrimitiveType, bytes: Uint8Array): string {
  return sqlValue(type, decodeValue(type, bytes));
}

/** Undefined where SQL cannot say it: buckets, and floats. */
function partitionCondition(file: DataFile, metadata: TableMetadata): string | undefined {
  const { fields } = currentSchema(metadata);
  const parts: string[] = [];
  for (const [index, field] of specById(metadata, file.specId).fields.entries()) {
    const source = fields.find(({ id }) => id === field.sourceId);
    if (source === undefined || !isPrimitive(source.type)) continue;
    const column = expressible(() => partitionColumn(field, source.name, source.type as PrimitiveType));
    if (column !== undefined) parts.push(column.conditionSql(file.partition[index]));
  }
  return parts.length === 0 ? undefined : parts.join(" AND ");
}

function expressible(make: () => PartitionColumn): PartitionColumn | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof K2Error) return undefined;
    throw error;
  }
}

/** The rows as they lie in the file, columns found by field id, deleted ones too. */
function readSql(file: DataFile, metadata: TableMetadata, path: string): string {
  const { fields } = currentSchema(metadata);
  const held = fields.filter(
    ({ id, type }) => isPrimitive(type) && (file.valueCounts.size === 0 || file.valueCounts.get(id) !== undefined),
  );
  const entries = held.map(
    ({ id, name, type }) => `${id}: {name: ${sqlText(name)}, type: ${sqlText(readType(type))}, default_value: NULL}`,
  );
  return `read_parquet(${sqlText(path)}, schema := MAP {${entries.join(", ")}}, hive_partitioning := false)`;
}

function describeFailure(error: unknown): string {
  return `cannot be read: ${describeError(error)}`;
}
