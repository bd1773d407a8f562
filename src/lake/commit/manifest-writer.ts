import type { ManifestEntry } from "../manifest/data-file.ts";
import { encodeManifest } from "../manifest/encode-manifest.ts";
import type { ManifestFile } from "../manifest/manifest-list.ts";
import { manifestContext } from "../manifest/manifest-store.ts";
import { describeManifest } from "../manifest/summarise.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import type { ChangeTools } from "./change-tools.ts";

/** A manifest on the disk that no list names yet. */
export interface WrittenManifest {
  readonly content: ManifestFile["content"];
  readonly specId: number;
  readonly entries: readonly ManifestEntry[];
  readonly location: string;
  readonly byteLength: number;
}

/** A list of manifests, some of them in another grouping than before. */
export interface Regrouped {
  readonly manifests: readonly ManifestFile[];
  readonly written: readonly WrittenManifest[];
  readonly summary: Readonly<Record<string, string>>;
}

/** Whose files they are. */
export interface ChangeIds {
  readonly commitId: string;
  readonly snapshotId: bigint;
}

const TARGET_BYTES_DEFAULT = 8 * 1024 * 1024;

/** Folder of a table's metadata files. */
export function metadataFolder({ location, properties }: TableMetadata): string {
  return properties["write.metadata.path"]?.replace(/\/+$/, "") ?? `${location}/metadata`;
}

/** Writes the manifests of one change, and knows them all, so that none is left where the change is refused. */
export class ManifestWriter {
  readonly #tools: ChangeTools;
  readonly #ids: ChangeIds;
  readonly #written = new Set<string>();
  #count = 0;

  constructor(tools: ChangeTools, ids: ChangeIds) {
    this.#tools = tools;
    this.#ids = ids;
  }

  /** Entries of one spec and content, as one manifest or, above `commit.manifest.target-size-bytes`, several. */
  async write(
    metadata: TableMetadata,
    group: { readonly content: ManifestFile["content"]; readonly specId: number },
    entries: readonly ManifestEntry[],
  ): Promise<readonly WrittenManifest[]> {
    const { content, specId } = group;
    const format = { formatVersion: metadata.formatVersion, content };
    const bytes = encodeManifest(manifestContext(metadata, specId), entries, format);
    const targetBytes = Number(metadata.properties["commit.manifest.target-size-bytes"]) || TARGET_BYTES_DEFAULT;
    const parts = Math.min(entries.length, Math.ceil(bytes.byteLength / targetBytes));
    if (parts > 1) {
      const written: WrittenManifest[] = [];
      const each = Math.ceil(entries.length / parts);
      for (let from = 0; from < entries.length; from += each) {
        const part = entries.slice(from, from + each);
        const partBytes = encodeManifest(manifestContext(metadata, specId), part, format);
        written.push(await this.#put(metadata, { content, specId, entries: part }, partBytes));
      }
      return written;
    }
    return [await this.#put(metadata, { content, specId, entries }, bytes)];
  }

  async #put(
    metadata: TableMetadata,
    manifest: Pick<WrittenManifest, "content" | "specId" | "entries">,
    bytes: Uint8Array,
  ): Promise<WrittenManifest> {
    const location = `${metadataFolder(metadata)}/${this.#ids.commitId}-m${this.#count}.avro`;
    this.#count += 1;
    this.#written.add(location);
    await this.#tools.io.write(location, bytes);
    return { ...manifest, location, byteLength: bytes.byteLength };
  }

  /** How it goes into a list of this change's snapshot. */
  describe(metadata: TableMetadata, manifest: WrittenManifest, sequenceNumber: number): ManifestFile {
    const { location, byteLength, content } = manifest;
    return describeManifest(manifestContext(metadata, manifest.specId), manifest.entries, {
      location,
      byteLength,
      content,
      snapshotId: this.#ids.snapshotId,
      sequenceNumber,
    });
  }

  /** Removes those the commit did not list after all. What cannot be removed is left to the orphan clean-up. */
  async keepOnly(listed: ReadonlySet<string>): Promise<void> {
    for (const location of this.#written) {
      if (!listed.has(location)) await this.#tools.io.remove(location).catch(() => undefined);
    }
  }

  /** Removes all of them. */
  async discard(): Promise<void> {
    await this.keepOnly(new Set());
  }
}
