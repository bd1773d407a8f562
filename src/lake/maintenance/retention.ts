import { type Abortable, InvalidInputError } from "../../base/index.ts";
import { parseIdentifier } from "../catalog/identifier.ts";
import { overwriteIntent } from "../commit/overwrite.ts";
import { SnapshotChange } from "../commit/snapshot-change.ts";
import { decodeValue } from "../core/single-value.ts";
import { isPrimitive, type PrimitiveType } from "../core/types.ts";
import { formatValue } from "../core/value-text.ts";
import { sqlName, sqlValue } from "../duckdb/duckdb-sql.ts";
import type { DataFile } from "../manifest/data-file.ts";
import { currentSchema, specById, type TableMetadata } from "../metadata/table-metadata.ts";
import type { Table } from "../table.ts";
import type { SqlRunner } from "../write/sql-runner.ts";
import { type StagedFiles, stageFiles } from "../write/stage.ts";
import { partitionEndMs } from "./closed-partition.ts";
import { liveEntriesAt } from "./live-files.ts";
import { type MaintenanceContext, nowMsOf } from "./maintenance-context.ts";
import { durationProperty } from "./table-properties.ts";

/** How long the rows of a table are kept, by its properties. */
export interface RetentionPolicy {
  /** `k2.retention.max-age`: 90d, 12h, … */
  readonly maxAgeMs: number;
  /** `k2.retention.column`: a date or a timestamp; default, the column whose time the table is partitioned by. */
  readonly column: string;
  /**
   * `k2.retention.granularity`: `partition` (the default) removes whole partitions and files once all of their rows are
   * too old, which costs nothing; `row` also rewrites the files in which some are.
   */
  readonly granularity: "partition" | "row";
}

export interface RetentionReport {
  readonly beforeMs: number;
  /** Removed whole. */
  readonly files: number;
  readonly filesRewritten: number;
  /** Removed with whole files and out of rewritten ones. Deleted rows count in whole files. */
  readonly rows: number;
}

/** @returns undefined for a table that keeps its rows for ever. @throws {InvalidInputError} for settings that fit no column */
export function retentionPolicy(metadata: TableMetadata): RetentionPolicy | undefined {
  const maxAgeMs = durationProperty(metadata, "k2.retention.max-age");
  if (maxAgeMs === undefined) return undefined;
  const { fields } = currentSchema(metadata);
  const spec = specById(metadata, metadata.defaultSpecId);
  const timed = spec.fields.find(({ transform }) => ["year", "month", "day", "hour"].includes(transform.kind));
  const name = metadata.properties["k2.retention.column"];
  const field = fields.find((each) => (name === undefined ? each.id === timed?.sourceId : each.name === name));
  if (field === undefined || !isTime(field.type)) {
    throw new InvalidInputError(
      `Cannot apply the retention of ${metadata.location}: ${name ?? "its partitioning"} names no column of dates or times. ` +
        "Set its property k2.retention.column to one. Nothing was removed",
    );
  }
  const granularity = metadata.properties["k2.retention.granularity"] ?? "partition";
  if (granularity !== "partition" && granularity !== "row") {
    throw new InvalidInputError(
      `Property k2.retention.granularity of ${metadata.location} must be partition or row, not ${granularity}`,
    );
  }
  return { maxAgeMs, column: field.name, granularity };
}

function isTime(type: Parameters<typeof isPrimitive>[0]): boolean {
  return type.kind === "date" || type.kind.startsWith("timestamp");
}

/** Removes rows older than the table's policy; undefined where it has none. One commit, of the metadata alone where files go whole. */
export async function applyRetention(
  context: MaintenanceContext,
  name: string,
  { run }: { readonly run: SqlRunner["run"] },
  options: Abortable = {},
): Promise<RetentionReport | undefined> {
  const table = await context.table(name);
  const { metadata, snapshot } = table;
  const policy = retentionPolicy(metadata);
  if (policy === undefined) return undefined;
  const beforeMs = nowMsOf(context) - policy.maxAgeMs;
  const report = { beforeMs, files: 0, filesRewritten: 0, rows: 0 };
  if (snapshot === undefined) return report;
  const chosen = chooser(metadata, policy, beforeMs);
  const [whole, edges]: [DataFile[], DataFile[]] = [[], []];
  for await (const { file } of liveEntriesAt(metadata, snapshot, context.tools.manifests)) {
    if (file.content !== "data") continue;
    const fate = chosen(file);
    if (fate === "remove") whole.push(file);
    else if (fate === "rewrite" && policy.granularity === "row") edges.push(file);
  }
  if (whole.length + edges.length === 0) return report;
  const staged = await stageKept(context, table, edges, { ...policy, beforeMs, run }, options);
  const intent = overwriteIntent({
    add: staged.files,
    remove: [...whole, ...edges],
    startingSnapshotId: snapshot.snapshotId,
    isolation: "snapshot",
    conflictFilter: { column: policy.column, is: "lt", value: boundText(metadata, policy.column, beforeMs) },
    summary: { "k2.maintenance": "retention", "k2.retention.before": new Date(beforeMs).toISOString() },
  });
  const change = new SnapshotChange(parseIdentifier(name), intent, context.tools);
  const { tables } = await context.commit([change], options);
  await change.settle(tables[0]?.metadata);
  const rowsOf = (files: readonly DataFile[]): number => files.reduce((sum, { recordCount }) => sum + recordCount, 0);
  return {
    beforeMs,
    files: whole.length,
    filesRewritten: edges.length,
    rows: rowsOf(whole) + rowsOf(edges) - staged.rows,
  };
}

type Fate = "keep" | "remove" | "rewrite";

/** Bounds that are absent tell nothing: such a file is kept, or looked into. A null is of no age and stays. */
function chooser(metadata: TableMetadata, { column }: RetentionPolicy, beforeMs: number): (file: DataFile) => Fate {
  const field = currentSchema(metadata).fields.find(({ name }) => name === column);
  if (field === undefined || !isPrimitive(field.type)) throw new RangeError(`a retention by ${column}`);
  const { id, type } = field;
  const before = asValue(type, beforeMs);
  return (file) => {
    const spec = specById(metadata, file.specId);
    const isBySource = spec.fields.some(({ sourceId, transform }) => sourceId === id && transform.kind !== "identity");
    const endMs = isBySource ? partitionEndMs(metadata, file) : undefined;
    if (endMs !== undefined && endMs <= beforeMs && file.nullCounts.get(id) === 0) return "remove";
    const [lower, upper] = [file.lowerBounds.get(id), file.upperBounds.get(id)];
    const isOld = upper !== undefined && (decodeValue(type, upper) as bigint) < before;
    if (isOld && file.nullCounts.get(id) === 0) return "remove";
    return lower !== undefined && (decodeValue(type, lower) as bigint) >= before ? "keep" : "rewrite";
  };
}

/** A time as the column holds it; a date rounds down, so that the day that is partly kept is kept. */
function asValue(type: PrimitiveType, ms: number): bigint {
  if (type.kind === "date") return BigInt(Math.floor(ms / 86_400_000));
  return BigInt(ms) * (type.kind.endsWith("_ns") ? 1_000_000n : 1_000n);
}

function boundText(metadata: TableMetadata, column: string, ms: number): string {
  const field = currentSchema(metadata).fields.find(({ name }) => name === column);
  if (field === undefined || !isPrimitive(field.type)) throw new RangeError(`a retention by ${column}`);
  return formatValue(field.type, asValue(field.type, ms));
}

interface Keeping extends RetentionPolicy {
  readonly beforeMs: number;
  readonly run: SqlRunner["run"];
}

/** Files with the rows of `edges` that are young enough. */
async function stageKept(
  context: MaintenanceContext,
  table: Table,
  edges: readonly DataFile[],
  { column, beforeMs, run }: Keeping,
  options: Abortable,
): Promise<StagedFiles> {
  if (edges.length === 0) return { files: [], rows: 0, bytes: 0 };
  const field = table.schema.fields.find(({ name }) => name === column);
  if (field === undefined || !isPrimitive(field.type)) throw new RangeError(`a retention by ${column}`);
  using scan = table.scan({ files: new Set(edges.map(({ location }) => location)) });
  const young = `${sqlName(column)} >= ${sqlValue(field.type, asValue(field.type, beforeMs))} OR ${sqlName(column)} IS NULL`;
  const relation = `SELECT * FROM ${await scan.sql()} WHERE ${young}`;
  return await stageFiles({ metadata: table.metadata, ...context.tools }, { run, relation }, options);
}
