import { type Files, K2Error, type OpenFile } from "../../base/index.ts";
import { LogFailedError, LogFullError } from "../errors.ts";
import { FRAME_SEAL_BYTES, sealFrame } from "./frame.ts";

export interface ActiveSegmentOptions {
  readonly files: Files;
  readonly folder: string;
  /** The file is zeroed ahead in steps of this: a sync then need not also record that the file grew. */
  readonly growStepBytes: number;
  /** A file is not zeroed ahead beyond this. */
  readonly segmentBytesMax: number;
  /** The disk must keep this much free: room for the rest of the machine, and for retention to make more. */
  readonly freeBytesMin: number;
}

/**
 * Larger frames go to the end of the file as they are: zeroing ahead writes every byte twice, which pays only while
 * a sync costs more for the file's new length than for its data (measured: 10 to 15 % up to 4 kB, a loss from 20 kB).
 */
const ZERO_AHEAD_FRAME_BYTES_MAX = 16 * 1024;

const SEAL_LATER_FRAME_BYTES_MIN = 512 * 1024;

/** The free space is asked for once in as many steps of growth. */
const FREE_CHECK_STEPS = 16;

/** The file being written: one frame at a time, each durable before the next. */
export class ActiveSegment implements AsyncDisposable {
  readonly path: string;
  readonly #file: OpenFile;
  readonly #options: ActiveSegmentOptions;
  #position: number;
  #fileBytes: number;
  /** How much the file may grow before the system is asked again how much is free. */
  #freeBudget = 0;

  private constructor(path: string, file: OpenFile, options: ActiveSegmentOptions, sizes: readonly [number, number]) {
    this.path = path;
    this.#file = file;
    this.#options = options;
    [this.#position, this.#fileBytes] = sizes;
  }

  /** Goes on at `position`; what the file holds behind it is zeros. */
  static async resume(path: string, position: number, options: ActiveSegmentOptions): Promise<ActiveSegment> {
    const file = await options.files.open(path, "r+");
    return new ActiveSegment(path, file, options, [position, await file.size()]);
  }

  /**
   * Makes the file with its head. It gets its name once it is durable, so a named segment always has a head.
   *
   * @param beforeNaming what must be done to the segment before it, at a time when this one can no longer fail for space
   * @throws {LogFullError} and leaves no file behind
   */
  static async create(
    path: string,
    head: Uint8Array,
    options: ActiveSegmentOptions,
    beforeNaming: () => Promise<void>,
  ): Promise<ActiveSegment> {
    const temporary = `${path}.new`;
    let segment: ActiveSegment | undefined;
    try {
      segment = new ActiveSegment(path, await options.files.open(temporary, "w+"), options, [0, 0]);
      await segment.write(head);
      await beforeNaming();
      await options.files.rename(temporary, path);
      await options.files.syncFolder(options.folder);
      return segment;
    } catch (error) {
      await segment?.[Symbol.asyncDispose]();
      await options.files.remove(temporary).catch(() => {});
      throw asLogError(error, path);
    }
  }

  /**
   * Seals the frame and writes it. Durable when it resolves.
   *
   * @param urgent may use the space that is kept free
   * @throws {LogFullError} the file holds what it held before; the next write may succeed
   * @throws {LogFailedError} what the device holds is unknown; nothing may be written any more
   */
  async write(frame: Uint8Array, { urgent = false }: { readonly urgent?: boolean } = {}): Promise<void> {
    try {
      await this.#makeRoom(frame.byteLength, urgent);
      await this.#writeSealed(frame);
    } catch (error) {
      const reported = asLogError(error, this.path);
      if (reported instanceof LogFullError) await this.#restore();
      throw reported;
    }
    await this.#sync();
    this.#position += frame.byteLength;
    if (this.#position <= this.#fileBytes) return;
    this.#freeBudget -= this.#position - this.#fileBytes;
    this.#fileBytes = this.#position;
  }

  /** Of a large frame the CRC is computed while the system already copies the rest. */
  async #writeSealed(frame: Uint8Array): Promise<void> {
    const first = frame.byteLength > SEAL_LATER_FRAME_BYTES_MIN ? FRAME_SEAL_BYTES : 0;
    if (first === 0) sealFrame(frame);
    const writing = this.#file.write(frame.subarray(first), this.#position + first);
    if (first > 0) sealFrame(frame);
    await writing;
    if (first > 0) await this.#file.write(frame.subarray(0, first), this.#position);
  }

  async #makeRoom(byteLength: number, urgent: boolean): Promise<void> {
    if (this.#position + byteLength <= this.#fileBytes) return;
    if (urgent) return;
    const room = await this.#freeRoom(byteLength);
    if (byteLength > ZERO_AHEAD_FRAME_BYTES_MAX) return;
    const { growStepBytes, segmentBytesMax } = this.#options;
    const step = Math.min(growStepBytes, segmentBytesMax - this.#fileBytes, room);
    if (this.#position + byteLength > this.#fileBytes + step) return; // The last frame of a segment, or of the disk.
    await this.#file.write(new Uint8Array(step), this.#fileBytes);
    await this.#sync();
    this.#fileBytes += step;
    this.#freeBudget -= step;
  }

  /** Asks the system once in a while: asking takes as long as a small write. What it does not tell in time, the write will. */
  async #freeRoom(byteLength: number): Promise<number> {
    const { growStepBytes, freeBytesMin, files, folder } = this.#options;
    if (this.#freeBudget < Math.max(byteLength, growStepBytes)) {
      const free = await files.freeBytes(folder);
      const room = free - freeBytesMin;
      if (room < byteLength) {
        throw new LogFullError(
          `Cannot append ${byteLength} bytes to ${this.path}: the disk has ${free} bytes free and ${freeBytesMin} are ` +
            "kept free. Nothing was appended and all before is safe; appends go on as soon as there is space: free some, " +
            "or shorten the topics' retention",
        );
      }
      this.#freeBudget = Math.min(Math.floor(room), Math.max(byteLength, growStepBytes) * FREE_CHECK_STEPS);
    }
    return this.#freeBudget;
  }

  /**
   * After a refused write: cuts off whatever of it arrived, on the device too, before anyone is told that nothing was
   * stored. Cutting needs no space, even where overwriting would (file systems that copy on write).
   */
  async #restore(): Promise<void> {
    try {
      await this.#file.truncate(this.#position);
      await this.#file.sync();
      this.#fileBytes = this.#position;
      this.#freeBudget = 0;
    } catch (error) {
      throw failed(this.path, error);
    }
  }

  async #sync(): Promise<void> {
    try {
      await this.#file.sync();
    } catch (error) {
      throw failed(this.path, error); // Even "no space": after a failed sync nobody knows what is on the device.
    }
  }

  /** Cuts the zeros behind the last frame off. */
  async seal(): Promise<void> {
    try {
      await this.#file.truncate(this.#position);
      await this.#file.sync();
      this.#fileBytes = this.#position;
    } catch (error) {
      throw failed(this.path, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
  }
}

const FULL_CODES = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** What the log's callers are told when the system refuses a write. */
export function asLogError(error: unknown, path: string): K2Error {
  if (error instanceof K2Error) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined || !FULL_CODES.has(code)) return failed(path, error);
  return new LogFullError(
    `Cannot append to ${path}: ${message}. Nothing was appended and all before is safe; appends go on as soon as ` +
      "there is space: free some, or shorten the topics' retention",
    { cause: error },
  );
}

function failed(path: string, cause: unknown): LogFailedError {
  return new LogFailedError(
    `Writing the log failed at ${path}: ${(cause as Error).message}. What was acknowledged is stored; what was in flight ` +
      "is in doubt, and nothing more is taken until the log is opened anew. Check the device first",
    { cause },
  );
}
