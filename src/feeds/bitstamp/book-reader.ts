import { ASK, BID, type BookChannel, type BookOutcome, type BookReader, type BookVerdict } from "../../domain/index.ts";
import { type BookDesk, type BookFormat, type BookReaderOptions, createBookReader } from "../decode/book-desk.ts";
import type { BookHead, BookProblem, BookText } from "../decode/book-head.ts";
import { levelPairs } from "../decode/book-message.ts";
import { type EarlyBudget, EarlyFrames, type SavedFrame } from "../decode/early-frames.ts";
import { isObject } from "../decode/lexeme-json.ts";
import type { DecoderOptions } from "../feed.ts";
import { readBookBytes } from "./book-bytes.ts";
import { BEST, DIFFERENCES, LIVE_ORDERS } from "./book-channels.ts";
import { readSnapshot, snapshotText, symbolOfSnapshot } from "./book-snapshot.ts";
import { timeOf } from "./book-time.ts";
import { createLiveOrdersReader } from "./live-orders.ts";

/** Reads the books of one socket, and the snapshots that are fetched meanwhile. */
export function createBitstampBookReader({ channels }: DecoderOptions): BookReader {
  return channels.includes(LIVE_ORDERS.name) ? createLiveOrdersReader() : createLevelsReader({ channels });
}

export interface LevelsReaderOptions extends DecoderOptions, BookReaderOptions {}

/** Reads `diff_order_book` and `order_book`. */
export function createLevelsReader(options: LevelsReaderOptions): BookReader {
  const channels = [DIFFERENCES, BEST].filter(({ name }) => options.channels.includes(name));
  return createBookReader(new BitstampLevels(channels), options);
}

/** What is known of one pair's book. */
interface LevelsState {
  /** `microtimestamp` of the last message in the book; undefined when it is not proven. */
  lastUs: number | undefined;
  /** That is the snapshot's, in which changes of that time and before are. */
  isSnapshot: boolean;
  readonly early: EarlyFrames;
}

type SavedState = readonly [lastUs: number | null, isSnapshot: boolean, early: readonly SavedFrame[]];

/**
 * The venue's procedure: changes are kept until a snapshot comes; those after its `microtimestamp` go into the book.
 * Nothing numbers the changes: a book goes on for as long as every frame can be read and times do not fall.
 *
 * @see https://www.bitstamp.net/websocket/v2/
 */
class BitstampLevels implements BookFormat<LevelsState> {
  readonly isNumbered = false;
  readonly #channels: readonly BookChannel[];
  readonly #budget: EarlyBudget = { bytes: 0 };

  constructor(channels: readonly BookChannel[]) {
    this.#channels = channels;
  }

  createState(saved?: unknown): LevelsState {
    const [lastUs, isSnapshot, frames] = (saved ?? [null, false, []]) as SavedState;
    const early = new EarlyFrames(this.#budget);
    early.restore(frames);
    return { lastUs: lastUs ?? undefined, isSnapshot, early };
  }

  saveState({ lastUs, isSnapshot, early }: LevelsState): SavedState {
    return [lastUs ?? null, isSnapshot, early.save()];
  }

  /** What was kept goes on from what came before, of which something is missing. */
  forget(state: LevelsState): void {
    state.lastUs = undefined;
    state.early.takeAll();
  }

  take(state: LevelsState, head: BookHead, payload: Uint8Array): BookVerdict {
    if (head.channel.depth !== undefined) return "replace";
    if (head.isSnapshot) return takeSnapshot(state, head);
    const { lastUs, isSnapshot, early } = state;
    const timeUs = head.sequence;
    if (lastUs !== undefined && isSnapshot && timeUs <= lastUs) return "old";
    if (lastUs !== undefined && timeUs >= lastUs) {
      state.lastUs = timeUs;
      state.isSnapshot = false;
      return "apply";
    }
    state.lastUs = undefined;
    early.keep(timeUs, payload);
    if (lastUs === undefined) return "early";
    head.detail = `microtimestamp is ${timeUs} after ${lastUs}`;
    return "gap";
  }

  readBytes(desk: BookDesk<LevelsState>): BookOutcome | undefined {
    return readBookBytes(desk, this.#channels);
  }

  readMessage(message: unknown, desk: BookDesk<LevelsState>): BookOutcome {
    const name = isObject(message) ? message["channel"] : undefined;
    if (!isObject(message) || typeof name !== "string" || message["event"] !== "data") return "other";
    const channel = this.#channels.find((known) => name.startsWith(`${known.name}_`));
    if (channel === undefined) return "other";
    desk.take(readBook(message["data"], name.slice(channel.name.length + 1), channel));
    return "book";
  }

  fetched(url: string, body: Uint8Array, desk: BookDesk<LevelsState>): BookOutcome {
    const channel = this.#channels.find(({ depth }) => depth === undefined);
    const rawSymbol = symbolOfSnapshot(url);
    if (channel === undefined || rawSymbol === undefined) return "other";
    const parsed = desk.parsed(body);
    if (parsed === undefined) return "refused";
    const snapshot = readSnapshot(parsed.message);
    const text = snapshot === undefined ? undefined : snapshotText(snapshot, { rawSymbol, channel });
    if (text === undefined || "problem" in text) {
      // A book that goes on by its changes is none the worse for it.
      desk.context.refuse("venue_error", "the answer to a request for a snapshot holds none", { rawSymbol });
      return "refused";
    }
    desk.take(text);
    const state = desk.table.named(rawSymbol)?.state;
    if (state?.lastUs === undefined) return "book";
    desk.readKept(state.early.takeAll(), desk.context);
    return "book";
  }
}

/** A snapshot proves the book where what was kept began before it. */
function takeSnapshot(state: LevelsState, head: BookHead): BookVerdict {
  const { lastUs, early } = state;
  if (lastUs !== undefined && head.sequence <= lastUs) return "old";
  const { first } = early;
  if (lastUs === undefined && (first === undefined || first > head.sequence)) {
    const what = first === undefined ? "any change came" : `the first change that was kept (${first})`;
    head.detail = `the snapshot is of ${head.sequence}, before ${what}: another is needed`;
    return "gap";
  }
  state.lastUs = head.sequence;
  state.isSnapshot = true;
  return "replace";
}

/*
 * {"data":{"timestamp":"…","microtimestamp":"…","bids":[[price,amount],…],"asks":[…]},"channel":"diff_order_book_<pair>","event":"data"}
 *
 *   price, amount   texts; amount 0: no such level any more
 *   microtimestamp  when the book was so, microseconds, as text
 */
function readBook(data: unknown, rawSymbol: string, channel: BookChannel): BookText | BookProblem {
  const wrong = (problem: string): BookProblem => ({ problem, channel, rawSymbol });
  if (!isObject(data)) return wrong("data is not an object");
  const bids = levelPairs(data["bids"], BID);
  const asks = levelPairs(data["asks"], ASK);
  if (bids === undefined || asks === undefined) return wrong("bids or asks is not a list of pairs of texts");
  const time = timeOf(data["microtimestamp"]);
  if (time === undefined) return wrong("microtimestamp is not a Unix time in microseconds as text");
  const isSnapshot = channel.depth !== undefined;
  return { rawSymbol, channel, isSnapshot, levels: [...bids, ...asks], time, sequence: time.us };
}
