import { InvalidInputError } from "../../base/index.ts";
import { type DbnMetadata, PRELUDE_BYTES, readMetadata, readPrelude } from "./dbn-metadata.ts";
import { DbnRecord, HEADER_BYTES, LENGTH_UNIT_BYTES } from "./dbn-record.ts";
import { recordBytes, recordTypeName } from "./record-types.ts";

const SEND_TIME_BYTES = 8;
/** The longest record that a length byte can tell. */
const RECORD_BYTES_MAX = 255 * LENGTH_UNIT_BYTES;

/** Gets what a DBN stream holds, in its order. */
export interface DbnVisitor {
  /** Once, before the first record. */
  metadata?(metadata: DbnMetadata): void;
  /** @returns whether it took the record; others are counted as skipped */
  record(record: DbnRecord, metadata: DbnMetadata): boolean;
  /** Of CSV: a line that is no record, and why. */
  refuse?(line: number, detail: string): void;
}

/** What became of the records of a kind. */
export interface RecordCount {
  /** The kind's number in DBN. */
  readonly type: number;
  /** Its name; undefined where it is newer than K2. */
  readonly name: string | undefined;
  readonly taken: number;
  /** Stepped over by their length: the visitor has no use for them. */
  readonly skipped: number;
  /** Stepped over because their length is not that of their kind. */
  readonly malformed: number;
}

/**
 * Reads a DBN stream, of version 1, 2 or 3, from chunks as they come; holds at most one record or the metadata. Records
 * of unknown kinds are stepped over by their length and counted: taken + skipped + malformed is all there was.
 */
export class DbnDecoder {
  #state: "prelude" | "metadata" | "records" = "prelude";
  #version = 0;
  #metadata: DbnMetadata | undefined;
  #needed = PRELUDE_BYTES;
  /** What came of an item that is not whole yet. */
  #held = new Uint8Array(RECORD_BYTES_MAX);
  #heldView = new DataView(this.#held.buffer);
  #heldLength = 0;
  readonly #record = new DbnRecord();
  readonly #taken = new Float64Array(256);
  readonly #skipped = new Float64Array(256);
  readonly #malformed = new Float64Array(256);

  /** Undefined until the stream's head was read. */
  get metadata(): DbnMetadata | undefined {
    return this.#metadata;
  }

  /** For each kind of record that was met. */
  get counts(): readonly RecordCount[] {
    const counts: RecordCount[] = [];
    for (let type = 0; type < 256; type += 1) {
      const [taken = 0, skipped = 0, malformed = 0] = [this.#taken[type], this.#skipped[type], this.#malformed[type]];
      if (taken + skipped + malformed > 0) counts.push({ type, name: recordTypeName(type), taken, skipped, malformed });
    }
    return counts;
  }

  /**
   * Takes the stream's next bytes.
   *
   * @throws {InvalidInputError} where they are no DBN; what was handed to the visitor before is right
   */
  write(chunk: Uint8Array, visitor: DbnVisitor): void {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = this.#heldLength > 0 ? this.#complete(chunk, visitor) : 0;
    while (at < chunk.byteLength) {
      const needed = this.#state === "records" ? recordLength(chunk[at] ?? 0) : this.#needed;
      if (at + needed > chunk.byteLength) {
        this.#hold(chunk.subarray(at));
        return;
      }
      this.#take(view, at, needed, visitor);
      at += needed;
    }
  }

  /** @throws {InvalidInputError} when the stream ends within a record, or before its first */
  end(): void {
    if (this.#heldLength === 0 && this.#state === "records") return;
    const where = this.#state === "records" ? "within a record" : "before its first record";
    throw new InvalidInputError(
      `The DBN stream ends ${where}: it was cut. What came before is kept; fetch the file anew and read it again`,
    );
  }

  /** Fills up what is held from the chunk and takes it. @returns how many of the chunk's bytes it took */
  #complete(chunk: Uint8Array, visitor: DbnVisitor): number {
    const needed = this.#state === "records" ? recordLength(this.#held[0] ?? 0) : this.#needed;
    const taken = Math.min(needed - this.#heldLength, chunk.byteLength);
    this.#hold(chunk.subarray(0, taken));
    if (this.#heldLength < needed) return taken;
    this.#heldLength = 0;
    this.#take(this.#heldView, 0, needed, visitor);
    return taken;
  }

  #hold(bytes: Uint8Array): void {
    const length = this.#heldLength + bytes.byteLength;
    if (length > this.#held.byteLength) {
      const held = new Uint8Array(Math.max(length, Math.min(this.#needed, this.#held.byteLength * 2)));
      held.set(this.#held.subarray(0, this.#heldLength));
      this.#held = held;
      this.#heldView = new DataView(held.buffer);
    }
    this.#held.set(bytes, this.#heldLength);
    this.#heldLength = length;
  }

  #take(view: DataView, at: number, byteLength: number, visitor: DbnVisitor): void {
    const metadata = this.#metadata;
    if (metadata === undefined) {
      this.#takeHead(new Uint8Array(view.buffer, view.byteOffset + at, byteLength), visitor);
      return;
    }
    const record = this.#record;
    record.point(view, at, byteLength);
    const { type } = record;
    const expected = recordBytes(type, this.#version);
    const body = metadata.hasSendTimes ? byteLength - SEND_TIME_BYTES : byteLength;
    let counts = this.#malformed;
    if (expected === undefined || expected === body)
      counts = visitor.record(record, metadata) ? this.#taken : this.#skipped;
    counts[type] = (counts[type] ?? 0) + 1;
  }

  #takeHead(bytes: Uint8Array, visitor: DbnVisitor): void {
    if (this.#state === "prelude") {
      const { version, metadataBytes } = readPrelude(bytes);
      this.#version = version;
      this.#needed = metadataBytes;
      this.#state = "metadata";
      return;
    }
    this.#metadata = readMetadata(this.#version, bytes);
    this.#state = "records";
    visitor.metadata?.(this.#metadata);
  }
}

function recordLength(units: number): number {
  const length = units * LENGTH_UNIT_BYTES;
  if (length >= HEADER_BYTES) return length;
  throw new InvalidInputError(
    `The DBN stream is damaged: a record says that it has ${length} bytes, less than its header. ` +
      "What came before is kept; fetch the file anew and read it again",
  );
}
