import { parquetMetadata } from "hyparquet";
import { describeError } from "../../base/index.ts";
import type { Field, PrimitiveType, Type } from "../core/types.ts";
import { LakeCorruptError } from "../errors.ts";
import type { FileIo } from "../io/file-io.ts";
import { LruCache } from "../io/lru-cache.ts";
import type { DataFile } from "../manifest/data-file.ts";

/** What a Parquet file says of its own columns. */
export interface PhysicalSchema {
  /** As the file spells them. Fields without an id have a negative one. */
  readonly fields: readonly Field[];
  readonly hasIds: boolean;
  readonly rowCount: number;
}

const TRAILER_BYTES = 8;
const TAIL_BYTES = 32_768;
const CACHE_BYTES_MAX = 16 * 1024 * 1024;
const FIELD_BYTES = 400;
const caches = new WeakMap<FileIo, LruCache<PhysicalSchema>>();

/**
 * Reads a file's footer, once as long as it is kept.
 *
 * @throws {LakeCorruptError} naming the file, also where its rows are not as many as its manifest says
 */
export async function physicalSchemaOf(io: FileIo, file: DataFile): Promise<PhysicalSchema> {
  const cache = caches.get(io) ?? new LruCache<PhysicalSchema>(CACHE_BYTES_MAX);
  caches.set(io, cache);
  const known = cache.get(file.location);
  if (known !== undefined) return known;
  const schema = await readSchema(io, file);
  cache.set(file.location, schema, FIELD_BYTES * (schema.fields.length + 1));
  return schema;
}

/** As {@link physicalSchemaOf}, but looks at the file itself whatever is known of it. */
export async function checkFooter(io: FileIo, file: DataFile): Promise<void> {
  await readSchema(io, file);
}

async function readSchema(io: FileIo, { location, recordCount }: DataFile): Promise<PhysicalSchema> {
  const tail = await tailOf(io, location);
  const schema = parse(tail.bytes, location);
  if (schema.rowCount === recordCount) return schema;
  throw new LakeCorruptError(
    `Cannot read ${location}: it has ${schema.rowCount} rows where its manifest says ${recordCount}. Nothing was read`,
  );
}

async function tailOf(
  io: FileIo,
  location: string,
): Promise<{ readonly bytes: Uint8Array; readonly fileByteLength: number }> {
  const tail = await io.readTail(location, TAIL_BYTES).catch((cause: unknown) => {
    throw new LakeCorruptError(`Cannot read ${location}, a file of the table: ${describeError(cause)}`, { cause });
  });
  const { bytes } = tail;
  if (bytes.byteLength < TRAILER_BYTES) return tail;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const needed = view.getUint32(bytes.byteLength - TRAILER_BYTES, true) + TRAILER_BYTES;
  return needed > bytes.byteLength && needed <= tail.fileByteLength ? io.readTail(location, needed) : tail;
}

type Elements = ReturnType<typeof parquetMetadata>["schema"];
type Element = Elements[number];

function parse(tail: Uint8Array, location: string): PhysicalSchema {
  try {
    const { schema, num_rows } = parquetMetadata(Uint8Array.from(tail).buffer); // hyparquet wants a buffer of its own.
    const reader = new ElementReader(schema);
    const fields = reader.root();
    return { fields, hasIds: reader.hasIds, rowCount: Number(num_rows) };
  } catch (cause) {
    throw new LakeCorruptError(
      `Cannot read ${location}: its Parquet footer is cut or malformed (${describeError(cause)}). Nothing was read`,
      { cause },
    );
  }
}

/** The flat list of elements, each group before its members. */
class ElementReader {
  readonly #elements: Elements;
  #at = 0;
  #unnamed = 0;
  hasIds = false;

  constructor(elements: Elements) {
    this.#elements = elements;
  }

  root(): readonly Field[] {
    const [root] = this.#elements;
    this.#at = 1;
    return this.#members(root?.num_children ?? 0);
  }

  #members(count: number): readonly Field[] {
    return Array.from({ length: count }, () => this.#field());
  }

  #field(): Field {
    const element = this.#elements[this.#at];
    if (element === undefined) throw new RangeError("a group of the schema lacks members");
    const at = this.#at;
    this.#at += 1;
    const id = this.#id(element);
    const type = this.#type(element, at);
    const isRepeated = element.repetition_type === "REPEATED"; // A list of the oldest form: no group around it.
    return {
      id,
      name: element.name,
      required: element.repetition_type === "REQUIRED",
      type: isRepeated ? { kind: "list", elementId: this.#noId(), elementRequired: true, element: type } : type,
    };
  }

  #id({ field_id }: Element): number {
    if (field_id === undefined) return this.#noId();
    this.hasIds = true;
    return field_id;
  }

  #noId(): number {
    this.#unnamed -= 1;
    return this.#unnamed;
  }

  #type(element: Element, at: number): Type {
    if (element.num_children === undefined || element.num_children === 0) return leafType(element);
    const kind = element.logical_type?.type ?? element.converted_type;
    if (kind === "LIST") return this.#list(at);
    if (kind === "MAP" || kind === "MAP_KEY_VALUE") return this.#map(element, at);
    return { kind: "struct", fields: this.#members(element.num_children) };
  }

  /** @see https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists */
  #list(at: number): Type {
    const repeated = this.#elements[this.#at];
    const isWrapped =
      repeated?.num_children === 1 &&
      repeated.name !== "array" &&
      repeated.name !== `${this.#elements[at]?.name}_tuple`;
    if (!isWrapped) {
      const element = this.#field();
      const type = element.type.kind === "list" ? element.type.element : element.type;
      return { kind: "list", elementId: element.id, elementRequired: true, element: type };
    }
    this.#at += 1;
    const element = this.#field();
    return { kind: "list", elementId: element.id, elementRequired: element.required, element: element.type };
  }

  #map(element: Element, at: number): Type {
    const entries = this.#elements[at + 1];
    if (element.num_children !== 1 || entries?.num_children !== 2) {
      return { kind: "struct", fields: this.#members(element.num_children ?? 0) };
    }
    this.#at += 1;
    const [key, value] = this.#members(2);
    if (key === undefined || value === undefined) throw new RangeError("a map without a key and a value");
    return {
      kind: "map",
      keyId: key.id,
      key: key.type,
      valueId: value.id,
      valueRequired: value.required,
      value: value.type,
    };
  }
}

/** The Iceberg type that a column is read as; opaque where it is none, named as Parquet has it. */
function leafType(element: Element): PrimitiveType {
  const { logical_type: logical, converted_type: converted, type } = element;
  if (logical?.type === "DECIMAL" || converted === "DECIMAL") {
    return { kind: "decimal", precision: element.precision ?? 0, scale: element.scale ?? 0 };
  }
  const isUnsigned = logical?.type === "INTEGER" && !logical.isSigned;
  if (isUnsigned || converted?.startsWith("UINT")) return { kind: "opaque", text: `unsigned ${type}` };
  switch (logical?.type) {
    case "TIMESTAMP":
      return timestampType(logical);
    case "TIME":
      return logical.unit === "MICROS" ? { kind: "time" } : { kind: "opaque", text: `time ${logical.unit}` };
    case "UUID":
      return { kind: "uuid" };
    case "VARIANT":
    case "GEOMETRY":
    case "GEOGRAPHY":
    case "INTERVAL":
    case "FLOAT16":
      return { kind: "opaque", text: logical.type };
    default:
      return convertedType(element) ?? plainType(element);
  }
}

function timestampType({
  isAdjustedToUTC: isUtc,
  unit,
}: {
  readonly isAdjustedToUTC: boolean;
  readonly unit: string;
}): PrimitiveType {
  if (unit === "NANOS") return { kind: isUtc ? "timestamptz_ns" : "timestamp_ns" };
  return { kind: isUtc ? "timestamptz" : "timestamp" };
}

function convertedType({ logical_type: logical, converted_type: converted }: Element): PrimitiveType | undefined {
  switch (logical?.type ?? converted) {
    case "STRING":
    case "UTF8":
    case "ENUM":
    case "JSON":
      return { kind: "string" };
    case "DATE":
      return { kind: "date" };
    case "TIME_MICROS":
      return { kind: "time" };
    case "TIMESTAMP_MILLIS":
    case "TIMESTAMP_MICROS":
      return { kind: "timestamptz" };
    case "TIME_MILLIS":
    case "INTERVAL":
      return { kind: "opaque", text: String(converted) };
    default:
      return undefined;
  }
}

function plainType({ type, type_length: length }: Element): PrimitiveType {
  switch (type) {
    case "BOOLEAN":
      return { kind: "boolean" };
    case "INT32":
      return { kind: "int" };
    case "INT64":
      return { kind: "long" };
    case "INT96":
      return { kind: "timestamp" }; // Hive's; instants in UTC, which DuckDB reads as a time without a zone.
    case "FLOAT":
      return { kind: "float" };
    case "DOUBLE":
      return { kind: "double" };
    case "FIXED_LEN_BYTE_ARRAY":
      return { kind: "fixed", length: length ?? 0 };
    default:
      return { kind: "binary" };
  }
}
