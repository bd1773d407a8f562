import { decodeValue } from "../core/single-value.ts";
import type { PrimitiveType } from "../core/types.ts";
import type { Value } from "../core/value.ts";
import { LakeUnsupportedError } from "../errors.ts";
import type { FileIo } from "../io/file-io.ts";
import { LruCache } from "../io/lru-cache.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import { currentSchema, specById, type TableMetadata } from "../metadata/table-metadata.ts";
import type { DataFile, ManifestEntry } from "./data-file.ts";
import { decodeManifest, type ManifestContext } from "./manifest.ts";
import { decodeManifestList, type ManifestFile } from "./manifest-list.ts";

/** Measured: what an entry of a table with twenty columns takes once decoded and packed. */
const ENTRY_BYTES = 1_500;
const LISTED_BYTES = 600;

/** Reads manifest lists and manifests, each once as long as the cache holds it: they never change. */
export class ManifestStore {
  readonly #io: FileIo;
  readonly #lists: LruCache<readonly ManifestFile[]>;
  readonly #manifests: LruCache<LoadedManifest>;

  constructor(io: FileIo, cacheBytesMax: number) {
    this.#io = io;
    this.#lists = new LruCache(Math.floor(cacheBytesMax / 8));
    this.#manifests = new LruCache(cacheBytesMax);
  }

  /** The manifests of a snapshot, those of delete files too. */
  async list(snapshot: Snapshot | undefined): Promise<readonly ManifestFile[]> {
    if (snapshot === undefined) return [];
    const { manifestList } = snapshot;
    if (manifestList === undefined) {
      throw new LakeUnsupportedError(
        `Cannot read snapshot ${snapshot.snapshotId}: it lists its manifests inline, as early writers of format v1 did`,
      );
    }
    const known = this.#lists.get(manifestList);
    if (known !== undefined) return known;
    const manifests = decodeManifestList(await this.#io.read(manifestList));
    this.#lists.set(manifestList, manifests, manifests.length * LISTED_BYTES);
    return manifests;
  }

  async load(metadata: TableMetadata, manifest: ManifestFile): Promise<LoadedManifest> {
    const known = this.#manifests.get(manifest.location);
    if (known !== undefined) return known;
    if (manifest.keyMetadata !== undefined) {
      throw new LakeUnsupportedError(`Cannot read manifest ${manifest.location}: it is encrypted`);
    }
    const context = manifestContext(metadata, manifest.specId);
    const entries = decodeManifest(context, await this.#io.read(manifest.location));
    const loaded = new LoadedManifest(entries.map((entry) => inherit(entry, manifest)));
    this.#manifests.set(manifest.location, loaded, loaded.entries.length * ENTRY_BYTES);
    return loaded;
  }
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

function inherit(entry: ManifestEntry, manifest: ManifestFile): ManifestEntry {
  return {
    ...entry,
    snapshotId: entry.snapshotId ?? manifest.addedSnapshotId,
    sequenceNumber: entry.sequenceNumber ?? manifest.sequenceNumber,
    fileSequenceNumber: entry.fileSequenceNumber ?? manifest.sequenceNumber,
  };
}

/** Bounds of one column, by position of the entry. */
export interface BoundsColumn {
  readonly lower: readonly (Value | undefined)[];
  readonly upper: readonly (Value | undefined)[];
}

export class LoadedManifest {
  readonly entries: readonly ManifestEntry[];
  readonly #bounds = new Map<number, { readonly kind: string; readonly column: BoundsColumn }>();
  #locations: ReadonlySet<string> | undefined;

  constructor(entries: readonly ManifestEntry[]) {
    this.entries = entries;
  }

  /** Whether a live entry is of that file. */
  holds(location: string): boolean {
    this.#locations ??= new Set(
      this.entries.filter(({ status }) => status !== "deleted").map(({ file }) => file.location),
    );
    return this.#locations.has(location);
  }

  /** Decoded at the first question about the column, then kept: planning the same table again costs comparisons only. */
  bounds(fieldId: number, type: PrimitiveType): BoundsColumn {
    const known = this.#bounds.get(fieldId);
    if (known?.kind === type.kind) return known.column;
    const decode = (bytes: Uint8Array | undefined): Value | undefined =>
      bytes === undefined ? undefined : decodeValue(type, bytes);
    const column = {
      lower: this.entries.map(({ file }) => decode(file.lowerBounds.get(fieldId))),
      upper: this.entries.map(({ file }) => decode(file.upperBounds.get(fieldId))),
    };
    this.#bounds.set(fieldId, { kind: type.kind, column });
    return column;
  }
}

export function liveFiles(manifest: LoadedManifest): readonly DataFile[] {
  return manifest.entries.filter(({ status }) => status !== "deleted").map(({ file }) => file);
}
