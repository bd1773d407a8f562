import type { PrimitiveType } from "../core/types.ts";
import { compareValues } from "../core/value.ts";
import type { ManifestEntry } from "../manifest/data-file.ts";
import { encodeManifest, partitionTypes } from "../manifest/manifest.ts";
import type { ManifestFile } from "../manifest/manifest-list.ts";
import { manifestContext } from "../manifest/manifest-store.ts";
import { describeManifest } from "../manifest/summarise.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import type { ChangeTools } from "./change-tools.ts";

/** A merge reads and writes at most so many entries: it happens inside a commit, which others wait for. */
const ENTRIES_MAX = 20_000;
const MERGE_AT_DEFAULT = 100;

/**
 * Merges a hundred manifests of about one size into one a hundred times as large, so each entry is rewritten once or
 * twice in its life and the number of manifests grows with the logarithm of the commits.
 * A retry reuses what it merged as long as the table still lists the originals.
 */
export class ManifestMerge {
  readonly #tools: ChangeTools & { readonly commitId: string; readonly snapshotId: bigint };
  #merged: Merged | undefined;
  #isTried = false;

  constructor(tools: ChangeTools & { readonly commitId: string; readonly snapshotId: bigint }) {
    this.#tools = tools;
  }

  /** @returns the manifests to list in place of `existing` */
  async apply(
    metadata: TableMetadata,
    existing: readonly ManifestFile[],
    sequenceNumber: number,
  ): Promise<readonly ManifestFile[]> {
    if (!this.#isTried) {
      this.#isTried = true;
      const group = chooseGroup(metadata, existing);
      if (group.length > 0) this.#merged = await this.#write(metadata, group);
    }
    const merged = this.#merged;
    if (merged === undefined) return existing;
    const listed = new Set(existing.map(({ location }) => location));
    if (!merged.replaces.every((location) => listed.has(location))) {
      await this.discard(); // Another commit has merged some of them: once is enough.
      return existing;
    }
    const gone = new Set(merged.replaces);
    const context = manifestContext(metadata, merged.specId);
    const described = describeManifest(context, merged.entries, {
      location: merged.location,
      byteLength: merged.byteLength,
      snapshotId: this.#tools.snapshotId,
      sequenceNumber,
    });
    return [described, ...existing.filter(({ location }) => !gone.has(location))];
  }

  async discard(): Promise<void> {
    const merged = this.#merged;
    this.#merged = undefined;
    if (merged !== undefined) await this.#tools.io.remove(merged.location);
  }

  async #write(metadata: TableMetadata, group: readonly ManifestFile[]): Promise<Merged> {
    const specId = group[0]?.specId ?? 0;
    const context = manifestContext(metadata, specId);
    const entries: ManifestEntry[] = [];
    for (const manifest of group) {
      const loaded = await this.#tools.manifests.load(metadata, manifest);
      for (const entry of loaded.entries)
        if (entry.status !== "deleted") entries.push({ ...entry, status: "existing" });
    }
    const types = partitionTypes(context);
    entries.sort((one, other) => comparePartitions(types, one, other)); // Neighbours in a partition compress together.
    const bytes = encodeManifest(context, entries);
    const location = `${metadata.location}/metadata/${this.#tools.commitId}-merged.avro`;
    await this.#tools.io.write(location, bytes);
    return { specId, entries, location, byteLength: bytes.byteLength, replaces: group.map((each) => each.location) };
  }
}

interface Merged {
  readonly specId: number;
  readonly entries: readonly ManifestEntry[];
  readonly location: string;
  readonly byteLength: number;
  readonly replaces: readonly string[];
}

function chooseGroup(metadata: TableMetadata, existing: readonly ManifestFile[]): readonly ManifestFile[] {
  if (metadata.properties["commit.manifest-merge.enabled"] === "false") return [];
  const mergeAt = Math.max(2, Number(metadata.properties["commit.manifest.min-count-to-merge"]) || MERGE_AT_DEFAULT);
  const candidates = existing.filter((manifest) => manifest.content === "data" && manifest.keyMetadata === undefined);
  const groups = Map.groupBy(candidates, (manifest) => `${manifest.specId}/${sizeClass(liveCount(manifest), mergeAt)}`);
  for (const group of groups.values()) {
    if (group.length < mergeAt) continue;
    let entries = 0;
    const fitting = group.filter((manifest) => {
      entries += liveCount(manifest);
      return entries <= ENTRIES_MAX;
    });
    if (fitting.length >= 2) return fitting;
  }
  return [];
}

function liveCount({ addedFiles, existingFiles }: ManifestFile): number {
  return (addedFiles ?? ENTRIES_MAX) + (existingFiles ?? 0); // Not counted by its writer: too large to touch here.
}

/** 0 below `base` files, 1 below its square, … */
function sizeClass(files: number, base: number): number {
  return Math.floor(Math.log(Math.max(1, files)) / Math.log(base) + 1e-9);
}

function comparePartitions(types: readonly PrimitiveType[], one: ManifestEntry, other: ManifestEntry): number {
  for (const [index, type] of types.entries()) {
    const [left, right] = [one.file.partition[index], other.file.partition[index]];
    if (left === undefined || right === undefined) {
      if (left !== right) return left === undefined ? -1 : 1;
      continue;
    }
    const order = compareValues(type, left, right);
    if (order !== 0) return order;
  }
  return 0;
}
