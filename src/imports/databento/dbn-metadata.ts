import { InvalidInputError } from "../../base/index.ts";

/** The newest version of DBN that K2 reads. */
export const DBN_VERSION_MAX = 3;
/** Of the prelude: "DBN", the version, and the number of bytes of the metadata that follows. */
export const PRELUDE_BYTES = 8;
const METADATA_BYTES_MIN = 100;
const METADATA_BYTES_MAX = 256 * 1024 * 1024;
const DATASET_BYTES = 16;
const SYMBOL_BYTES_V1 = 22;
const RESERVED_BYTES_V1 = 47;
const RESERVED_BYTES = 53;
const NONE_16 = 0xffff;
const NONE_8 = 0xff;
const UNDEFINED_TIME = 0xffff_ffff_ffff_ffffn;

const SCHEMAS: readonly string[] = [
  "mbo",
  "mbp-1",
  "mbp-10",
  "tbbo",
  "trades",
  "ohlcv-1s",
  "ohlcv-1m",
  "ohlcv-1h",
  "ohlcv-1d",
  "definition",
  "statistics",
  "status",
  "imbalance",
  "ohlcv-eod",
  "cmbp-1",
  "cbbo-1s",
  "cbbo-1m",
  "tcbbo",
  "bbo-1s",
  "bbo-1m",
];
const SYMBOL_KINDS: readonly string[] = [
  "instrument_id",
  "raw_symbol",
  "smart",
  "continuous",
  "parent",
  "nasdaq_symbol",
  "cms_symbol",
  "isin",
  "us_code",
  "bbg_comp_id",
  "bbg_comp_ticker",
  "figi",
  "figi_ticker",
];

/** What stood for what, from one UTC day up to another. */
export interface MappingInterval {
  /** YYYYMMDD. */
  readonly startDate: number;
  /** YYYYMMDD, not included. */
  readonly endDate: number;
  readonly symbol: string;
}

export interface SymbolMapping {
  readonly symbol: string;
  readonly intervals: readonly MappingInterval[];
}

/** The head of a DBN stream: what was asked for, and which number stands for which symbol when. */
export interface DbnMetadata {
  readonly version: number;
  /** Such as GLBX.MDP3. */
  readonly dataset: string;
  /** Undefined where records are of several. */
  readonly schema: string | undefined;
  /** Nanoseconds since the Unix epoch. */
  readonly startNs: bigint;
  readonly endNs: bigint | undefined;
  readonly limit: bigint | undefined;
  /** What the symbols of the request are; undefined where they are of several kinds. */
  readonly symbolKindIn: string | undefined;
  readonly symbolKindOut: string;
  /** Every record ends with the time at which it was sent, 8 bytes. */
  readonly hasSendTimes: boolean;
  readonly symbols: readonly string[];
  /** Symbols that stood for nothing on some of the days. */
  readonly partial: readonly string[];
  readonly notFound: readonly string[];
  readonly mappings: readonly SymbolMapping[];
}

export interface Prelude {
  readonly version: number;
  readonly metadataBytes: number;
}

/**
 * @throws {InvalidInputError} when the bytes do not begin a DBN stream of a version that K2 reads
 */
export function readPrelude(bytes: Uint8Array): Prelude {
  if (bytes[0] !== 0x44 || bytes[1] !== 0x42 || bytes[2] !== 0x4e)
    throw new InvalidInputError(
      "Not a DBN stream: it does not begin with DBN. Nothing was read; give a .dbn or .dbn.zst",
    );
  const version = bytes[3] ?? 0;
  if (version < 1 || version > DBN_VERSION_MAX)
    throw new InvalidInputError(
      `The DBN stream is of version ${version}; K2 reads 1 to ${DBN_VERSION_MAX}. Nothing was read; ask Databento for an earlier version`,
    );
  const metadataBytes = new DataView(bytes.buffer, bytes.byteOffset, PRELUDE_BYTES).getUint32(4, true);
  if (metadataBytes < METADATA_BYTES_MIN || metadataBytes > METADATA_BYTES_MAX)
    throw damaged(`it gives its length as ${metadataBytes} bytes`);
  return { version, metadataBytes };
}

/**
 * Reads the metadata that follows the prelude.
 *
 * @see https://databento.com/docs/standards-and-conventions/databento-binary-encoding#metadata
 * @throws {InvalidInputError} when it is damaged
 */
export function readMetadata(version: number, bytes: Uint8Array): DbnMetadata {
  const fields = new Fields(bytes);
  const dataset = fields.text(DATASET_BYTES);
  const schema = fields.u16();
  const startNs = fields.u64();
  const endNs = fields.u64();
  const limit = fields.u64();
  if (version === 1) fields.u64(); // The number of records, which nobody filled in.
  const kindIn = fields.u8();
  const kindOut = fields.u8();
  const hasSendTimes = fields.u8() !== 0;
  const symbolBytes = version === 1 ? SYMBOL_BYTES_V1 : fields.u16();
  fields.skip(version === 1 ? RESERVED_BYTES_V1 : RESERVED_BYTES);
  if (fields.u32() !== 0) throw damaged("it describes its own records, which no version does yet");
  return {
    version,
    dataset,
    schema: schema === NONE_16 ? undefined : nameOf(SCHEMAS, schema),
    startNs,
    endNs: endNs === UNDEFINED_TIME || endNs === 0n ? undefined : endNs,
    limit: limit === 0n ? undefined : limit,
    symbolKindIn: kindIn === NONE_8 ? undefined : nameOf(SYMBOL_KINDS, kindIn),
    symbolKindOut: nameOf(SYMBOL_KINDS, kindOut),
    hasSendTimes,
    symbols: fields.list(symbolBytes, () => fields.text(symbolBytes)),
    partial: fields.list(symbolBytes, () => fields.text(symbolBytes)),
    notFound: fields.list(symbolBytes, () => fields.text(symbolBytes)),
    mappings: fields.list(symbolBytes + 4, () => ({
      symbol: fields.text(symbolBytes),
      intervals: fields.list(symbolBytes + 8, () => ({
        startDate: fields.u32(),
        endDate: fields.u32(),
        symbol: fields.text(symbolBytes),
      })),
    })),
  };
}

/** The name of a number; of one that is newer than K2, the number. */
function nameOf(names: readonly string[], number: number): string {
  return names[number] ?? `unknown-${number}`;
}

class Fields {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.#view.getUint8(this.skip(1));
  }

  u16(): number {
    return this.#view.getUint16(this.skip(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.skip(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.skip(8), true);
  }

  text(byteLength: number): string {
    const at = this.skip(byteLength);
    return fixedText(this.#bytes, at, byteLength);
  }

  /** A count, and so many items of at least that many bytes. */
  list<T>(itemBytesMin: number, read: () => T): readonly T[] {
    const count = this.u32();
    if (count * itemBytesMin > this.#bytes.byteLength - this.#at) throw damaged(`a list of ${count} does not fit`);
    return Array.from({ length: count }, read);
  }

  /** @returns where the bytes begin that are stepped over */
  skip(byteLength: number): number {
    const at = this.#at;
    if (at + byteLength > this.#bytes.byteLength) throw damaged("it ends too early");
    this.#at = at + byteLength;
    return at;
  }
}

const decoder = new TextDecoder();

/** A text of fixed length, up to its first zero. */
export function fixedText(bytes: Uint8Array, at: number, byteLength: number): string {
  const field = bytes.subarray(at, at + byteLength);
  const end = field.indexOf(0);
  return decoder.decode(end < 0 ? field : field.subarray(0, end));
}

function damaged(seen: string): InvalidInputError {
  return new InvalidInputError(
    `The metadata of the DBN stream is damaged: ${seen}. Nothing was read; fetch the file anew`,
  );
}
