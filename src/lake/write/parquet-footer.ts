import { parquetMetadata } from "hyparquet";
import { LakeCorruptError } from "../errors.ts";
import type { FileIo } from "../io/file-io.ts";

/** What only the file's own footer tells exactly. */
export interface ParquetFooter {
  readonly rowCount: number;
  /** Of the whole file. */
  readonly byteLength: number;
  /** Where each row group starts, ascending. */
  readonly splitOffsets: readonly number[];
  /** Bounds of float and double columns, by dotted path; absent where a row group has none. NaN is never a bound. */
  readonly floatBounds: ReadonlyMap<string, FloatBounds>;
}

export interface FloatBounds {
  readonly lower: number;
  readonly upper: number;
}

const TAIL_BYTES = 65_536;
const TRAILER_BYTES = 8;

/** Reads the end of a file, once more where its footer is longer than usual. */
export async function readParquetFooter(io: FileIo, path: string): Promise<ParquetFooter> {
  let tail = await io.readTail(path, TAIL_BYTES);
  const { bytes, fileByteLength } = tail;
  if (bytes.byteLength < TRAILER_BYTES)
    throw new LakeCorruptError(`Cannot read ${path}: ${fileByteLength} bytes are no Parquet file`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const needed = view.getUint32(bytes.byteLength - TRAILER_BYTES, true) + TRAILER_BYTES;
  if (needed > bytes.byteLength) tail = await io.readTail(path, needed);
  try {
    return { ...parseFooter(tail.bytes), byteLength: fileByteLength };
  } catch (cause) {
    throw new LakeCorruptError(`Cannot read the footer of ${path}`, { cause });
  }
}

type RowGroups = ReturnType<typeof parquetMetadata>["row_groups"];
type ColumnMetadata = NonNullable<RowGroups[number]["columns"][number]["meta_data"]>;

function parseFooter(bytes: Uint8Array): Omit<ParquetFooter, "byteLength"> {
  const copy = Uint8Array.from(bytes); // hyparquet wants a buffer of its own.
  const metadata = parquetMetadata(copy.buffer);
  return {
    rowCount: Number(metadata.num_rows),
    splitOffsets: metadata.row_groups.map(groupOffset).toSorted((one, other) => one - other),
    floatBounds: floatBounds(metadata.row_groups),
  };
}

function groupOffset({ columns }: RowGroups[number]): number {
  const offsets = columns.flatMap(({ meta_data: column }) => (column === undefined ? [] : [columnOffset(column)]));
  return Math.min(...offsets);
}

/** The dictionary, where there is one, comes before the data. */
function columnOffset({ dictionary_page_offset: dictionary, data_page_offset: data }: ColumnMetadata): number {
  return dictionary !== undefined && dictionary > 0n && dictionary < data ? Number(dictionary) : Number(data);
}

function floatBounds(groups: RowGroups): ReadonlyMap<string, FloatBounds> {
  const bounds = new Map<string, FloatBounds | undefined>();
  for (const { columns } of groups) {
    for (const { meta_data: column } of columns) {
      if (column === undefined || (column.type !== "DOUBLE" && column.type !== "FLOAT")) continue;
      if (column.statistics?.null_count === column.num_values) continue; // Only nulls: they have no bounds.
      const path = column.path_in_schema.join(".");
      const before = bounds.get(path);
      const own = statisticsBounds(column);
      bounds.set(path, bounds.has(path) ? widest(before, own) : own);
    }
  }
  return new Map([...bounds].flatMap(([path, each]) => (each === undefined ? [] : [[path, each]])));
}

function statisticsBounds({ statistics }: ColumnMetadata): FloatBounds | undefined {
  const [lower, upper] = [statistics?.min_value, statistics?.max_value];
  if (typeof lower !== "number" || typeof upper !== "number" || Number.isNaN(lower) || Number.isNaN(upper))
    return undefined;
  return { lower, upper };
}

function widest(one: FloatBounds | undefined, other: FloatBounds | undefined): FloatBounds | undefined {
  if (one === undefined || other === undefined) return undefined;
  return { lower: Math.min(one.lower, other.lower), upper: Math.max(one.upper, other.upper) };
}
