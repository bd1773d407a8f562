import type { RecordBatchBuilder } from "../base/index.ts";
import { InternalError } from "../base/index.ts";
import { SOURCES, type Source } from "./trade.ts";

/**
 * What a raw log record is. Besides the frames themselves the log holds each connection's life,
 * so that gaps can be derived from the log alone, again and again the same.
 */
export type FrameKind = "received" | "sent" | "opened" | "closed" | "fetched" | "concluded";
/** In the order of their numbers in the log: new ones go to the end. */
export const FRAME_KINDS: readonly FrameKind[] = ["received", "sent", "opened", "closed", "fetched", "concluded"];

/**
 * One frame as it crossed a connection, or one change of that connection's life.
 *
 * - received, sent: `payload` is the frame's bytes, untouched.
 * - opened: the venue accepted the connection; `payload` is JSON `ConnectionOpened`.
 * - closed: it ended or was given up; `payload` is JSON `ConnectionClosed`.
 * - fetched: the venue's answer to a request over HTTP; `payload` is a line that says to which, then the body: see
 *   fetched-answer.ts.
 * - concluded: K2 has asked the venue for what a gap misses, as far as it could; `payload` is JSON `GapConcluded`.
 */
export interface Frame {
  readonly kind: FrameKind;
  /** The feed that spoke, such as "binance" or "kraken-v1". */
  readonly feed: string;
  /** Which of the feed's connections, stable over reconnects: "binance/0". */
  readonly connection: string;
  /** Counts the connection's sockets: one more at every reconnect, across restarts. */
  readonly epoch: number;
  /** Our clock, nanoseconds since the Unix epoch. */
  readonly timeNs: bigint;
  readonly source: Source;
  readonly payload: Uint8Array;
}

export interface ConnectionOpened {
  readonly url: string;
  readonly symbols: readonly string[];
  /** True when this socket takes over from one that still runs: no interruption. */
  readonly planned: boolean;
}

export interface ConnectionClosed {
  /**
   * remote: the venue ended it; stale: silent for too long; error: the network; planned: rotation; shutdown: we stopped;
   * crash: what read the socket ended by itself, with what it had not handed over.
   */
  readonly cause: "remote" | "stale" | "error" | "planned" | "shutdown" | "crash";
  readonly detail: string;
}

const VERSION = 1;
const encoder = new TextEncoder();
/** Feeds and connections in UTF-8: a few names, on every frame. */
const encodedNames = new Map<string, Uint8Array>();
const ENCODED_NAMES_MAX = 4_096;
const decoder = new TextDecoder();
const FIXED_BYTES = 20;

/*
 * In the raw log, little-endian:
 *   0 u8 version (1)   1 u8 kind   2 u8 source   3 u8 feed bytes   4 u32 epoch
 *   8 f64 time µs     16 u16 time nanos         18 u16 connection bytes
 *  20 feed, connection, payload to the end
 */
export function appendFrameRecord(frame: Frame, builder: RecordBatchBuilder): void {
  const feed = encodedName(frame.feed);
  const connection = encodedName(frame.connection);
  const headBytes = FIXED_BYTES + feed.byteLength + connection.byteLength;
  const at = builder.reserve(headBytes + frame.payload.byteLength);
  const { view, bytes } = builder;
  view.setUint8(at, VERSION);
  view.setUint8(at + 1, FRAME_KINDS.indexOf(frame.kind));
  view.setUint8(at + 2, SOURCES.indexOf(frame.source));
  view.setUint8(at + 3, feed.byteLength);
  view.setUint32(at + 4, frame.epoch, true);
  view.setFloat64(at + 8, Number(frame.timeNs / 1000n), true);
  view.setUint16(at + 16, Number(frame.timeNs % 1000n), true);
  view.setUint16(at + 18, connection.byteLength, true);
  bytes.set(feed, at + FIXED_BYTES);
  bytes.set(connection, at + FIXED_BYTES + feed.byteLength);
  bytes.set(frame.payload, at + headBytes);
  builder.finish(at + headBytes + frame.payload.byteLength);
}

function encodedName(name: string): Uint8Array {
  const known = encodedNames.get(name);
  if (known !== undefined) return known;
  if (encodedNames.size === ENCODED_NAMES_MAX) encodedNames.clear();
  const bytes = encoder.encode(name);
  encodedNames.set(name, bytes);
  return bytes;
}

/** Of the buffer that was read last: records stand in it by the thousand, and a view of each costs as much as reading it. */
let lastView: DataView = new DataView(new ArrayBuffer(0));

function viewOf(buffer: ArrayBufferLike): DataView {
  if (lastView.buffer !== buffer) lastView = new DataView(buffer);
  return lastView;
}

/** Reads a raw log record without decoding more than is asked for. */
export class FrameRecord {
  readonly #record: Uint8Array;
  readonly #view: DataView;
  /** Of the record in the view. */
  readonly #at: number;

  /** @param record one whole record; kept, not copied */
  constructor(record: Uint8Array) {
    this.#record = record;
    this.#view = viewOf(record.buffer);
    this.#at = record.byteOffset;
    if (record.length < FIXED_BYTES || record[0] !== VERSION) throw unreadable(record);
  }

  get kind(): FrameKind {
    return FRAME_KINDS[this.#record[1] ?? 0] ?? "received";
  }
  get sourceIndex(): number {
    return this.#record[2] ?? 0;
  }
  get epoch(): number {
    return this.#view.getUint32(this.#at + 4, true);
  }
  /** Whole microseconds since the Unix epoch; the rest is `timeNanos`. */
  get timeUs(): number {
    return this.#view.getFloat64(this.#at + 8, true);
  }
  get timeNanos(): number {
    return this.#view.getUint16(this.#at + 16, true);
  }
  get feed(): string {
    return decoder.decode(this.#record.subarray(FIXED_BYTES, FIXED_BYTES + this.#feedBytes));
  }
  get connection(): string {
    const start = FIXED_BYTES + this.#feedBytes;
    return decoder.decode(this.#record.subarray(start, start + this.#connectionBytes));
  }
  /** A view of the record's bytes, not a copy. */
  get payload(): Uint8Array {
    return this.#record.subarray(FIXED_BYTES + this.#feedBytes + this.#connectionBytes);
  }

  frame(): Frame {
    return {
      kind: this.kind,
      feed: this.feed,
      connection: this.connection,
      epoch: this.epoch,
      timeNs: BigInt(this.timeUs) * 1000n + BigInt(this.timeNanos),
      source: SOURCES[this.sourceIndex] ?? "live",
      payload: this.payload,
    };
  }

  get #feedBytes(): number {
    return this.#record[3] ?? 0;
  }
  get #connectionBytes(): number {
    return this.#view.getUint16(this.#at + 18, true);
  }
}

function unreadable(record: Uint8Array): InternalError {
  const seen = record.length < FIXED_BYTES ? `is ${record.length} bytes long` : `has version ${record[0]}`;
  return new InternalError(
    `A raw log record ${seen}; this K2 reads version ${VERSION}. Use the K2 that wrote the log, or a newer one`,
  );
}
