import { decodeValue } from "../core/single-value.ts";
import { compareValues } from "../core/value.ts";
import { LakeCorruptError } from "../errors.ts";
import type { DataFile, ManifestEntry } from "../manifest/data-file.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import { EqualityOverlap } from "./equality-overlap.ts";
import { partitionKey } from "./partition-key.ts";

/** A file as the table lists it, with the place of its commit in the order of commits. */
export interface ListedFile {
  readonly file: DataFile;
  readonly sequenceNumber: number;
  readonly snapshotId: bigint | undefined;
}

/** Which deletes apply to one data file. */
export interface AppliedDeletes {
  readonly positions: readonly ListedFile[];
  readonly equality: readonly ListedFile[];
  /** Holds every position deleted: the position delete files are not looked at beside it. */
  readonly vector: ListedFile | undefined;
}

export const NO_DELETES: AppliedDeletes = { positions: [], equality: [], vector: undefined };

/** Field id of the column of a position delete file that names the data file. */
export const DELETE_PATH_ID = 2_147_483_546;

/**
 * Finds the deletes of data files.
 *
 * @see https://iceberg.apache.org/spec/#scan-planning
 */
export class DeleteIndex {
  readonly #unpartitioned: ReadonlySet<number>;
  readonly #vectors = new Map<string, ListedFile>();
  readonly #byPath = new Map<string, ByAge>();
  readonly #positions = new Map<string, ByAge>();
  readonly #equality = new Map<string, ByAge>();
  readonly #global = new ByAge();
  readonly #overlap: EqualityOverlap;

  constructor(metadata: TableMetadata, deletes: Iterable<ListedFile>) {
    this.#overlap = new EqualityOverlap(metadata);
    this.#unpartitioned = new Set(
      metadata.partitionSpecs
        .filter(({ fields }) => fields.every(({ transform }) => transform.kind === "void"))
        .map(({ specId }) => specId),
    );
    for (const each of deletes) this.#add(each);
  }

  get isEmpty(): boolean {
    return (
      this.#vectors.size + this.#byPath.size + this.#positions.size + this.#equality.size + this.#global.size === 0
    );
  }

  #add(listed: ListedFile): void {
    const { file } = listed;
    if (file.content === "equality-deletes") {
      if (this.#unpartitioned.has(file.specId)) this.#global.add(listed);
      else put(this.#equality, partitionKey(file), listed);
    } else if (file.format === "puffin") {
      this.#addVector(listed);
    } else {
      const path = onlyPath(file);
      if (path === undefined) put(this.#positions, partitionKey(file), listed);
      else put(this.#byPath, path, listed);
    }
  }

  #addVector(listed: ListedFile): void {
    const { file } = listed;
    if (file.referencedDataFile === undefined) {
      throw new LakeCorruptError(`The deletion vector in ${file.location} does not say whose rows it deletes`);
    }
    const other = this.#vectors.get(file.referencedDataFile);
    if (other !== undefined) {
      throw new LakeCorruptError(
        `${file.referencedDataFile} has two deletion vectors, in ${other.file.location} and ${file.location}; it may have one`,
      );
    }
    this.#vectors.set(file.referencedDataFile, listed);
  }

  /** Deletes by position are as old as the file or younger, those by equality younger. */
  of({ file, sequenceNumber }: ListedFile): AppliedDeletes {
    if (this.isEmpty) return NO_DELETES;
    const key = partitionKey(file);
    const vector = this.#vectors.get(file.location);
    const applied = vector !== undefined && vector.sequenceNumber >= sequenceNumber ? vector : undefined;
    return {
      vector: applied,
      positions: applied === undefined ? this.#positionsOf(file, key, sequenceNumber) : [],
      equality: [
        ...this.#global.from(sequenceNumber + 1),
        ...(this.#equality.get(key)?.from(sequenceNumber + 1) ?? []),
      ].filter((listed) => this.#overlap.mayShareKeys(listed.file, file)),
    };
  }

  #positionsOf({ location }: DataFile, key: string, sequenceNumber: number): readonly ListedFile[] {
    const named = this.#byPath.get(location)?.from(sequenceNumber) ?? [];
    const others = this.#positions.get(key)?.from(sequenceNumber) ?? [];
    return [...named, ...others.filter(({ file }) => mayName(file, location))];
  }

  /** Whether a delete by equality applies to files of every partition. */
  isGlobal({ file }: ListedFile): boolean {
    return this.#unpartitioned.has(file.specId);
  }
}

export function listedFile({ file, sequenceNumber, snapshotId }: ManifestEntry): ListedFile {
  return { file, sequenceNumber: sequenceNumber ?? 0, snapshotId };
}

const PATH = { kind: "string" } as const;

/** The only data file that a position delete file names, where that is known. */
function onlyPath({ referencedDataFile, lowerBounds, upperBounds }: DataFile): string | undefined {
  if (referencedDataFile !== undefined) return referencedDataFile;
  const [lower, upper] = [lowerBounds.get(DELETE_PATH_ID), upperBounds.get(DELETE_PATH_ID)];
  if (lower === undefined || upper === undefined || Buffer.compare(lower, upper) !== 0) return undefined;
  return decodeValue(PATH, lower) as string; // Cut, the upper bound would be greater than the lower.
}

interface PathBounds {
  readonly lower: string | undefined;
  readonly upper: string | undefined;
}

const pathBounds = new WeakMap<DataFile, PathBounds>();

/** Between which paths the data files are whose rows it deletes. */
function boundsOf(file: DataFile): PathBounds {
  const known = pathBounds.get(file);
  if (known !== undefined) return known;
  const text = (bytes: Uint8Array | undefined): string | undefined =>
    bytes === undefined ? undefined : (decodeValue(PATH, bytes) as string);
  const bounds = {
    lower: text(file.lowerBounds.get(DELETE_PATH_ID)),
    upper: text(file.upperBounds.get(DELETE_PATH_ID)),
  };
  pathBounds.set(file, bounds);
  return bounds;
}

function mayName(file: DataFile, path: string): boolean {
  const { lower, upper } = boundsOf(file);
  if (lower !== undefined && compareValues(PATH, lower, path) > 0) return false;
  return upper === undefined || compareValues(PATH, upper, path) >= 0;
}

/** Deletes in the order of their commits, so that those young enough are found at once. */
class ByAge {
  #listed: ListedFile[] = [];
  #isSorted = true;

  get size(): number {
    return this.#listed.length;
  }

  add(listed: ListedFile): void {
    this.#isSorted = this.#listed.length === 0;
    this.#listed.push(listed);
  }

  /** Those of that commit and after it. */
  from(sequenceNumber: number): readonly ListedFile[] {
    if (!this.#isSorted)
      this.#listed = this.#listed.toSorted((one, other) => one.sequenceNumber - other.sequenceNumber);
    this.#isSorted = true;
    let [low, high] = [0, this.#listed.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#listed[middle]?.sequenceNumber ?? 0) < sequenceNumber) low = middle + 1;
      else high = middle;
    }
    return this.#listed.slice(low);
  }
}

function put(map: Map<string, ByAge>, key: string, listed: ListedFile): void {
  const all = map.get(key) ?? new ByAge();
  map.set(key, all);
  all.add(listed);
}
