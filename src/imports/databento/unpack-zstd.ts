import { Readable } from "node:stream";
import { createZstdDecompress } from "node:zlib";
import { type Abortable, describeError, InvalidInputError } from "../../base/index.ts";
import { ZstdFrames, type ZstdPart } from "./zstd-frames.ts";

/**
 * The bytes behind a zstd stream, all its frames, in bounded memory.
 *
 * @throws {InvalidInputError} where the stream is damaged or cut, after the bytes that could be read
 */
export async function* unpackZstd(
  packed: AsyncIterable<Uint8Array>,
  { signal }: Abortable = {},
): AsyncGenerator<Uint8Array> {
  const input = new FrameInput(packed);
  try {
    while (await input.hasMore()) {
      signal?.throwIfAborted();
      yield* unpackFrame(input, signal);
    }
  } finally {
    await input.close();
  }
}

async function* unpackFrame(input: FrameInput, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const unpacker = createZstdDecompress({ chunkSize: 256 * 1024 });
  const source = Readable.from(input.frame(), { objectMode: false });
  source.on("error", (error) => unpacker.destroy(error));
  try {
    for await (const chunk of source.pipe(unpacker)) {
      signal?.throwIfAborted();
      yield chunk as Uint8Array;
    }
  } catch (error) {
    signal?.throwIfAborted();
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (!code.startsWith("ZSTD_") && !code.startsWith("ERR_")) throw error;
    throw new InvalidInputError(
      `The zstd stream is damaged: ${describeError(error)}. What came before is kept; fetch the file anew and read it again`,
      { cause: error },
    );
  } finally {
    source.destroy();
    unpacker.destroy();
  }
}

/** A stream's bytes, handed out frame by frame. */
class FrameInput {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #frames = new ZstdFrames();
  #parts: ZstdPart[] = [];

  constructor(packed: AsyncIterable<Uint8Array>) {
    this.#chunks = packed[Symbol.asyncIterator]();
  }

  /** Whether another frame with data follows. */
  async hasMore(): Promise<boolean> {
    while (await this.#fill()) {
      if (this.#parts[0]?.isSkippable !== true) return true;
      this.#parts.shift();
    }
    return false;
  }

  async *frame(): AsyncGenerator<Uint8Array> {
    while (await this.#fill()) {
      const part = this.#parts.shift();
      if (part === undefined) return;
      yield part.bytes;
      if (part.endsFrame) return;
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** @throws {InvalidInputError} when the stream ends within a frame */
  async #fill(): Promise<boolean> {
    while (this.#parts.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done !== true) {
        this.#parts = [...this.#frames.split(value)];
      } else if (this.#frames.isWhole) {
        return false;
      } else {
        throw new InvalidInputError(
          "The zstd stream ends within a frame: it was cut. What came before is kept; fetch the file anew and read it again",
        );
      }
    }
    return true;
  }
}
