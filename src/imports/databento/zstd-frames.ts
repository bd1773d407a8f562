import { InvalidInputError } from "../../base/index.ts";

const MAGIC = 0xfd2f_b528;
const SKIPPABLE_MAGIC = 0x184d_2a50;
const BLOCK_HEADER_BYTES = 3;
const BLOCK_RUN = 1;
const BLOCK_RESERVED = 3;
const CHECKSUM_BYTES = 4;
/** Of the widest frame header: magic, descriptor, window, 4 bytes of dictionary id, 8 of content size. */
const HEAD_BYTES_MAX = 18;
const DICTIONARY_BYTES: readonly number[] = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES: readonly number[] = [0, 2, 4, 8];

const NOTHING = new Uint8Array(0);

/** Bytes of a compressed stream that belong to one frame. */
export interface ZstdPart {
  readonly bytes: Uint8Array;
  /** Its frame ends with these bytes; what follows is another frame. */
  readonly endsFrame: boolean;
  /** The frame holds no data: decoders step over it. */
  readonly isSkippable: boolean;
}

/**
 * Finds where the frames of a zstd stream end, without unpacking them. A file may hold many frames, one after the other,
 * and Node's decompressor stops, without a word, after the first.
 *
 * @see https://datatracker.ietf.org/doc/html/rfc8878#section-3.1
 */
export class ZstdFrames {
  /** What is being read: the head of a frame, the head of a block, or bytes whose number is known. */
  #state: "frame" | "block" | "body" | "end" = "frame";
  readonly #head = new Uint8Array(HEAD_BYTES_MAX);
  #headLength = 0;
  #rest = 0;
  #isLastBlock = false;
  #hasChecksum = false;
  #isSkippable = false;
  /** The beginning of a frame's head, until the rest of it says what the frame is. */
  #heldBack: Uint8Array = NOTHING;

  /** Whether the stream may end here: between two frames. */
  get isWhole(): boolean {
    return this.#state === "frame" && this.#headLength === 0;
  }

  /**
   * The chunk's bytes, by frame.
   *
   * @throws {InvalidInputError} where the bytes are no zstd frames
   */
  *split(chunk: Uint8Array): Generator<ZstdPart> {
    let start = 0;
    let at = 0;
    while (at < chunk.byteLength) {
      at = this.#step(chunk, at);
      if (this.#state !== "end") continue;
      this.#state = "frame";
      yield* this.#parts(chunk.subarray(start, at), true);
      start = at;
    }
    if (start === at) return;
    if (this.#state === "frame") this.#heldBack = Buffer.concat([this.#heldBack, chunk.subarray(start, at)]);
    else yield* this.#parts(chunk.subarray(start, at), false);
  }

  *#parts(bytes: Uint8Array, endsFrame: boolean): Generator<ZstdPart> {
    const isSkippable = this.#isSkippable;
    if (this.#heldBack.byteLength > 0) yield { bytes: this.#heldBack, endsFrame: false, isSkippable };
    this.#heldBack = NOTHING;
    yield { bytes, endsFrame, isSkippable };
  }

  #step(chunk: Uint8Array, at: number): number {
    if (this.#state === "body") {
      const taken = Math.min(this.#rest, chunk.byteLength - at);
      this.#rest -= taken;
      if (this.#rest === 0) this.#state = this.#isLastBlock ? "end" : "block";
      return at + taken;
    }
    this.#head[this.#headLength] = chunk[at] ?? 0;
    this.#headLength += 1;
    if (this.#state === "block") this.#readBlockHead();
    else this.#readFrameHead();
    return at + 1;
  }

  #readBlockHead(): void {
    if (this.#headLength < BLOCK_HEADER_BYTES) return;
    const [first = 0, second = 0, third = 0] = this.#head;
    const head = first | (second << 8) | (third << 16);
    const kind = (head >> 1) & 3;
    if (kind === BLOCK_RESERVED) throw notZstd("a block is of a kind that does not exist");
    this.#isLastBlock = (head & 1) === 1;
    this.#begin((kind === BLOCK_RUN ? 1 : head >> 3) + (this.#isLastBlock && this.#hasChecksum ? CHECKSUM_BYTES : 0));
  }

  #readFrameHead(): void {
    if (this.#headLength < 5) return;
    const head = new DataView(this.#head.buffer);
    const magic = head.getUint32(0, true);
    if (magic !== MAGIC) {
      this.#readSkippableHead(magic, head);
      return;
    }
    const descriptor = this.#head[4] ?? 0;
    const isSingleSegment = (descriptor & 0x20) !== 0;
    const sizeFlag = descriptor >> 6;
    const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : (CONTENT_SIZE_BYTES[sizeFlag] ?? 0);
    const length = 5 + (isSingleSegment ? 0 : 1) + (DICTIONARY_BYTES[descriptor & 3] ?? 0) + sizeBytes;
    if (this.#headLength < length) return;
    this.#hasChecksum = (descriptor & 4) !== 0;
    this.#isSkippable = false;
    this.#headLength = 0;
    this.#state = "block";
  }

  #readSkippableHead(magic: number, head: DataView): void {
    if (magic - (magic & 0xf) !== SKIPPABLE_MAGIC) throw notZstd("a frame does not begin as one");
    this.#isSkippable = true;
    if (this.#headLength < 8) return;
    this.#isLastBlock = true;
    this.#begin(head.getUint32(4, true));
  }

  #begin(byteLength: number): void {
    this.#headLength = 0;
    this.#rest = byteLength;
    this.#state = byteLength > 0 ? "body" : this.#isLastBlock ? "end" : "block";
  }
}

function notZstd(seen: string): InvalidInputError {
  return new InvalidInputError(
    `The zstd stream is damaged: ${seen}. What came before is kept; fetch the file anew and read it again`,
  );
}
