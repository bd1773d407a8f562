import { randomBytes } from "node:crypto";
import { deflateRawSync, inflateRawSync, zstdDecompressSync } from "node:zlib";
import avro from "avsc";
import { snappyUncompress } from "hyparquet";
import { formatJson, type Json, type JsonObject, parseJson } from "../core/json.ts";
import { isObject } from "../core/json-object.ts";
import { LakeCorruptError, LakeUnsupportedError } from "../errors.ts";

/** A record as avsc holds it: longs are bigints, bytes are Buffers, absent optional values are null. */
export type AvroRecord = Readonly<Record<string, unknown>>;

export interface AvroFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly records: readonly AvroRecord[];
}

const MAGIC = Buffer.from("Obj\x01", "latin1");
const SYNC_BYTES = 16;
/** Records of one block: bounds what one decompression holds. */
const BLOCK_RECORDS = 4_000;

/** 64-bit longs whole, where avsc's own refuses what a double does not hold. */
const bigLong = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === "bigint",
  compare: (one: bigint, other: bigint) => (one < other ? -1 : one > other ? 1 : 0),
});

/** Compiling costs more than reading a small file, and a process meets few schemas. */
const compiled = new Map<string, avro.Type>();
const COMPILED_MAX = 200;

function compile(schema: Json): avro.Type {
  const key = formatJson(schema);
  const type = compiled.get(key) ?? compileNew(schema);
  if (compiled.size >= COMPILED_MAX) compiled.clear();
  compiled.set(key, type);
  return type;
}

function compileNew(schema: Json): avro.Type {
  return avro.Type.forSchema(schema as avro.Schema, {
    wrapUnions: "never",
    noAnonymousTypes: false,
    typeHook: (each) => {
      const name: unknown = typeof each === "object" && !Array.isArray(each) && "type" in each ? each.type : each;
      return name === "long" ? bigLong : undefined;
    },
  });
}

const headerMap = avro.Type.forSchema({ type: "map", values: "bytes" });

/**
 * An Avro object container file.
 *
 * @see https://avro.apache.org/docs/1.12.0/specification/#object-container-files
 */
export function encodeAvroFile(
  schema: JsonObject,
  metadata: Readonly<Record<string, string>>,
  records: readonly AvroRecord[],
): Uint8Array {
  const type = compile(schema);
  const header = { ...metadata, "avro.schema": formatJson(schema), "avro.codec": "deflate" };
  const sync = randomBytes(SYNC_BYTES); // Only has to differ from the data by chance; nothing is decided by it.
  const parts = [MAGIC, headerMap.toBuffer(mapValues(header, (text) => Buffer.from(text, "utf8"))), sync];
  for (let from = 0; from < records.length; from += BLOCK_RECORDS) {
    const block = records.slice(from, from + BLOCK_RECORDS);
    const data = deflateRawSync(Buffer.concat(block.map((record) => type.toBuffer(record))));
    parts.push(encodeLong(block.length), encodeLong(data.byteLength), data, sync);
  }
  return Buffer.concat(parts);
}

/**
 * @param rename gives each record field its name here, from its `field-id` and its written name, since writers have used several
 * @throws {LakeCorruptError} when the bytes are not such a file
 */
export function decodeAvroFile(bytes: Uint8Array, rename: FieldNames): AvroFile {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!buffer.subarray(0, 4).equals(MAGIC))
    throw new LakeCorruptError("Cannot read an Avro file: it does not begin as one");
  try {
    return decodeBlocks(buffer, rename);
  } catch (cause) {
    if (cause instanceof LakeCorruptError || cause instanceof LakeUnsupportedError) throw cause;
    throw new LakeCorruptError(`Cannot read an Avro file of ${bytes.byteLength} bytes: it is torn or malformed`, {
      cause,
    });
  }
}

function decodeBlocks(buffer: Buffer, rename: FieldNames): AvroFile {
  const header = headerMap.decode(buffer, MAGIC.byteLength);
  if (header.offset < 0 || header.offset + SYNC_BYTES > buffer.byteLength)
    throw new LakeCorruptError("Cannot read an Avro file: its header is torn");
  const metadata: Record<string, string> = mapValues(header.value as Record<string, Buffer>, (each) =>
    each.toString("utf8"),
  );
  const schema = metadata["avro.schema"];
  if (schema === undefined) throw new LakeCorruptError("Cannot read an Avro file: it names no schema");
  const type = compile(renameFields(parseJson(schema), rename));
  const decompress = decompressor(metadata["avro.codec"] ?? "null");
  const sync = buffer.subarray(header.offset, header.offset + SYNC_BYTES);
  const records: AvroRecord[] = [];
  let at = header.offset + SYNC_BYTES;
  while (at < buffer.byteLength) {
    const count = decodeLong(buffer, at);
    const size = decodeLong(buffer, count.next);
    const end = size.next + size.value;
    if (!buffer.subarray(end, end + SYNC_BYTES).equals(sync)) {
      throw new LakeCorruptError(`Cannot read an Avro file: the block at byte ${at} is torn`);
    }
    const data = decompress(buffer.subarray(size.next, end));
    for (let offset = 0, index = 0; index < count.value; index += 1) {
      const record = type.decode(data, offset);
      if (record.offset < 0) throw new LakeCorruptError(`Cannot read an Avro file: the block at byte ${at} is short`);
      records.push(record.value);
      offset = record.offset;
    }
    at = end + SYNC_BYTES;
  }
  return { metadata, records };
}

function decompressor(codec: string): (data: Buffer) => Buffer {
  switch (codec) {
    case "null":
      return (data) => data;
    case "deflate":
      return (data) => inflateRawSync(data);
    case "zstandard":
      return (data) => zstdDecompressSync(data);
    case "snappy":
      return unsnap;
    default:
      throw new LakeUnsupportedError(
        `Cannot read an Avro file compressed with ${codec}; deflate, snappy, zstandard and none are read`,
      );
  }
}

/** Avro's snappy blocks end with a checksum of 4 bytes; the plain size leads the block as a varint. */
function unsnap(data: Buffer): Buffer {
  let plainBytes = 0;
  for (let index = 0, shift = 0; ; index += 1, shift += 7) {
    const byte = data[index] ?? 0;
    plainBytes += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  const plain = Buffer.alloc(plainBytes);
  snappyUncompress(data.subarray(0, -4), plain);
  return plain;
}

/** Zig-zag varint; block counts and sizes stay far below 2^53. */
function encodeLong(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value * 2;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 0x80);
  return Buffer.from([...bytes, rest]);
}

function decodeLong(buffer: Buffer, at: number): { readonly value: number; readonly next: number } {
  let [value, scale, next] = [0, 1, at];
  for (;;) {
    const byte = buffer[next];
    if (byte === undefined || scale > 2 ** 49)
      throw new LakeCorruptError(`Cannot read an Avro file: it ends within byte ${at}`);
    value += (byte & 0x7f) * scale;
    next += 1;
    if (byte < 0x80) break;
    scale *= 128;
  }
  return { value: value % 2 === 0 ? value / 2 : -(value + 1) / 2, next };
}

export type FieldNames = (fieldId: number, written: string) => string;

function renameFields(schema: Json, rename: FieldNames): Json {
  if (Array.isArray(schema)) return schema.map((each) => renameFields(each, rename));
  if (!isObject(schema)) return schema;
  const { fields, items, values, type, ...rest } = schema;
  const renamed: Record<string, Json | undefined> = { ...rest };
  if (type !== undefined) renamed["type"] = isObject(type) || Array.isArray(type) ? renameFields(type, rename) : type;
  if (items !== undefined) renamed["items"] = renameFields(items, rename);
  if (values !== undefined) renamed["values"] = renameFields(values, rename);
  if (Array.isArray(fields)) renamed["fields"] = fields.map((field) => renameField(field, rename));
  return renamed;
}

function renameField(field: Json, rename: FieldNames): Json {
  if (!isObject(field)) return field;
  const { default: _unused, type, name, ...rest } = field; // Defaults matter to readers with another schema only.
  const id = field["field-id"];
  return {
    ...rest,
    name: typeof id === "number" && typeof name === "string" ? rename(id, name) : name,
    type: renameFields(type ?? null, rename),
  };
}

function mapValues<T, U>(object: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
