import type { ManifestEntry } from "../manifest/data-file.ts";
import type { ManifestFile } from "../manifest/manifest-list.ts";
import type { LoadedManifest } from "../manifest/manifest-store.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import type { ChangeTools } from "./change-tools.ts";
import type { ChangeIds, ManifestWriter, WrittenManifest } from "./manifest-writer.ts";

export interface FilteredManifests {
  /** To be listed in place of the given ones. */
  readonly manifests: readonly ManifestFile[];
  /** Those among them that this change wrote. */
  readonly written: readonly WrittenManifest[];
  /** The entries that are no longer live, as they were. */
  readonly removed: readonly ManifestEntry[];
}

export interface FilterInput {
  readonly metadata: TableMetadata;
  readonly manifests: readonly ManifestFile[];
  readonly sequenceNumber: number;
  /** Whether the manifest may list a file to be removed; others are not read. */
  mayHold(manifest: ManifestFile): boolean;
  /** Whether a live entry is to be removed. Must answer the same for the same entry in every attempt. */
  isRemoved(entry: ManifestEntry): boolean;
}

/**
 * Takes files out of a table: the manifests that list them are written anew with those entries marked deleted, all others
 * stay as they are. What was written for a manifest is used again by a later attempt that removes the same of it.
 */
export class ManifestFilter {
  readonly #tools: ChangeTools;
  readonly #ids: ChangeIds;
  readonly #writer: ManifestWriter;
  readonly #rewritten = new Map<string, Rewritten>();

  constructor(tools: ChangeTools, ids: ChangeIds, writer: ManifestWriter) {
    this.#tools = tools;
    this.#ids = ids;
    this.#writer = writer;
  }

  async apply(input: FilterInput): Promise<FilteredManifests> {
    const result: { manifests: ManifestFile[]; written: WrittenManifest[]; removed: ManifestEntry[] } = {
      manifests: [],
      written: [],
      removed: [],
    };
    for (const manifest of input.manifests) {
      const rewritten = input.mayHold(manifest) ? await this.#rewrite(input, manifest) : undefined;
      if (rewritten === undefined) {
        result.manifests.push(manifest);
        continue;
      }
      for (const written of rewritten.written) {
        result.manifests.push(this.#writer.describe(input.metadata, written, input.sequenceNumber));
        result.written.push(written);
      }
      result.removed.push(...rewritten.removed);
    }
    return result;
  }

  async #rewrite(input: FilterInput, manifest: ManifestFile): Promise<Rewritten | undefined> {
    const { metadata } = input;
    const loaded = await this.#tools.manifests.load(metadata, manifest);
    const removed = liveEntries(loaded).filter((entry) => input.isRemoved(entry));
    if (removed.length === 0) return undefined;
    const known = this.#rewritten.get(manifest.location);
    if (known !== undefined && sameFiles(known.removed, removed)) return known;
    const gone = new Set(removed);
    const entries = liveEntries(loaded).map((entry): ManifestEntry => {
      if (!gone.has(entry)) return { ...entry, status: "existing" };
      return { ...entry, status: "deleted", snapshotId: this.#ids.snapshotId };
    });
    const { content, specId } = manifest;
    const rewritten = { removed, written: await this.#writer.write(metadata, { content, specId }, entries) };
    this.#rewritten.set(manifest.location, rewritten);
    return rewritten;
  }
}

interface Rewritten {
  readonly removed: readonly ManifestEntry[];
  readonly written: readonly WrittenManifest[];
}

export function liveEntries(manifest: LoadedManifest): readonly ManifestEntry[] {
  return manifest.entries.filter(({ status }) => status !== "deleted");
}

function sameFiles(some: readonly ManifestEntry[], others: readonly ManifestEntry[]): boolean {
  const locations = new Set(some.map(fileKey));
  return some.length === others.length && others.every((entry) => locations.has(fileKey(entry)));
}

/** Deletion vectors of several data files share one Puffin file. */
export function fileKey({ file }: Pick<ManifestEntry, "file">): string {
  return file.contentOffset === undefined ? file.location : `${file.location}#${file.contentOffset}`;
}
