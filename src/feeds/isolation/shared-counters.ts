const BEATS = 0;
const CONNECTION_FIRST = 1;
const NUMBERS_A_CONNECTION = 4;

/** What changes with every frame. */
export interface FrameCounts {
  readonly framesTotal: number;
  readonly bytesTotal: number;
  readonly lastFrameAtNs: bigint | undefined;
  readonly unflushedBytes: number;
}

/**
 * Numbers that a feed's worker writes and the main thread reads whenever it wants to, in memory that both see: a status is
 * never older than the last batch of frames, and no message is sent for it.
 */
export class SharedCounters {
  readonly buffer: SharedArrayBuffer;
  readonly #numbers: BigInt64Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#numbers = new BigInt64Array(buffer);
  }

  static of(connections: number): SharedCounters {
    const numbers = CONNECTION_FIRST + connections * NUMBERS_A_CONNECTION;
    return new SharedCounters(new SharedArrayBuffer(numbers * BigInt64Array.BYTES_PER_ELEMENT));
  }

  /** How often the worker has come round to say that it runs. */
  get beats(): bigint {
    return Atomics.load(this.#numbers, BEATS);
  }

  beat(): void {
    Atomics.add(this.#numbers, BEATS, 1n);
  }

  write(connection: number, { framesTotal, bytesTotal, lastFrameAtNs = 0n, unflushedBytes }: FrameCounts): void {
    const at = CONNECTION_FIRST + connection * NUMBERS_A_CONNECTION;
    Atomics.store(this.#numbers, at, BigInt(framesTotal));
    Atomics.store(this.#numbers, at + 1, BigInt(bytesTotal));
    Atomics.store(this.#numbers, at + 2, lastFrameAtNs);
    Atomics.store(this.#numbers, at + 3, BigInt(unflushedBytes));
  }

  read(connection: number): FrameCounts {
    const at = CONNECTION_FIRST + connection * NUMBERS_A_CONNECTION;
    const lastFrameAtNs = Atomics.load(this.#numbers, at + 2);
    return {
      framesTotal: Number(Atomics.load(this.#numbers, at)),
      bytesTotal: Number(Atomics.load(this.#numbers, at + 1)),
      lastFrameAtNs: lastFrameAtNs === 0n ? undefined : lastFrameAtNs,
      unflushedBytes: Number(Atomics.load(this.#numbers, at + 3)),
    };
  }
}
