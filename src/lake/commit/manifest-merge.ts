import type { PrimitiveType } from "../core/types.ts";
import { compareValues } from "../core/value.ts";
import type { ManifestEntry } from "../manifest/data-file.ts";
import { partitionTypes } from "../manifest/manifest.ts";
import type { ManifestFile } from "../manifest/manifest-list.ts";
import { manifestContext } from "../manifest/manifest-store.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import type { ChangeTools } from "./change-tools.ts";
import { liveEntries } from "./manifest-filter.ts";
import type { ManifestWriter, Regrouped, WrittenManifest } from "./manifest-writer.ts";

/** A merge reads and writes at most so many entries: it happens inside a commit, which others wait for. */
const ENTRIES_MAX = 20_000;
const MERGE_AT_DEFAULT = 100;

/**
 * Merges a hundred manifests of about one size into one a hundred times as large, so each entry is rewritten once or
 * twice in its life and the number of manifests grows with the logarithm of the commits.
 * A retry reuses what it merged as long as the table still lists the originals.
 */
export class ManifestMerge {
  readonly #tools: ChangeTools;
  readonly #writer: ManifestWriter;
  #merged: Merged | undefined;
  #isTried = false;

  constructor(tools: ChangeTools, writer: ManifestWriter) {
    this.#tools = tools;
    this.#writer = writer;
  }

  /** @returns the manifests to list in place of `existing`, and those among them that were written here */
  async apply(metadata: TableMetadata, existing: readonly ManifestFile[], sequenceNumber: number): Promise<Regrouped> {
    if (!this.#isTried) {
      this.#isTried = true;
      const group = chooseGroup(metadata, existing);
      if (group.length > 0) this.#merged = await this.#write(metadata, group);
    }
    const merged = this.#merged;
    const listed = new Set(existing.map(({ location }) => location));
    if (merged === undefined || !merged.replaces.every((location) => listed.has(location))) {
      return { manifests: existing, written: [], summary: {} }; // Another commit has merged or rewritten some of them: once is enough.
    }
    const gone = new Set(merged.replaces);
    const described = merged.written.map((each) => this.#writer.describe(metadata, each, sequenceNumber));
    return {
      manifests: [...described, ...existing.filter(({ location }) => !gone.has(location))],
      written: merged.written,
      summary: {},
    };
  }

  async #write(metadata: TableMetadata, group: readonly ManifestFile[]): Promise<Merged> {
    const { specId = 0, content = "data" } = group[0] ?? {};
    const entries: ManifestEntry[] = [];
    for (const manifest of group) {
      for (const entry of liveEntries(await this.#tools.manifests.load(metadata, manifest)))
        entries.push({ ...entry, status: "existing" });
    }
    const sorted = sortByPartition(metadata, specId, entries);
    const written = await this.#writer.write(metadata, { content, specId }, sorted);
    return { written, replaces: group.map(({ location }) => location) };
  }
}

interface Merged {
  readonly written: readonly WrittenManifest[];
  readonly replaces: readonly string[];
}

function chooseGroup(metadata: TableMetadata, existing: readonly ManifestFile[]): readonly ManifestFile[] {
  if (metadata.properties["commit.manifest-merge.enabled"] === "false") return [];
  const mergeAt = Math.max(2, Number(metadata.properties["commit.manifest.min-count-to-merge"]) || MERGE_AT_DEFAULT);
  const candidates = existing.filter(({ keyMetadata }) => keyMetadata === undefined);
  const groups = Map.groupBy(
    candidates,
    (manifest) => `${manifest.content}/${manifest.specId}/${sizeClass(liveCount(manifest), mergeAt)}`,
  );
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

/** Neighbours in a partition compress together, and the manifest's parts hold few partitions each. */
export function sortByPartition(
  metadata: TableMetadata,
  specId: number,
  entries: readonly ManifestEntry[],
): readonly ManifestEntry[] {
  const types = partitionTypes(manifestContext(metadata, specId));
  return entries.toSorted((one, other) => comparePartitions(types, one, other));
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
