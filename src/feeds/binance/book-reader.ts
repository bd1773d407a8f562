import type { BookChannel, BookOutcome, BookReader, BookVerdict } from "../../domain/index.ts";
import { type BookDesk, type BookFormat, type BookReaderOptions, createBookReader } from "../decode/book-desk.ts";
import type { BookHead } from "../decode/book-head.ts";
import { bytesOf } from "../decode/characters.ts";
import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import { literal } from "../decode/literal.ts";
import { readDepthBytes, readSnapshotBytes, readTickerBytes } from "./book-bytes.ts";
import { readDepth, readSnapshot, readTicker } from "./book-message.ts";
import { DepthSequence, type SavedSequence } from "./book-sequence.ts";
import { symbolOfSnapshot } from "./depth-snapshot.ts";
import { type EarlyBudget, EarlyEvents, type SavedEvent } from "./early-events.ts";

const STREAM = literal('{"stream":"');
const DATA = literal('","data":');
const CLOSE = literal("}");
const AT = 0x40;

export interface BinanceBookOptions extends BookReaderOptions {
  /** The market's channels that are read. */
  readonly channels: readonly BookChannel[];
}

/** Reads depth and quotes of one socket, and the snapshots that are fetched meanwhile. */
export function createBinanceBookReader(options: BinanceBookOptions): BookReader {
  return createBookReader(new BinanceBooks(options.channels), options);
}

interface DepthState {
  readonly sequence: DepthSequence;
  readonly early: EarlyEvents;
}

interface SavedDepth {
  readonly sequence: SavedSequence;
  readonly early: readonly SavedEvent[];
}

/**
 * The venue's procedure: events are kept until a snapshot comes; those after it go into the book.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#how-to-manage-a-local-order-book-correctly
 */
class BinanceBooks implements BookFormat<DepthState> {
  readonly isNumbered = true;
  readonly #channels: readonly { readonly channel: BookChannel; readonly name: Uint8Array }[];
  /** Of changes to the whole book, if any was chosen. */
  readonly #depthChannel: BookChannel | undefined;
  readonly #budget: EarlyBudget = { bytes: 0 };

  constructor(channels: readonly BookChannel[]) {
    this.#channels = channels.map((channel) => ({ channel, name: bytesOf(channel.name) }));
    this.#depthChannel = channels.find(({ channel, depth }) => channel === "book" && depth === undefined);
  }

  createState(saved?: unknown): DepthState {
    const early = new EarlyEvents(this.#budget);
    if (saved === undefined) return { sequence: new DepthSequence(), early };
    const state = saved as SavedDepth;
    early.restore(state.early);
    return { sequence: DepthSequence.of(state.sequence), early };
  }

  saveState({ sequence, early }: DepthState): SavedDepth {
    return { sequence: sequence.save(), early: early.save() };
  }

  forget({ sequence }: DepthState): void {
    sequence.forget();
  }

  take({ sequence, early }: DepthState, head: BookHead, payload: Uint8Array): BookVerdict {
    if (head.channel.depth !== undefined) return "replace";
    if (head.isSnapshot) return takeSnapshot({ sequence, early }, head);
    const { last } = sequence;
    const ids = { first: head.first, last: head.sequence, previous: head.previous };
    const verdict = sequence.take(ids);
    if (verdict === "gap")
      head.detail = `U is ${ids.first}${ids.previous === undefined ? "" : ` and pu ${ids.previous}`} after u ${last}`;
    // What comes after a loss, and the event that told of it, the next snapshot may lie before.
    if (verdict === "early" || verdict === "gap") early.keep(ids, payload);
    return verdict;
  }

  readBytes(desk: BookDesk<DepthState>): BookOutcome | undefined {
    const { cursor, head } = desk;
    if (!cursor.literal(STREAM) || !cursor.text()) return undefined;
    const { textStart, textEnd, bytes } = cursor;
    const at = bytes.indexOf(AT, textStart) + 1;
    if (at === 0 || at > textEnd) return "other";
    const channel = this.#channelIn(bytes, at, textEnd);
    if (channel === undefined) return "other";
    if (!cursor.literal(DATA)) return undefined;
    head.channel = channel;
    head.isSnapshot = channel.depth !== undefined;
    const isRead =
      channel.depth === undefined
        ? channel.channel === "quote"
          ? readTickerBytes(desk)
          : readDepthBytes(desk)
        : readBestBytes(desk, cursor.textBetween(textStart, at - 1));
    return isRead && cursor.literal(CLOSE) ? desk.deliver() : undefined;
  }

  readMessage(message: unknown, desk: BookDesk<DepthState>): BookOutcome {
    if (!isObject(message)) return "other";
    const stream = message["stream"];
    if (typeof stream !== "string" || !("data" in message)) return this.#readBare(message, desk);
    const at = stream.indexOf("@");
    const channel = this.#channels.find(({ channel: { name } }) => name === stream.slice(at + 1))?.channel;
    if (at < 0 || channel === undefined) return "other";
    const { data } = message;
    if (!isObject(data)) desk.take({ problem: "data is not an object", channel });
    else if (channel.channel === "quote") desk.take(readTicker(data, channel));
    else if ("lastUpdateId" in data) desk.take(readSnapshot(data, channel, stream.slice(0, at).toUpperCase()));
    else desk.take(readDepth(data, channel));
    return "book";
  }

  fetched(url: string, body: Uint8Array, desk: BookDesk<DepthState>): BookOutcome {
    const channel = this.#depthChannel;
    const rawSymbol = symbolOfSnapshot(url);
    if (channel === undefined || rawSymbol === undefined) return "other";
    const outcome =
      this.#snapshotBytes(desk, channel, rawSymbol) ?? this.#snapshotMessage(desk, channel, rawSymbol, body);
    const entry = desk.table.named(rawSymbol);
    if (outcome !== "book" || entry?.state.sequence.last === undefined) return outcome;
    desk.readKept(entry.state.early.takeAll(), desk.context);
    return outcome;
  }

  #snapshotBytes(desk: BookDesk<DepthState>, channel: BookChannel, rawSymbol: string): BookOutcome | undefined {
    desk.useSymbol(rawSymbol);
    desk.head.channel = channel;
    return readSnapshotBytes(desk) ? desk.deliver() : undefined;
  }

  #snapshotMessage(desk: BookDesk<DepthState>, channel: BookChannel, rawSymbol: string, body: Uint8Array): BookOutcome {
    const message = desk.parsed(body)?.message;
    if (message === undefined) return "refused";
    if (!isObject(message) || !("lastUpdateId" in message)) {
      desk.context.refuse("venue_error", "the answer to a request for a snapshot holds none", { rawSymbol });
      return "refused";
    }
    const read = readSnapshot(message, channel, rawSymbol);
    if ("problem" in read) {
      // A book that goes on by its events is none the worse for it.
      desk.context.refuse("malformed", read.problem, { rawSymbol });
      return "refused";
    }
    desk.take(read);
    return "book";
  }

  /** Frames of /ws, without their stream's name: only those that tell all the same what they are. */
  #readBare(data: JsonObject, desk: BookDesk<DepthState>): BookOutcome {
    const quotes = this.#channels.find(({ channel }) => channel.channel === "quote")?.channel;
    const isQuote = data["e"] === "bookTicker" || (!("e" in data) && "u" in data && "s" in data && "b" in data);
    if (quotes !== undefined && isQuote) desk.take(readTicker(data, quotes));
    else if (this.#depthChannel !== undefined && data["e"] === "depthUpdate")
      desk.take(readDepth(data, this.#depthChannel));
    else return "other";
    return "book";
  }

  #channelIn(bytes: Uint8Array, start: number, end: number): BookChannel | undefined {
    for (const { channel, name } of this.#channels) if (rangeIs(bytes, start, end, name)) return channel;
    return undefined;
  }
}

/** The best levels anew. Spot's do not say whose they are; futures' are events like any other. */
function readBestBytes(desk: BookDesk<DepthState>, streamSymbol: string): boolean {
  const { cursor } = desk;
  desk.useSymbol(streamSymbol.toUpperCase());
  const { at } = cursor;
  if (readSnapshotBytes(desk)) return true;
  cursor.at = at;
  desk.levels.clear();
  return readDepthBytes(desk);
}

/** A snapshot proves the book where the events that were kept go on from it. */
function takeSnapshot({ sequence, early }: DepthState, head: BookHead): BookVerdict {
  const { last } = sequence;
  if (last !== undefined && head.sequence <= last) return "old";
  const beyond = early.firstBeyond(head.sequence);
  if (beyond !== undefined) {
    head.detail = `the snapshot ends with ${head.sequence}, before the first event that was kept (U ${beyond.first}): another is needed`;
    return "gap";
  }
  sequence.startFrom(head.sequence);
  return "replace";
}

function rangeIs(bytes: Uint8Array, start: number, end: number, expected: Uint8Array): boolean {
  if (end - start !== expected.length) return false;
  for (let index = 0; index < expected.length; index += 1) if (bytes[start + index] !== expected[index]) return false;
  return true;
}
