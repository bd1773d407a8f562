import { murmur3 } from "../core/murmur3.ts";
import { partitionPath } from "../core/partition-spec.ts";
import type { DataFile } from "../manifest/data-file.ts";
import { partitionTypes } from "../manifest/manifest.ts";
import { manifestContext } from "../manifest/manifest-store.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";

const ENTROPY_BITS = 20;

/**
 * Where a new data or delete file goes: `<write.data.path>/<partition>/<name>`; with `write.object-storage.enabled` behind
 * folders of a hash, so that an object store spreads the load over its keys.
 *
 * @see https://iceberg.apache.org/docs/latest/aws/#object-store-file-layout
 */
export function dataLocation(
  metadata: TableMetadata,
  { specId, partition }: Pick<DataFile, "specId" | "partition">,
  name: string,
): string {
  const { location, properties } = metadata;
  const base = (properties["write.data.path"] ?? `${location}/data`).replace(/\/+$/, "");
  const context = manifestContext(metadata, specId);
  const folder = partitionPath(context.spec, partitionTypes(context), partition);
  const isSpread = properties["write.object-storage.enabled"] === "true";
  const hasFolder = folder !== "" && !(isSpread && properties["write.object-storage.partitioned-paths"] === "false");
  const path = hasFolder ? `${folder}/${name}` : name;
  if (!isSpread) return `${base}/${path}`;
  const isJoined = properties["write.object-storage.partitioned-paths"] === "false";
  return `${base}/${entropy(path)}${isJoined ? "-" : "/"}${path}`;
}

/** `0101/0110/1001/10110010` of the path's hash, as other writers have it. */
function entropy(path: string): string {
  const bits = (murmur3(Buffer.from(path, "utf8")) >>> 0).toString(2).padStart(32, "0").slice(-ENTROPY_BITS);
  return [bits.slice(0, 4), bits.slice(4, 8), bits.slice(8, 12), bits.slice(12)].join("/");
}
