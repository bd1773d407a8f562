import { type Abortable, InvalidInputError } from "../../base/index.ts";
import { NAME_MAPPING_PROPERTY, type NameMapping, parseNameMapping } from "../core/name-mapping.ts";
import { ALL, type BoundPredicate, bindPredicate, type Predicate } from "../core/predicate.ts";
import { columnNamed, type Schema } from "../core/schema.ts";
import type { FileIo, FileLease } from "../io/file-io.ts";
import type { ManifestStore } from "../manifest/manifest-store.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import { currentSchema, schemaById, snapshotById, type TableMetadata } from "../metadata/table-metadata.ts";
import { chooseSnapshot, type SnapshotChoice } from "../metadata/time-travel.ts";
import { diagnose } from "./diagnose.ts";
import { appendedFiles, type SnapshotRange } from "./incremental.ts";
import { isMetadataColumn } from "./metadata-columns.ts";
import { planFiles, type ScanPlan } from "./plan.ts";
import { prepareSources } from "./prepare-sources.ts";
import { fieldsRead, type RelationInput, relationSql } from "./relation-sql.ts";

export interface ScanQuestion {
  /** Rows wanted; all without it. */
  readonly filter?: Predicate | undefined;
  /**
   * Columns wanted, in that order; all of the table without it. Beside the table's own there are `_file`, `_pos`,
   * `_spec_id`, `_partition`, `_row_id` and `_last_updated_sequence_number`.
   */
  readonly columns?: readonly string[] | undefined;
  /** Only these data files, by location; for a compaction that reads exactly what it replaces. */
  readonly files?: ReadonlySet<string> | undefined;
}

type RangeChoice =
  | { readonly from?: never; readonly to?: never; readonly skipOverwrites?: never }
  /** Only rows appended by the snapshots after `from` (exclusive), up to `to` (inclusive, the current one without it). */
  | (SnapshotRange & {
      readonly snapshotId?: never;
      readonly asOfMs?: never;
      readonly ref?: never;
      /** Leaves snapshots out that overwrote or deleted rows; without it they are refused. */
      readonly skipOverwrites?: boolean | undefined;
    });

export type ScanOptions = SnapshotChoice & RangeChoice & ScanQuestion;

/** What a scan reads with. */
export interface ScanTools {
  readonly io: FileIo;
  readonly manifests: ManifestStore;
}

/** One question about one state of a table. Files are planned at the first need and then kept. */
export class Scan implements Disposable {
  readonly snapshot: Snapshot | undefined;
  /** That of the table now, or of the snapshot when one is named by id, time or tag. */
  readonly schema: Schema;
  readonly #metadata: TableMetadata;
  readonly #options: ScanOptions;
  readonly #predicate: BoundPredicate;
  readonly #columns: readonly string[];
  readonly #tools: ScanTools;
  #lease: FileLease | undefined;
  #plan: Promise<ScanPlan> | undefined;

  constructor(metadata: TableMetadata, options: ScanOptions, tools: ScanTools) {
    this.#metadata = metadata;
    this.#tools = tools;
    this.#options = options;
    this.snapshot = options.to === undefined ? chooseSnapshot(metadata, options) : snapshotById(metadata, options.to);
    this.schema = schemaOf(metadata, options, this.snapshot);
    this.#columns = columnsOf(this.schema, options);
    this.#predicate = options.filter === undefined ? ALL : bindPredicate(this.schema, options.filter);
  }

  /** The files that may hold wanted rows, and how many were left out and why. */
  plan(): Promise<ScanPlan> {
    this.#plan ??= this.#makePlan();
    return this.#plan;
  }

  async #makePlan(): Promise<ScanPlan> {
    const { manifests } = this.#tools;
    const { from, to, skipOverwrites, files } = this.#options;
    if (from === undefined && to === undefined) {
      const listed = await manifests.list(this.snapshot);
      return planFiles(this.#metadata, { manifests: listed, files }, this.#predicate, manifests);
    }
    const source = await appendedFiles(this.#metadata, { from, to, skipOverwrites }, manifests);
    return planFiles(this.#metadata, source, this.#predicate, manifests);
  }

  /**
   * A DuckDB relation, in parentheses, of exactly the wanted rows and columns in their logical types:
   * `SELECT … FROM ${await scan.sql()}`. Columns are found by field id, so renamed and widened ones come right,
   * and one added later has its default in older files; deleted rows are left out. Where DuckDB has no type of its own,
   * a `timestamptz_ns` is a TIMESTAMP_NS in UTC.
   *
   * @throws {LakeUnsupportedError} where a column is of a type, or the table of a kind, that cannot be read
   * @throws {LakeCorruptError} naming the file that is not as the table says
   */
  async sql(options: Abortable = {}): Promise<string> {
    const { tasks } = await this.plan();
    const input: Omit<RelationInput, "sources"> = {
      metadata: this.#metadata,
      schema: this.schema,
      columns: this.#columns,
      filter: this.#options.filter,
      tasks,
      mapping: nameMappingOf(this.#metadata),
    };
    const fields = fieldsRead(input);
    const { sources, lease } = await prepareSources({ ...input, fields, io: this.#tools.io }, options);
    this[Symbol.dispose](); // The earlier relation is of the same files, so it stays good.
    this.#lease = lease;
    return relationSql({ ...input, sources });
  }

  /**
   * Why DuckDB failed at the relation: looks at the scan's files once more, each at its end.
   *
   * @returns a {@link LakeCorruptError} that names the file which is gone, cut or other than its manifest says, with
   * `error` as its cause; `error` itself where all files are whole
   */
  async diagnose(error: unknown): Promise<unknown> {
    return diagnose((await this.plan()).tasks, error, this.#tools.io);
  }

  /** Lets go of the local copies that the relation of {@link sql} reads; they stay for fifteen minutes where this is forgotten. */
  [Symbol.dispose](): void {
    this.#lease?.[Symbol.dispose]();
    this.#lease = undefined;
  }
}

export function nameMappingOf({ properties }: TableMetadata): NameMapping | undefined {
  const text = properties[NAME_MAPPING_PROPERTY];
  return text === undefined ? undefined : parseNameMapping(text);
}

function columnsOf(schema: Schema, { columns }: ScanQuestion): readonly string[] {
  if (columns === undefined) return schema.fields.map(({ name }) => name);
  if (columns.length === 0) throw new InvalidInputError("Cannot scan no columns: name one, or leave them out for all");
  for (const name of columns) if (!isMetadataColumn(name)) columnNamed(schema, name);
  return columns;
}

function schemaOf(metadata: TableMetadata, options: SnapshotChoice, snapshot: Snapshot | undefined): Schema {
  const isHistoric = options.snapshotId !== undefined || options.asOfMs !== undefined || isTag(metadata, options.ref);
  const schemaId = isHistoric ? snapshot?.schemaId : undefined;
  return schemaId === undefined ? currentSchema(metadata) : schemaById(metadata, schemaId);
}

function isTag(metadata: TableMetadata, ref: string | undefined): boolean {
  return ref !== undefined && metadata.refs[ref]?.type === "tag";
}
