import type { LoadedTable } from "./catalog/catalog.ts";
import { identifierText } from "./catalog/identifier.ts";
import { progressOf, type WriterProgress } from "./commit/progress.ts";
import type { Schema } from "./core/schema.ts";
import type { FileIo } from "./io/file-io.ts";
import type { ManifestStore } from "./manifest/manifest-store.ts";
import type { Snapshot } from "./metadata/snapshot.ts";
import { currentSchema, currentSnapshot, type TableMetadata } from "./metadata/table-metadata.ts";
import { type HistoryEntry, historyOf } from "./metadata/time-travel.ts";
import { ChangeScan, type ChangesOptions } from "./scan/changes.ts";
import { Scan, type ScanOptions } from "./scan/scan.ts";
import { type MetadataRelationOptions, type MetadataTable, metadataRelation } from "./scan/tables/metadata-relation.ts";

/** A table as it was when it was loaded: it never changes under its reader. Load it again to see later commits. */
export class Table {
  /** `silver.trades`. */
  readonly name: string;
  readonly metadata: TableMetadata;
  readonly metadataLocation: string;
  readonly #tools: { readonly io: FileIo; readonly manifests: ManifestStore };

  constructor(loaded: LoadedTable, tools: { readonly io: FileIo; readonly manifests: ManifestStore }) {
    this.name = identifierText(loaded.identifier);
    this.metadata = loaded.metadata;
    this.metadataLocation = loaded.metadataLocation;
    this.#tools = tools;
  }

  get schema(): Schema {
    return currentSchema(this.metadata);
  }

  /** Undefined until the first rows are committed. */
  get snapshot(): Snapshot | undefined {
    return currentSnapshot(this.metadata);
  }

  /** How far `writer` has come, at this very state of the table; undefined where it never committed. */
  progress(writer: string): WriterProgress | undefined {
    const progress = progressOf(this.metadata, writer);
    return progress && { epoch: progress.epoch, positions: progress.positions };
  }

  /** How far the writer of a past snapshot had come when it was made; undefined where it was committed without progress. */
  progressAt(snapshot: Snapshot): (WriterProgress & { readonly writer: string }) | undefined {
    const { "k2.writer": writer, "k2.epoch": epoch, "k2.positions": positions } = snapshot.summary;
    if (writer === undefined || epoch === undefined || positions === undefined) return undefined;
    return { writer, epoch: Number(epoch), positions };
  }

  history(): readonly HistoryEntry[] {
    return historyOf(this.metadata);
  }

  /**
   * @throws {LakeNotFoundError} when the snapshot, the time or the ref is not kept
   * @throws {InvalidInputError} on an unknown column or a literal that does not fit it
   */
  scan(options: ScanOptions = {}): Scan {
    return new Scan(this.metadata, options, this.#tools);
  }

  /**
   * The rows that the snapshots after `from`, up to and with `to`, added and took away.
   *
   * @throws as {@link ChangeScan} does
   */
  changes(options: ChangesOptions = {}): ChangeScan {
    return new ChangeScan(this.metadata, options, this.#tools);
  }

  /** The table's own bookkeeping as a DuckDB relation: `SELECT … FROM ${await table.metadataRelation("files")}`. */
  metadataRelation(name: MetadataTable, options: MetadataRelationOptions = {}): Promise<string> {
    const { metadata, metadataLocation } = this;
    return metadataRelation({ metadata, metadataLocation, manifests: this.#tools.manifests }, name, options);
  }
}
