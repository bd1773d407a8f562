import { type Abortable, InvalidInputError } from "../../base/index.ts";
import { type MetricsMode, metricsModes } from "../core/metrics-mode.ts";
import type { PartitionSpec } from "../core/partition-spec.ts";
import { primitiveById, type Schema } from "../core/schema.ts";
import type { SortOrder } from "../core/sort-order.ts";
import type { Field } from "../core/types.ts";
import type { Value } from "../core/value.ts";
import { sqlName, sqlText } from "../duckdb/duckdb-sql.ts";
import { LakeUnsupportedError, RowsMismatchError } from "../errors.ts";
import type { FileIo } from "../io/file-io.ts";
import type { LakeIds } from "../io/ids.ts";
import type { DataFile } from "../manifest/data-file.ts";
import { currentSchema, defaultSortOrder, specById, type TableMetadata } from "../metadata/table-metadata.ts";
import { LINEAGE_IDS } from "../scan/metadata-columns.ts";
import { utcNanosecondIds } from "../scan/nanosecond-copies.ts";
import { setUtcMarks } from "../scan/utc-marks.ts";
import { readCopyStatistics } from "./copy-statistics.ts";
import { dataLocation } from "./data-location.ts";
import { fileMetrics } from "./file-metrics.ts";
import { readParquetFooter } from "./parquet-footer.ts";
import { parquetOptions } from "./parquet-options.ts";
import { type PartitionColumn, partitionColumn, transformSql } from "./partition-sql.ts";
import { fieldIdsSql, selectSql } from "./rows-schema.ts";
import type { SqlRunner } from "./sql-runner.ts";

export interface StageInput {
  readonly run: SqlRunner["run"];
  /**
   * A SELECT of the rows, with the table's column names and types in any order; optional columns may be left out. Rows of a
   * table of format v3 that were there before bring `_row_id` and `_last_updated_sequence_number` along, as a scan gives them.
   * It is asked several times and must give the same rows each time.
   */
  readonly relation: string;
  /** Rows of one file at most; default as `write.target-file-size-bytes` says and 8,000,000. */
  readonly rowsMax?: number | undefined;
  /** Partitions in one call at most; default 1,000. More is mostly a mistaken transform. */
  readonly partitionsMax?: number | undefined;
  /** zstd; 3 to ingest (the default), 9 to compact. */
  readonly compressionLevel?: number | undefined;
}

/** Files that are durable and in nobody's table: to be committed, or left for the orphan clean-up. */
export interface StagedFiles {
  readonly files: readonly DataFile[];
  readonly rows: number;
  readonly bytes: number;
}

interface StageTarget {
  readonly metadata: TableMetadata;
  readonly io: FileIo;
  readonly ids: LakeIds;
}

const ROWS_MAX_DEFAULT = 8_000_000;
const PARTITIONS_MAX_DEFAULT = 1_000;
/** Above so many rows a file may be larger than its target. */
const PROBE_ROWS = 122_880;

/**
 * Writes rows as sorted Parquet, one file (or more, by `rowsMax`) a partition, with exact metrics.
 * Every file is synced and has its name when this resolves; when it rejects, none is left.
 *
 * @throws {RowsMismatchError} when the rows do not fit the schema or change while they are read
 * @throws {LakeUnsupportedError} for a transform or type that DuckDB cannot write exactly
 */
export async function stageFiles(
  target: StageTarget,
  input: StageInput,
  { signal }: Abortable = {},
): Promise<StagedFiles> {
  const stage = new Stage(target, input);
  try {
    const files = await stage.write(signal);
    return {
      files,
      rows: sum(files, ({ recordCount }) => recordCount),
      bytes: sum(files, ({ byteLength }) => byteLength),
    };
  } catch (error) {
    await stage.abandon();
    throw error;
  }
}

interface Partition {
  readonly values: readonly (Value | undefined)[];
  readonly rowCount: number;
}

class Stage {
  readonly #target: StageTarget;
  readonly #input: StageInput;
  readonly #schema: Schema;
  readonly #spec: PartitionSpec;
  readonly #order: SortOrder;
  readonly #columns: readonly PartitionColumn[];
  readonly #modes: ReadonlyMap<number, MetricsMode>;
  readonly #begun: string[] = [];
  #signal: AbortSignal | undefined;
  readonly #stageId: string;
  #lineage: readonly Field[] = [];
  /** Fields whose nanoseconds are in UTC, of which DuckDB's files do not say so. */
  readonly #utcIds: ReadonlySet<number>;

  constructor(target: StageTarget, input: StageInput) {
    const { metadata } = target;
    this.#target = target;
    this.#input = input;
    this.#schema = currentSchema(metadata);
    this.#spec = specById(metadata, metadata.defaultSpecId);
    this.#order = defaultSortOrder(metadata);
    this.#stageId = target.ids.uuid();
    this.#columns = this.#spec.fields.map((field) => partitionColumn(field, ...sourceOf(this.#schema, field.sourceId)));
    const sorted = new Set(this.#order.fields.map(({ sourceId }) => sourceId));
    this.#modes = metricsModes(this.#schema, metadata.properties, sorted);
    this.#utcIds = utcNanosecondIds(this.#schema.fields);
    refuseUnwritable(this.#schema);
  }

  async write(signal: AbortSignal | undefined): Promise<readonly DataFile[]> {
    this.#signal = signal;
    await this.#refuseUnordered();
    const rows = await this.#rowsSql();
    const partitions = await this.#partitions(rows);
    const files: DataFile[] = [];
    for (const partition of partitions) {
      signal?.throwIfAborted();
      const condition = partitions.length === 1 ? undefined : this.#conditionSql(partition);
      const sorted = `SELECT * FROM (${rows})${condition === undefined ? "" : ` WHERE ${condition}`}${this.#orderSql()}`;
      const slices = await this.#slices(sorted, partition);
      const before = files.length;
      for (const slice of slices) files.push(await this.#writeFile(slice, partition, files.length));
      if (slices.length > 1) await this.#dropSlices();
      this.#refuseChanged(
        partition,
        sum(files.slice(before), ({ recordCount }) => recordCount),
      );
    }
    return files;
  }

  /** A partition's rows are counted first and read later: a relation that changed in between would lose or double rows. */
  #refuseChanged(partition: Partition, written: number): void {
    if (written === partition.rowCount) return;
    throw new RowsMismatchError(
      `Cannot stage the rows: ${partition.rowCount} were counted and ${written} written, so the relation changed in between. ` +
        "No file is left; stage from rows that hold still, such as a range of offsets",
    );
  }

  async abandon(): Promise<void> {
    await this.#dropSlices().catch(() => undefined);
    for (const location of this.#begun) await this.#target.io.abandonFile(location).catch(() => undefined);
  }

  async #refuseUnordered(): Promise<void> {
    if (this.#order.fields.length === 0) return;
    const [row] = await this.#input.run("SELECT CAST(current_setting('preserve_insertion_order') AS VARCHAR)");
    if (row?.[0] === "true") return;
    throw new InvalidInputError(
      "Cannot stage sorted rows: the connection has preserve_insertion_order off, and DuckDB then writes them in any order",
    );
  }

  /** The relation with exactly the table's columns and types. */
  async #rowsSql(): Promise<string> {
    const { run, relation } = this.#input;
    const described = await run(`DESCRIBE SELECT * FROM (${relation})`);
    const columns = new Map(described.map((row) => [String(row[0]), String(row[1])]));
    if (this.#target.metadata.formatVersion >= 3) this.#lineage = takeLineage(columns, this.#schema);
    const select = [selectSql(this.#schema, columns), ...this.#lineage.map(({ name }) => name)];
    return `SELECT ${select.join(", ")} FROM (${relation})`;
  }

  async #partitions(rows: string): Promise<readonly Partition[]> {
    const { run, partitionsMax = PARTITIONS_MAX_DEFAULT } = this.#input;
    const texts = this.#columns.map(({ textSql }, index) => `${textSql} AS p${index}`);
    const found = await run(
      `SELECT ${[...texts, "CAST(count(*) AS VARCHAR)"].join(", ")} FROM (${rows})` +
        (texts.length === 0 ? "" : ` GROUP BY ALL ORDER BY ALL LIMIT ${partitionsMax + 1}`),
    );
    if (found.length > partitionsMax) {
      throw new RowsMismatchError(
        `Cannot stage the rows: they fall into more than ${partitionsMax} partitions of ${this.#target.metadata.location}. ` +
          "Nothing was written; stage fewer at a time, partition more coarsely, or raise partitionsMax",
      );
    }
    const partitions = found.map((row) => ({
      values: this.#columns.map((column, index) => {
        const text = row[index];
        return text === null || text === undefined ? undefined : column.read(String(text));
      }),
      rowCount: Number(row[this.#columns.length]),
    }));
    return partitions.filter(({ rowCount }) => rowCount > 0);
  }

  #conditionSql({ values }: Partition): string {
    return this.#columns.map((column, index) => column.conditionSql(values[index])).join(" AND ");
  }

  #orderSql(): string {
    const keys = this.#order.fields.map(({ sourceId, transform, direction, nullOrder }) => {
      const key = transformSql(transform, ...sourceOf(this.#schema, sourceId));
      return `${key} ${direction.toUpperCase()} ${nullOrder === "nulls-first" ? "NULLS FIRST" : "NULLS LAST"}`;
    });
    return keys.length === 0 ? "" : ` ORDER BY ${keys.join(", ")}`;
  }

  /** One query for each file. Rows of equal sort keys come in any order, so slices are cut from rows sorted once and kept. */
  async #slices(sorted: string, partition: Partition): Promise<readonly string[]> {
    const { rowCount } = partition;
    const targetBytes = this.#input.rowsMax === undefined ? this.#targetBytes() : undefined;
    const rowsMax = Math.max(1, this.#input.rowsMax ?? ROWS_MAX_DEFAULT);
    if (rowCount <= (targetBytes === undefined ? rowsMax : Math.min(rowsMax, PROBE_ROWS))) return [sorted];
    await this.#input.run(`CREATE TEMP TABLE ${this.#slicesTable()} AS ${sorted}`);
    const fitting = targetBytes === undefined ? rowsMax : Math.min(rowsMax, await this.#rowsOf(targetBytes, partition));
    const rowsEach = Math.ceil(rowCount / Math.ceil(rowCount / fitting));
    const starts = Array.from({ length: Math.ceil(rowCount / rowsEach) }, (_, index) => index * rowsEach);
    return starts.map((start) => this.#sliceSql(start, start + rowsEach));
  }

  #sliceSql(from: number, to: number): string {
    return `SELECT * FROM ${this.#slicesTable()} WHERE rowid >= ${from} AND rowid < ${to} ORDER BY rowid`;
  }

  #targetBytes(): number | undefined {
    const bytes = Number(this.#target.metadata.properties["write.target-file-size-bytes"]);
    return bytes > 0 ? bytes : undefined;
  }

  /** How many rows make a file of that size: measured on one row group, written and thrown away. */
  async #rowsOf(targetBytes: number, partition: Partition): Promise<number> {
    const location = dataLocation(this.#target.metadata, this.#placeOf(partition), `probe-${this.#stageId}.parquet`);
    const path = await this.#target.io.beginFile(location);
    try {
      const copied = await this.#input.run(this.#copySql(this.#sliceSql(0, PROBE_ROWS), path));
      const { byteLength, rowCount } = readCopyStatistics(copied);
      return Math.max(PROBE_ROWS, Math.floor((targetBytes * rowCount) / byteLength));
    } finally {
      await this.#target.io.abandonFile(location);
    }
  }

  #placeOf({ values }: Partition): Pick<DataFile, "specId" | "partition"> {
    return { specId: this.#spec.specId, partition: values };
  }

  #slicesTable(): string {
    return sqlName(`k2_stage_${this.#stageId}`);
  }

  async #dropSlices(): Promise<void> {
    await this.#input.run(`DROP TABLE IF EXISTS ${this.#slicesTable()}`);
  }

  async #writeFile(query: string, partition: Partition, index: number): Promise<DataFile> {
    const { metadata, io } = this.#target;
    const name = `${String(index).padStart(5, "0")}-${this.#stageId}.parquet`;
    const location = dataLocation(metadata, this.#placeOf(partition), name);
    this.#begun.push(location);
    const path = await io.beginFile(location);
    const statistics = readCopyStatistics(await this.#input.run(this.#copySql(query, path)));
    if (this.#utcIds.size > 0) await setUtcMarks(path, ({ fieldId }) => this.#utcIds.has(fieldId ?? -1) || undefined);
    const footer = await readParquetFooter(io, path);
    const metrics = fileMetrics({ fields: this.#schema.fields, modes: this.#modes }, statistics, footer);
    this.#refuseNulls(metrics.nullCounts);
    if (statistics.rowCount !== footer.rowCount) {
      throw new RowsMismatchError(
        `Cannot stage the rows: DuckDB wrote ${statistics.rowCount}, the file holds ${footer.rowCount}`,
      );
    }
    await io.finishFile(location, { signal: this.#signal });
    return {
      content: "data",
      location,
      format: "parquet",
      specId: this.#spec.specId,
      partition: partition.values,
      recordCount: statistics.rowCount,
      byteLength: statistics.byteLength,
      ...metrics,
      splitOffsets: footer.splitOffsets,
      equalityIds: [],
      // Each file is in the table's order, and it would be true to say so. But ClickHouse then takes the files for one
      // sorted whole and answers ORDER BY with rows out of order (ClickHouse/ClickHouse#112981); no engine gains by knowing.
      sortOrderId: undefined,
    };
  }

  #copySql(query: string, path: string): string {
    const { metadata } = this.#target;
    const options = [
      ...parquetOptions(metadata.properties, this.#input.compressionLevel),
      `FIELD_IDS ${fieldIdsSql([...this.#schema.fields, ...this.#lineage])}`,
      "USE_TMP_FILE false",
      "RETURN_STATS",
    ];
    return `COPY (${query}) TO ${sqlText(path)} (${options.join(", ")})`;
  }

  #refuseNulls(nullCounts: FileNullCounts): void {
    const field = this.#schema.fields.find(({ id, required }) => required && (nullCounts.get(id) ?? 0) > 0);
    if (field === undefined) return;
    throw new RowsMismatchError(
      `Cannot stage the rows: ${nullCounts.get(field.id)} have no ${field.name}, which is required. Nothing was written`,
    );
  }
}

type FileNullCounts = DataFile["nullCounts"];

/** Columns that rows of format v3 keep when they are written anew: out of the given ones, if they are there. */
function takeLineage(columns: Map<string, string>, { fields }: Schema): readonly Field[] {
  const lineage = [...LINEAGE_IDS].map(([name, id]): Field => ({ id, name, type: { kind: "long" }, required: false }));
  return lineage.filter(({ name }) => !fields.some((field) => field.name === name) && columns.delete(name));
}

function sourceOf(
  schema: Schema,
  sourceId: number,
): [name: string, type: NonNullable<ReturnType<typeof primitiveById>>] {
  const field = schema.fields.find(({ id }) => id === sourceId);
  const type = primitiveById(schema, sourceId);
  if (field !== undefined && type !== undefined) return [field.name, type];
  throw new LakeUnsupportedError(
    `Cannot write files partitioned or sorted by field ${sourceId}: it is dropped or within a struct`,
  );
}

/** DuckDB has no fixed bytes (it would write variable ones). */
function refuseUnwritable(schema: Schema): void {
  const field = schema.fields.find(({ type }) => type.kind === "fixed" || type.kind === "opaque");
  if (field === undefined) return;
  throw new LakeUnsupportedError(
    `Cannot write column ${field.name}: DuckDB has no Parquet type for ${field.type.kind}`,
  );
}

function sum(files: readonly DataFile[], of: (file: DataFile) => number): number {
  return files.reduce((total, file) => total + of(file), 0);
}
