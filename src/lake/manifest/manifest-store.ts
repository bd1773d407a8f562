import type { ColumnFacts } from "../core/evaluate.ts";
import { decodeValue } from "../core/single-value.ts";
import type { PrimitiveType } from "../core/types.ts";
import type { Value } from "../core/value.ts";
import { LakeCorruptError, LakeUnsupportedError } from "../errors.ts";
import type { FileIo } from "../io/file-io.ts";
import { LruCache } from "../io/lru-cache.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import { currentSchema, specById, type TableMetadata } from "../metadata/table-metadata.ts";
import { decodeAvroFile } from "./avro-file.ts";
import type { DataFile, ManifestEntry } from "./data-file.ts";
import { LocationSet } from "./location-set.ts";
import { decodeManifest, type ManifestContext } from "./manifest.ts";
import { decodeManifestList, type ManifestFile } from "./manifest-list.ts";
import { namingFile } from "./naming-file.ts";

/** Measured: what an entry of a table with twenty columns takes once decoded and packed. */
const ENTRY_BYTES = 1_500;
const LISTED_BYTES = 600;

/** Reads manifest lists and manifests, each once as long as the cache holds it: they never change. */
export class ManifestStore {
  readonly #io: FileIo;
  readonly #lists: LruCache<readonly ManifestFile[]>;
  readonly #manifests: LruCache<LoadedManifest>;
  readonly #locations: LruCache<LocationSet>;

  constructor(io: FileIo, cacheBytesMax: number) {
    this.#io = io;
    this.#lists = new LruCache(Math.floor(cacheBytesMax / 8));
    this.#manifests = new LruCache(cacheBytesMax);
    this.#locations = new LruCache(Math.floor(cacheBytesMax / 4));
  }

  /** The manifests of a snapshot, those of delete files too. */
  async list(snapshot: Snapshot | undefined): Promise<readonly ManifestFile[]> {
    if (snapshot === undefined) return [];
    const { manifestList } = snapshot;
    if (manifestList === undefined) return this.#listInline(snapshot);
    const known = this.#lists.get(manifestList);
    if (known !== undefined) return known;
    const bytes = await this.#io.read(manifestList);
    const manifests = namingFile(manifestList, () => decodeManifestList(bytes));
    this.#lists.set(manifestList, manifests, manifests.length * LISTED_BYTES);
    return manifests;
  }

  /** Early writers of format v1 list a snapshot's manifests in the metadata: what a list says of them, they say themselves. */
  async #listInline({ snapshotId, manifests }: Snapshot): Promise<readonly ManifestFile[]> {
    const key = `inline ${snapshotId} ${manifests[0]}`;
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    const listed: ManifestFile[] = [];
    for (const location of manifests) {
      const bytes = await this.#io.read(location);
      listed.push(namingFile(location, () => inlineManifest(location, bytes, snapshotId)));
    }
    this.#lists.set(key, listed, listed.length * LISTED_BYTES);
    return listed;
  }

  /** Keeps what was just written, so that the next commit need not read it. */
  rememberList(location: string, manifests: readonly ManifestFile[]): void {
    this.#lists.set(location, manifests, manifests.length * LISTED_BYTES);
  }

  /** As {@link rememberList}; entries as they are once `manifest` is listed. */
  rememberManifest(manifest: ManifestFile, entries: readonly ManifestEntry[]): void {
    const loaded = new LoadedManifest(inheritAll(entries, manifest));
    this.#manifests.set(cacheKey(manifest), loaded, entries.length * ENTRY_BYTES);
  }

  async load(metadata: TableMetadata, manifest: ManifestFile): Promise<LoadedManifest> {
    const known = this.#manifests.get(cacheKey(manifest));
    if (known !== undefined) return known;
    if (manifest.keyMetadata !== undefined) {
      throw new LakeUnsupportedError(`Cannot read manifest ${manifest.location}: it is encrypted`);
    }
    const context = manifestContext(metadata, manifest.specId);
    const bytes = await this.#io.read(manifest.location);
    const entries = namingFile(manifest.location, () => decodeManifest(context, bytes));
    refuseShort(manifest, entries.length);
    const loaded = new LoadedManifest(inheritAll(entries, manifest));
    this.#manifests.set(cacheKey(manifest), loaded, loaded.entries.length * ENTRY_BYTES);
    return loaded;
  }

  /**
   * The first of `locations` that a live entry of the manifest is of. Asked of every manifest by every commit: what is kept
   * for it are a few bytes an entry, so that a table whose manifests do not fit the cache is not read anew each time.
   */
  async firstHeld(
    metadata: TableMetadata,
    manifest: ManifestFile,
    locations: readonly string[],
  ): Promise<string | undefined> {
    const key = cacheKey(manifest);
    let known = this.#locations.get(key);
    if (known === undefined) {
      known = new LocationSet((await this.load(metadata, manifest)).liveLocations());
      this.#locations.set(key, known, known.byteLength);
    }
    const set = known;
    if (!locations.some((location) => set.mayHold(location))) return undefined;
    const held = new Set((await this.load(metadata, manifest)).liveLocations());
    return locations.find((location) => held.has(location));
  }
}

/** A manifest of before format v3 is listed with row ids from some snapshot on, and without them before. */
function cacheKey({ location, firstRowId }: ManifestFile): string {
  return firstRowId === undefined ? location : `${location}#${firstRowId}`;
}

function inlineManifest(location: string, bytes: Uint8Array, snapshotId: bigint): ManifestFile {
  const { metadata } = decodeAvroFile(bytes, (_, written) => written);
  return {
    location,
    byteLength: bytes.byteLength,
    specId: Number(metadata["partition-spec-id"] ?? 0),
    content: "data",
    sequenceNumber: 0,
    minSequenceNumber: 0,
    addedSnapshotId: snapshotId,
    addedFiles: undefined,
    existingFiles: undefined,
    deletedFiles: undefined,
    addedRows: undefined,
    existingRows: undefined,
    deletedRows: undefined,
    partitions: undefined,
    keyMetadata: undefined,
  };
}

/** A file cut between two blocks reads as a whole one with fewer entries; the list knows how many there are. */
function refuseShort({ location, addedFiles, existingFiles, deletedFiles }: ManifestFile, entries: number): void {
  if (addedFiles === undefined || existingFiles === undefined || deletedFiles === undefined) return;
  const listed = addedFiles + existingFiles + deletedFiles;
  if (entries >= listed) return;
  throw new LakeCorruptError(
    `Manifest ${location} has ${entries} entries where its list says ${listed}: it is cut off`,
  );
}

export function manifestContext(metadata: TableMetadata, specId: number): ManifestContext {
  return { schema: partitionSchema(metadata, specId), spec: specById(metadata, specId) };
}

/** The newest schema that still has every source column of the spec, so that dropped columns keep their partition type. */
function partitionSchema(metadata: TableMetadata, specId: number): ManifestContext["schema"] {
  const schema = currentSchema(metadata);
  const sources = specById(metadata, specId).fields.map(({ sourceId }) => sourceId);
  const holds = (candidate: typeof schema): boolean =>
    sources.every((id) => candidate.fields.some((field) => field.id === id || field.type.kind === "struct"));
  return holds(schema) ? schema : (metadata.schemas.findLast(holds) ?? schema);
}

/**
 * Entries with what they leave to their manifest's place in the list. Row ids are given in the order of the entries.
 *
 * @see https://iceberg.apache.org/spec/#first-row-id-inheritance
 */
function inheritAll(entries: readonly ManifestEntry[], manifest: ManifestFile): readonly ManifestEntry[] {
  let nextRowId = manifest.firstRowId;
  return entries.map((entry) => {
    const inherited = inherit(entry, manifest);
    if (nextRowId === undefined || entry.status === "deleted" || entry.file.firstRowId !== undefined) return inherited;
    const firstRowId = nextRowId;
    nextRowId += BigInt(entry.file.recordCount);
    return { ...inherited, file: { ...entry.file, firstRowId } };
  });
}

function inherit(entry: ManifestEntry, manifest: ManifestFile): ManifestEntry {
  return {
    ...entry,
    snapshotId: entry.snapshotId ?? manifest.addedSnapshotId,
    sequenceNumber: entry.sequenceNumber ?? manifest.sequenceNumber,
    fileSequenceNumber: entry.fileSequenceNumber ?? manifest.sequenceNumber,
  };
}

/** A decoded manifest, with what planning asks of it: decoded at the first question, then kept. */
export class LoadedManifest {
  readonly entries: readonly ManifestEntry[];
  readonly #columns = new Map<string, readonly ColumnFacts[]>();
  readonly #partitions = new Map<number, readonly ColumnFacts[]>();

  constructor(entries: readonly ManifestEntry[]) {
    this.entries = entries;
  }

  liveLocations(): readonly string[] {
    return this.entries.filter(({ status }) => status !== "deleted").map(({ file }) => file.location);
  }

  /** What each entry's metrics tell of a column. */
  columnFacts(fieldId: number, type: PrimitiveType): readonly ColumnFacts[] {
    const key = `${fieldId} ${type.kind}`;
    const known = this.#columns.get(key);
    if (known !== undefined) return known;
    const facts = this.entries.map(({ file }) => metricFacts(file, fieldId, type));
    this.#columns.set(key, facts);
    return facts;
  }

  /** What each entry's partition tells of the partition field at `position`. */
  partitionFacts(position: number): readonly ColumnFacts[] {
    const known = this.#partitions.get(position);
    if (known !== undefined) return known;
    const facts = this.entries.map(({ file }) => valueFacts(file.partition[position]));
    this.#partitions.set(position, facts);
    return facts;
  }
}

function metricFacts(file: DataFile, id: number, type: PrimitiveType): ColumnFacts {
  const [nullCount, valueCount] = [file.nullCounts.get(id), file.valueCounts.get(id)];
  const isCounted = nullCount !== undefined && valueCount !== undefined;
  return {
    lower: decodeBound(type, file.lowerBounds.get(id)),
    upper: decodeBound(type, file.upperBounds.get(id)),
    nulls: isCounted && nullCount === 0 ? "none" : isCounted && nullCount === valueCount ? "all" : "unknown",
    mayHoldNan: file.nanCounts.get(id) !== 0,
  };
}

/** A bound that is NaN was made by a writer that did not know better, and says nothing. */
export function decodeBound(type: PrimitiveType, bytes: Uint8Array | undefined): Value | undefined {
  const value = bytes === undefined ? undefined : decodeValue(type, bytes);
  return typeof value === "number" && Number.isNaN(value) ? undefined : value;
}

function valueFacts(value: Value | undefined): ColumnFacts {
  if (value === undefined) return { lower: undefined, upper: undefined, nulls: "all", mayHoldNan: false };
  const isNan = typeof value === "number" && Number.isNaN(value);
  const bound = isNan ? undefined : value;
  return { lower: bound, upper: bound, nulls: "none", mayHoldNan: isNan };
}

export function liveFiles(manifest: LoadedManifest): readonly DataFile[] {
  return manifest.entries.filter(({ status }) => status !== "deleted").map(({ file }) => file);
}
