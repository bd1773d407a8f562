import { type Files, systemFiles } from "../base/index.ts";
import { systemIds } from "./io/ids.ts";
import { LocalFileIo, type LocationMap } from "./io/local-file-io.ts";
import { ManifestStore } from "./manifest/manifest-store.ts";
import { MetadataStore } from "./metadata/metadata-store.ts";
import { Table } from "./table.ts";

export interface ReadTableInput {
  /** Path or location of a metadata file, plain or gzipped. */
  readonly metadataLocation: string;
  /** Where the locations within the table's metadata are now; for a table that was moved or copied. */
  readonly mapLocation?: LocationMap | undefined;
  readonly files?: Files | undefined;
}

const CACHE_BYTES_MAX = 32 * 1024 * 1024;

/** A table by its metadata file, without a catalog, to be read only. Format v1 to v3. */
export async function readTable({
  metadataLocation,
  mapLocation,
  files = systemFiles,
}: ReadTableInput): Promise<Table> {
  const io = new LocalFileIo(files, mapLocation);
  const metadata = await new MetadataStore(new LocalFileIo(files), systemIds, CACHE_BYTES_MAX).read(metadataLocation);
  const identifier = { namespace: [], name: metadata.location.slice(metadata.location.lastIndexOf("/") + 1) };
  return new Table(
    { identifier, metadataLocation, metadata },
    { io, manifests: new ManifestStore(io, CACHE_BYTES_MAX) },
  );
}
