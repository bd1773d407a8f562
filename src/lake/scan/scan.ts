import { ALL, type BoundPredicate, bindPredicate, type Predicate } from "../core/predicate.ts";
import { columnNamed, type Schema } from "../core/schema.ts";
import type { FileIo } from "../io/file-io.ts";
import type { ManifestStore } from "../manifest/manifest-store.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import { currentSchema, schemaById, type TableMetadata } from "../metadata/table-metadata.ts";
import { chooseSnapshot, type SnapshotChoice } from "../metadata/time-travel.ts";
import { planFiles, type ScanPlan } from "./plan.ts";
import { relationSql } from "./relation-sql.ts";

export type ScanOptions = SnapshotChoice & {
  /** Rows wanted; all without it. */
  readonly filter?: Predicate | undefined;
  /** Columns wanted, in that order; all without it. */
  readonly columns?: readonly string[] | undefined;
};

/** One question about one state of a table. Files are planned at the first need and then kept. */
export class Scan {
  readonly snapshot: Snapshot | undefined;
  /** That of the table now, or of the snapshot when one is named by id, time or tag. */
  readonly schema: Schema;
  readonly #metadata: TableMetadata;
  readonly #filter: Predicate | undefined;
  readonly #predicate: BoundPredicate;
  readonly #columns: readonly string[];
  readonly #tools: { readonly io: FileIo; readonly manifests: ManifestStore };
  #plan: Promise<ScanPlan> | undefined;

  constructor(
    metadata: TableMetadata,
    options: ScanOptions,
    tools: { readonly io: FileIo; readonly manifests: ManifestStore },
  ) {
    this.#metadata = metadata;
    this.#tools = tools;
    this.snapshot = chooseSnapshot(metadata, options);
    this.schema = schemaOf(metadata, options, this.snapshot);
    this.#columns = options.columns ?? this.schema.fields.map(({ name }) => name);
    for (const name of this.#columns) columnNamed(this.schema, name);
    this.#predicate = options.filter === undefined ? ALL : bindPredicate(this.schema, options.filter);
    this.#filter = options.filter;
  }

  /** The files that may hold wanted rows, and how many were left out and why. */
  plan(): Promise<ScanPlan> {
    this.#plan ??= planFiles(this.#metadata, this.snapshot, this.#predicate, this.#tools.manifests);
    return this.#plan;
  }

  /**
   * A DuckDB relation, in parentheses, of exactly the wanted rows and columns in their logical types:
   * `SELECT … FROM ${await scan.sql()}`. Columns are found by field id, so renamed and widened ones come right,
   * and one added later has its default in older files.
   *
   * @throws {LakeUnsupportedError} where a column is of a type, or the table of a kind, that cannot be read yet
   */
  async sql(): Promise<string> {
    const plan = await this.plan();
    return relationSql({
      metadata: this.#metadata,
      schema: this.schema,
      columns: this.#columns,
      filter: this.#filter,
      files: plan.files,
      pathOf: (location) => this.#tools.io.readablePath(location),
    });
  }
}

function schemaOf(metadata: TableMetadata, options: SnapshotChoice, snapshot: Snapshot | undefined): Schema {
  const isHistoric = options.snapshotId !== undefined || options.asOfMs !== undefined || isTag(metadata, options.ref);
  const schemaId = isHistoric ? snapshot?.schemaId : undefined;
  return schemaId === undefined ? currentSchema(metadata) : schemaById(metadata, schemaId);
}

function isTag(metadata: TableMetadata, ref: string | undefined): boolean {
  return ref !== undefined && metadata.refs[ref]?.type === "tag";
}
