import { gunzipSync } from "node:zlib";
import type { FileIo } from "../io/file-io.ts";
import type { LakeIds } from "../io/ids.ts";
import { LruCache } from "../io/lru-cache.ts";
import { formatMetadata, parseMetadata } from "./metadata-json.ts";
import type { TableMetadata } from "./table-metadata.ts";

/** Reads and writes metadata files, `<version>-<uuid>.metadata.json`, for catalogs that hold a pointer to one. */
export class MetadataStore {
  readonly #io: FileIo;
  readonly #ids: LakeIds;
  readonly #cache: LruCache<TableMetadata>;

  constructor(io: FileIo, ids: LakeIds, cacheBytesMax: number) {
    this.#io = io;
    this.#ids = ids;
    this.#cache = new LruCache(cacheBytesMax);
  }

  async read(location: string): Promise<TableMetadata> {
    const known = this.#cache.get(location);
    if (known !== undefined) return known;
    const bytes = await this.#io.read(location);
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const text = Buffer.from(isGzip ? gunzipSync(bytes) : bytes).toString("utf8");
    const metadata = parseMetadata(text);
    this.#cache.set(location, metadata, text.length * 4);
    return metadata;
  }

  /** @returns the new file's location; nothing refers to it yet */
  async write(metadata: TableMetadata, previousLocation: string | undefined): Promise<string> {
    const version = previousLocation === undefined ? 0 : versionOf(previousLocation) + 1;
    const name = `${String(version).padStart(5, "0")}-${this.#ids.uuid()}.metadata.json`;
    const location = `${metadata.location}/metadata/${name}`;
    const text = formatMetadata(metadata);
    await this.#io.write(location, Buffer.from(text, "utf8"));
    this.#cache.set(location, metadata, text.length * 4);
    return location;
  }

  async remove(location: string): Promise<void> {
    this.#cache.delete(location);
    await this.#io.remove(location);
  }
}

/** 7 of `00007-….metadata.json` and of `v7.metadata.json`; −1 where the name has none. */
export function versionOf(location: string): number {
  const name = location.slice(location.lastIndexOf("/") + 1);
  const digits = /^v?(\d+)[-.]/.exec(name)?.[1];
  return digits === undefined ? -1 : Number(digits);
}

/**
 * `next` with the file it replaces in its metadata log, and the files that fell out of the log.
 * The log keeps `write.metadata.previous-versions-max` (100) files.
 */
export function withMetadataLog(
  next: TableMetadata,
  base: { readonly metadata: TableMetadata; readonly metadataLocation: string },
): { readonly metadata: TableMetadata; readonly dropped: readonly string[] } {
  const versionsMax = Math.max(1, Number(next.properties["write.metadata.previous-versions-max"] ?? 100) || 100);
  const log = [
    ...base.metadata.metadataLog,
    { timestampMs: base.metadata.lastUpdatedMs, metadataFile: base.metadataLocation },
  ];
  const cut = Math.max(0, log.length - versionsMax);
  const isDeleting = next.properties["write.metadata.delete-after-commit.enabled"] === "true";
  return {
    metadata: { ...next, metadataLog: log.slice(cut) },
    dropped: isDeleting ? log.slice(0, cut).map(({ metadataFile }) => metadataFile) : [],
  };
}
