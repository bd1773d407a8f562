import { gunzipSync, gzipSync } from "node:zlib";
import type { FileIo } from "../io/file-io.ts";
import type { LakeIds } from "../io/ids.ts";
import { LruCache } from "../io/lru-cache.ts";
import { namingFile } from "../manifest/naming-file.ts";
import { formatMetadata, parseMetadata } from "./metadata-json.ts";
import type { TableMetadata } from "./table-metadata.ts";
import { formatView, parseView } from "./view-json.ts";
import type { ViewMetadata } from "./view-metadata.ts";

/** A table or a view: it says where it and its metadata are. */
interface Located {
  readonly location: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** How metadata of one kind is written. */
interface MetadataFormat<Metadata> {
  readonly parse: (text: string) => Metadata;
  readonly format: (metadata: Metadata) => string;
}

/** Reads and writes metadata files, `<version>-<uuid>.metadata.json`, for catalogs that hold a pointer to one. */
export class MetadataFiles<Metadata extends Located> {
  readonly #io: FileIo;
  readonly #ids: LakeIds;
  readonly #format: MetadataFormat<Metadata>;
  readonly #cache: LruCache<Metadata>;

  constructor(io: FileIo, ids: LakeIds, cacheBytesMax: number, format: MetadataFormat<Metadata>) {
    this.#io = io;
    this.#ids = ids;
    this.#format = format;
    this.#cache = new LruCache(cacheBytesMax);
  }

  async read(location: string): Promise<Metadata> {
    const known = this.#cache.get(location);
    if (known !== undefined) return known;
    const bytes = await this.#io.read(location);
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const text = namingFile(location, () => Buffer.from(isGzip ? gunzipSync(bytes) : bytes).toString("utf8"));
    const metadata = namingFile(location, () => this.#format.parse(text));
    this.#cache.set(location, metadata, text.length * 4);
    return metadata;
  }

  /** @returns the new file's location; nothing refers to it yet */
  async write(metadata: Metadata, previousLocation: string | undefined): Promise<string> {
    const version = previousLocation === undefined ? 0 : versionOf(previousLocation) + 1;
    const isGzip = metadata.properties["write.metadata.compression-codec"]?.toLowerCase() === "gzip";
    const name = `${String(version).padStart(5, "0")}-${this.#ids.uuid()}${isGzip ? ".gz" : ""}.metadata.json`;
    const folder = metadata.properties["write.metadata.path"]?.replace(/\/+$/, "") ?? `${metadata.location}/metadata`;
    const location = `${folder}/${name}`;
    const text = this.#format.format(metadata);
    const bytes = Buffer.from(text, "utf8");
    await this.#io.write(location, isGzip ? gzipSync(bytes) : bytes);
    this.#cache.set(location, metadata, text.length * 4);
    return location;
  }

  async remove(location: string): Promise<void> {
    this.#cache.delete(location);
    await this.#io.remove(location);
  }
}

/** The metadata files of tables, and of views. */
export class MetadataStore extends MetadataFiles<TableMetadata> {
  readonly views: MetadataFiles<ViewMetadata>;

  constructor(io: FileIo, ids: LakeIds, cacheBytesMax: number) {
    super(io, ids, cacheBytesMax, { parse: parseMetadata, format: formatMetadata });
    this.views = new MetadataFiles(io, ids, Math.floor(cacheBytesMax / 16), { parse: parseView, format: formatView });
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
