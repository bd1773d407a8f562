import { InvalidInputError } from "../../base/index.ts";
import type { SnapshotOptions } from "../commit/snapshot-intent.ts";
import { metricsModes } from "../core/metrics-mode.ts";
import { formatNameMapping, NAME_MAPPING_PROPERTY, nameMappingOf, parseNameMapping } from "../core/name-mapping.ts";
import { isPrimitive } from "../core/types.ts";
import type { Value } from "../core/value.ts";
import { parseValue } from "../core/value-text.ts";
import { sqlName } from "../duckdb/duckdb-sql.ts";
import { RowsMismatchError } from "../errors.ts";
import type { FileIo } from "../io/file-io.ts";
import type { DataFile } from "../manifest/data-file.ts";
import { FILES_HOLD_PARTITION_COLUMNS } from "../metadata/new-table.ts";
import { currentSchema, specById, type TableMetadata } from "../metadata/table-metadata.ts";
import { readingOf } from "../scan/file-reading.ts";
import { leaseUnmarked, withoutUtcMarks } from "../scan/nanosecond-copies.ts";
import { type PhysicalSchema, physicalSchemaOf } from "../scan/physical-schema.ts";
import { measureFile } from "./measure-file.ts";
import { readParquetFooter } from "./parquet-footer.ts";
import { partitionColumn } from "./partition-sql.ts";
import type { SqlRunner } from "./sql-runner.ts";

export interface RegisterFilesInput extends SnapshotOptions {
  readonly run: SqlRunner["run"];
  /** Paths or locations of Parquet files. They stay where they are, and belong to the table from then on. */
  readonly files: readonly string[];
}

/** Files as the table is to list them, and the properties it needs to read them. */
export interface DescribedFiles {
  readonly files: readonly DataFile[];
  readonly properties: Readonly<Record<string, string>>;
}

/**
 * Describes Parquet files of whatever writer as data files of the table: their columns by field id or, where they have
 * none, by name; their partition from their rows and, for columns they do not hold, from their folders (`day=2024-03-01`).
 *
 * @throws {InvalidInputError} when a file is empty, or its rows are of several partitions
 * @throws {RowsMismatchError} when a required column has nulls or is absent
 * @throws {LakeUnsupportedError} when a column cannot be read as the table's without loss
 */
export async function describeFiles(
  { metadata, io }: { readonly metadata: TableMetadata; readonly io: FileIo },
  { run, files }: Pick<RegisterFilesInput, "run" | "files">,
): Promise<DescribedFiles> {
  const described: DataFile[] = [];
  const properties: Record<string, string> = { [FILES_HOLD_PARTITION_COLUMNS]: "false" }; // Others look before they read.
  for (const path of files) {
    const describer = new Describer(metadata, io, run);
    described.push(await describer.describe(path.startsWith("/") ? `file://${path}` : path));
    if (describer.isMapped) properties[NAME_MAPPING_PROPERTY] = formatNameMapping(describer.mapping);
  }
  return { files: described, properties };
}

class Describer {
  readonly #metadata: TableMetadata;
  readonly #io: FileIo;
  readonly #run: SqlRunner["run"];
  isMapped = false;

  constructor(metadata: TableMetadata, io: FileIo, run: SqlRunner["run"]) {
    this.#metadata = metadata;
    this.#io = io;
    this.#run = run;
  }

  /** The table's, or one of its columns' names. */
  get mapping(): ReturnType<typeof nameMappingOf> {
    const text = this.#metadata.properties[NAME_MAPPING_PROPERTY];
    return text === undefined ? nameMappingOf(currentSchema(this.#metadata)) : parseNameMapping(text);
  }

  async describe(location: string): Promise<DataFile> {
    const footer = await readParquetFooter(this.#io, location);
    if (footer.rowCount === 0) throw new InvalidInputError(`Cannot register ${location}: it has no rows`);
    const spec = specById(this.#metadata, this.#metadata.defaultSpecId);
    const bare: DataFile = {
      content: "data",
      location,
      format: "parquet",
      specId: spec.specId,
      partition: spec.fields.map(() => undefined),
      recordCount: footer.rowCount,
      byteLength: footer.byteLength,
      columnSizes: new Map(),
      valueCounts: new Map(),
      nullCounts: new Map(),
      nanCounts: new Map(),
      lowerBounds: new Map(),
      upperBounds: new Map(),
      splitOffsets: footer.splitOffsets,
      equalityIds: [],
      sortOrderId: undefined,
    };
    const marked = await physicalSchemaOf(this.#io, bare);
    const physical = { ...marked, fields: withoutUtcMarks(marked.fields) };
    this.isMapped = !physical.hasIds;
    const placed = { ...bare, partition: this.#partitionOfPath(location, physical) };
    using lease = await leaseUnmarked(this.#io, [placed], marked.fields);
    const relation = this.#relation(placed, physical, lease.pathOf(location));
    const partition = await this.#partition(location, relation);
    const { fields } = currentSchema(this.#metadata);
    const modes = metricsModes(currentSchema(this.#metadata), this.#metadata.properties);
    const { metrics, rowCount } = await measureFile({ run: this.#run, relation, fields, modes });
    if (rowCount !== footer.rowCount) {
      throw new InvalidInputError(
        `Cannot register ${location}: it has ${rowCount} rows, its footer says ${footer.rowCount}`,
      );
    }
    await this.#refuseNulls(location, relation);
    return { ...placed, ...metrics, partition };
  }

  #relation(file: DataFile, physical: PhysicalSchema, path: string): string {
    const { fields } = currentSchema(this.#metadata);
    const reading = readingOf(file, physical, { metadata: this.#metadata, fields, mapping: this.mapping });
    const columns = fields.map(({ id, name }) => `${reading.columns.get(id) ?? "NULL"} AS ${sqlName(name)}`);
    return `(SELECT ${columns.join(", ")} FROM ${reading.from([path])})`;
  }

  /** Values of identity partitions whose column the file does not hold. */
  #partitionOfPath(location: string, physical: PhysicalSchema): readonly (Value | undefined)[] {
    const { fields } = specById(this.#metadata, this.#metadata.defaultSpecId);
    const folders = new Map(
      location.split("/").flatMap((part) => {
        const at = part.indexOf("=");
        return at < 1 ? [] : [[decodeURIComponent(part.slice(0, at)), decodeURIComponent(part.slice(at + 1))] as const];
      }),
    );
    return fields.map(({ sourceId, name, transform }) => {
      const source = currentSchema(this.#metadata).fields.find(({ id }) => id === sourceId);
      if (source === undefined || transform.kind !== "identity" || !isPrimitive(source.type)) return undefined;
      const isHeld = physical.fields.some((field) => field.id === sourceId || field.name === source.name);
      const text = folders.get(name);
      if (isHeld || text === undefined || NULL_FOLDERS.has(text)) return undefined;
      return parseValue(source.type, text);
    });
  }

  async #partition(location: string, relation: string): Promise<readonly (Value | undefined)[]> {
    const schema = currentSchema(this.#metadata);
    const { fields } = specById(this.#metadata, this.#metadata.defaultSpecId);
    if (fields.length === 0) return [];
    const columns = fields.map((field) => {
      const source = schema.fields.find(({ id }) => id === field.sourceId);
      if (source !== undefined && isPrimitive(source.type)) return partitionColumn(field, source.name, source.type);
      throw new InvalidInputError(
        `Cannot register ${location}: partition field ${field.name} is of no column of its own`,
      );
    });
    const texts = columns.map(({ textSql }, index) => `${textSql} AS p${index}`);
    const rows = await this.#run(`SELECT DISTINCT ${texts.join(", ")} FROM ${relation} ORDER BY ALL LIMIT 2`);
    const [row] = rows;
    if (row === undefined || rows.length > 1) {
      throw new InvalidInputError(
        `Cannot register ${location}: its rows are of several partitions (${rows.map((each) => each.join("/")).join(", ")}, …). ` +
          "Nothing was committed; stage its rows instead",
      );
    }
    return columns.map((column, index) => {
      const text = row[index];
      return text === null || text === undefined ? undefined : column.read(String(text));
    });
  }

  async #refuseNulls(location: string, relation: string): Promise<void> {
    const required = currentSchema(this.#metadata).fields.filter((field) => field.required);
    if (required.length === 0) return;
    const counts = required.map(({ name }) => `CAST(count(*) - count(${sqlName(name)}) AS VARCHAR)`);
    const [row = []] = await this.#run(`SELECT ${counts.join(", ")} FROM ${relation}`);
    const index = row.findIndex((nulls) => Number(nulls) > 0);
    const field = required[index];
    if (field === undefined) return;
    throw new RowsMismatchError(
      `Cannot register ${location}: ${row[index]} rows have no ${field.name}, which is required. Nothing was committed`,
    );
  }
}

/** How writers spell null in a folder's name. */
const NULL_FOLDERS: ReadonlySet<string> = new Set(["null", "__HIVE_DEFAULT_PARTITION__"]);
