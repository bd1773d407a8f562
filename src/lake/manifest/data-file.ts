import type { Value } from "../core/value.ts";
import type { FieldMap } from "./field-map.ts";

/** What a file holds: rows, or rows of other files that are deleted. */
type FileContent = "data" | "position-deletes" | "equality-deletes";

/** One file of a table with its metrics. Maps are by field id; what is absent is not known. */
export interface DataFile {
  readonly content: FileContent;
  readonly location: string;
  /** Lower case: parquet, avro or orc. */
  readonly format: string;
  readonly specId: number;
  /** By position of the spec's fields. */
  readonly partition: readonly (Value | undefined)[];
  readonly recordCount: number;
  readonly byteLength: number;
  readonly columnSizes: FieldMap<number>;
  /** With nulls and NaN. */
  readonly valueCounts: FieldMap<number>;
  readonly nullCounts: FieldMap<number>;
  readonly nanCounts: FieldMap<number>;
  /** In the binary form of single values. */
  readonly lowerBounds: FieldMap<Uint8Array>;
  readonly upperBounds: FieldMap<Uint8Array>;
  readonly splitOffsets: readonly number[];
  readonly equalityIds: readonly number[];
  readonly sortOrderId: number | undefined;
  readonly keyMetadata?: Uint8Array | undefined;
  /** Format v3: id of the file's first row; once read it is set, inherited from the manifest where not written. */
  readonly firstRowId?: bigint | undefined;
  /** The one data file whose rows are deleted; always set for a deletion vector. */
  readonly referencedDataFile?: string | undefined;
  /** Format v3: where a deletion vector's blob is within its Puffin file. */
  readonly contentOffset?: bigint | undefined;
  readonly contentSize?: bigint | undefined;
}

export type EntryStatus = "existing" | "added" | "deleted";

/** A file as a manifest lists it. */
export interface ManifestEntry {
  readonly status: EntryStatus;
  /** Where the file was added, or deleted. Undefined: inherited from the manifest list. */
  readonly snapshotId: bigint | undefined;
  /** Undefined: inherited from the manifest list. */
  readonly sequenceNumber: number | undefined;
  readonly fileSequenceNumber: number | undefined;
  readonly file: DataFile;
}
