import type { BookChannel, BookOutcome, BookReader } from "../../domain/index.ts";
import type { BookFormat } from "../decode/book-desk.ts";
import { createBookReader } from "../decode/book-desk.ts";
import { bytesOf } from "../decode/characters.ts";
import type { DecoderOptions } from "../feed.ts";
import { V1_BOOK_CHANNELS } from "./book-channels.ts";
import { KeptBook } from "./kept-book.ts";
import { readV1BookBytes } from "./v1-book-bytes.ts";
import { readV1Book, readV1Spread, readV1Ticker } from "./v1-book-message.ts";

const OPEN_ARRAY = 0x5b;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Reads `book-<depth>`, `ticker` and `spread` of one socket. @param options.channels of V1_BOOK_CHANNELS */
export function createV1BookReader(options: DecoderOptions): BookReader {
  return createBookReader(v1BookFormat(options));
}

/** Kraken's v1 frames: arrays [channelID, payload, (a second payload,) channelName, pair]. */
export function v1BookFormat({ channels }: DecoderOptions): BookFormat<KeptBook> {
  const chosen = V1_BOOK_CHANNELS.filter(({ name }) => channels.includes(name)).map((channel) => ({
    channel,
    name: bytesOf(channel.name),
  }));
  return {
    isNumbered: false,
    createState: (saved) => KeptBook.of(saved),
    saveState: (kept) => kept.save(),
    take: (kept, head) => kept.take(head),
    forget: (kept) => kept.forget(),
    checksum: (kept, head, listing) => kept.checksum(head, listing),
    readBytes(desk) {
      const { bytes } = desk.cursor;
      const tail = tailOf(bytes);
      if (tail === undefined) return undefined;
      const { nameStart, nameEnd } = tail;
      const found = chosen.find(({ name }) => rangeIs(bytes, nameStart, nameEnd, name));
      if (found === undefined) return "other";
      desk.head.channel = found.channel;
      if (found.channel.channel === "quote") return undefined;
      return readV1BookBytes(desk, tail) ? desk.deliver() : undefined;
    },
    readMessage(message, desk): BookOutcome {
      if (!Array.isArray(message) || message.length < 4) return "other";
      const name: unknown = message.at(-2);
      const channel = chosen.find((known) => known.channel.name === name)?.channel;
      if (channel === undefined) return "other";
      desk.take(readMessageOf(channel, message));
      return "book";
    },
  };
}

function readMessageOf(channel: BookChannel, message: readonly unknown[]): ReturnType<typeof readV1Book> {
  if (channel.name === "spread") return readV1Spread(message, channel);
  return channel.name === "ticker" ? readV1Ticker(message, channel) : readV1Book(message, channel);
}

/** Where the channel's name and the pair stand, at the end of an array of plain ASCII. */
export interface V1Tail {
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly pairStart: number;
  readonly pairEnd: number;
}

/** `…,"book-10","XBT/USD"]`; undefined for what ends or begins otherwise. */
function tailOf(bytes: Uint8Array): V1Tail | undefined {
  const end = bytes.length;
  if (bytes[0] !== OPEN_ARRAY || bytes[end - 1] !== 0x5d || bytes[end - 2] !== QUOTE) return undefined;
  const pairStart = textStartBefore(bytes, end - 2);
  if (pairStart < 4 || bytes[pairStart - 2] !== 0x2c || bytes[pairStart - 3] !== QUOTE) return undefined;
  const nameEnd = pairStart - 3;
  const nameStart = textStartBefore(bytes, nameEnd);
  return nameStart >= 2 ? { nameStart, nameEnd, pairStart, pairEnd: end - 2 } : undefined;
}

/** Where the text begins whose closing quote stands at `end`; -1 where there is none, or a backslash in it. */
function textStartBefore(bytes: Uint8Array, end: number): number {
  for (let at = end - 1; at >= 0; at -= 1) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) return -1;
  }
  return -1;
}

function rangeIs(bytes: Uint8Array, start: number, end: number, expected: Uint8Array): boolean {
  if (end - start !== expected.length) return false;
  for (let index = 0; index < expected.length; index += 1) if (bytes[start + index] !== expected[index]) return false;
  return true;
}
