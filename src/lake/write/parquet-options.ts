import { InvalidInputError } from "../../base/index.ts";

const ROW_GROUP_ROWS = 122_880;
const CODECS: ReadonlyMap<string, string> = new Map([
  ["zstd", "zstd"],
  ["snappy", "snappy"],
  ["gzip", "gzip"],
  ["lz4", "lz4_raw"],
  ["lz4_raw", "lz4_raw"],
  ["brotli", "brotli"],
  ["uncompressed", "uncompressed"],
  ["none", "uncompressed"],
]);

/**
 * Options of DuckDB's COPY by the table's properties: `write.parquet.compression-codec` (zstd), `compression-level` (3) and
 * `row-group-size-bytes`; groups have at most 122,880 rows in any case.
 *
 * @throws {InvalidInputError} on a codec that is not written
 */
export function parquetOptions(
  properties: Readonly<Record<string, string>>,
  compressionLevel: number | undefined,
): readonly string[] {
  const name = properties["write.parquet.compression-codec"]?.toLowerCase() ?? "zstd";
  const codec = CODECS.get(name);
  if (codec === undefined) {
    throw new InvalidInputError(
      `Cannot write Parquet compressed with ${name}: set write.parquet.compression-codec to one of ${[...CODECS.keys()].join(", ")}`,
    );
  }
  const level = compressionLevel ?? (Number(properties["write.parquet.compression-level"]) || 3);
  const groupBytes = Number(properties["write.parquet.row-group-size-bytes"]);
  return [
    "FORMAT parquet",
    "PARQUET_VERSION v1", // Spark before Iceberg 1.11 cannot read the encodings of v2.
    `COMPRESSION ${codec}`,
    ...(codec === "zstd" ? [`COMPRESSION_LEVEL ${level}`] : []),
    `ROW_GROUP_SIZE ${ROW_GROUP_ROWS}`,
    ...(groupBytes > 0 ? [`ROW_GROUP_SIZE_BYTES ${Math.floor(groupBytes)}`] : []),
  ];
}
