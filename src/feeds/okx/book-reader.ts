import {
  ASK,
  BID,
  type BookChannel,
  type BookChecksum,
  type BookOutcome,
  type BookReader,
  type BookVerdict,
  type DecodedListing,
  STORED_SCALE,
} from "../../domain/index.ts";
import type { BookFormat } from "../decode/book-desk.ts";
import { type BookDesk, createBookReader } from "../decode/book-desk.ts";
import type { BookHead, BookProblem, BookText } from "../decode/book-head.ts";
import { levelPairs, wholeNumber } from "../decode/book-message.ts";
import { isObject, type JsonObject, numberTextOf, textOf } from "../decode/lexeme-json.ts";
import { unixTime } from "../decode/times-in-text.ts";
import type { DecoderOptions } from "../feed.ts";
import { readBookBytes } from "./book-bytes.ts";
import { BOOK_CHANNELS } from "./book-channels.ts";
import { bookChecksum } from "./book-checksum.ts";
import { BookSequence } from "./book-sequence.ts";

/** Reads `books`, `books5` and `bbo-tbt` of one socket. @param options.channels of BOOK_CHANNELS; others are ignored */
export function createOkxBookReader(options: DecoderOptions): BookReader {
  return createBookReader(okxBookFormat(options));
}

/** What is known of one instrument's book. */
export interface OkxState {
  readonly sequence: BookSequence;
  /** By snapshots alone: until 2023 messages named no other. */
  isProven: boolean;
}

type SavedState = readonly [last: number | null, isProven: boolean];

export function okxBookFormat({ channels }: DecoderOptions): BookFormat<OkxState> {
  return new OkxBooks(BOOK_CHANNELS.filter(({ name }) => channels.includes(name)));
}

class OkxBooks implements BookFormat<OkxState> {
  readonly #channels: readonly BookChannel[];
  #isNumbered = true;

  constructor(channels: readonly BookChannel[]) {
    this.#channels = channels;
  }

  get isNumbered(): boolean {
    return this.#isNumbered;
  }

  createState(saved?: unknown): OkxState {
    const [last, isProven] = (saved ?? [null, false]) as SavedState;
    return { sequence: new BookSequence(last ?? undefined), isProven };
  }

  saveState({ sequence, isProven }: OkxState): SavedState {
    return [sequence.last ?? null, isProven];
  }

  saveSocket(): boolean {
    return this.#isNumbered;
  }

  restoreSocket(isNumbered: unknown): void {
    this.#isNumbered = isNumbered === true;
  }

  forget(state: OkxState): void {
    state.sequence.forget();
    state.isProven = false;
  }

  take(state: OkxState, head: BookHead): BookVerdict {
    if (head.channel.name !== "books") return "replace";
    if (head.sequence < 0) return this.#takeUnnumbered(state, head);
    const { last } = state.sequence;
    const verdict = state.sequence.take({
      action: head.isSnapshot ? "snapshot" : "update",
      seqId: head.sequence,
      prevSeqId: head.previous ?? -1,
    });
    state.isProven = verdict !== "gap";
    if (verdict === "gap") {
      head.detail =
        last === undefined ? "no snapshot came before it" : `prevSeqId is ${head.previous} where ${last} was expected`;
    }
    return verdict;
  }

  /** Since 2025 the venue sends 0 for every book, which says nothing. */
  checksum(_state: OkxState, { checksum }: BookHead, { unitExponent }: DecodedListing): BookChecksum | undefined {
    if (checksum === undefined || checksum === 0) return undefined;
    const scales = { price: STORED_SCALE + unitExponent, size: STORED_SCALE - unitExponent };
    return { expected: checksum, of: (book) => bookChecksum(book, scales) };
  }

  readBytes(desk: BookDesk<OkxState>): BookOutcome | undefined {
    return readBookBytes(desk, this.#channels);
  }

  readMessage(message: unknown, desk: BookDesk<OkxState>): BookOutcome {
    const arg = isObject(message) ? message["arg"] : undefined;
    if (!isObject(message) || !isObject(arg) || "event" in message) return "other";
    const channel = this.#channels.find(({ name }) => name === arg["channel"]);
    if (channel === undefined) return "other";
    const { data } = message;
    if (!Array.isArray(data)) {
      desk.take({ problem: "a message without its data", channel, rawSymbol: textOf(arg["instId"]) });
      return "book";
    }
    for (const [index, record] of (data as readonly unknown[]).entries())
      desk.take(readBook(record, message["action"], arg, channel), index);
    return "book";
  }

  #takeUnnumbered(state: OkxState, head: BookHead): BookVerdict {
    this.#isNumbered = false;
    if (head.isSnapshot) state.isProven = true;
    if (state.isProven) return head.isSnapshot ? "replace" : "apply";
    head.detail = "no snapshot came before it, or messages are missing";
    return "gap";
  }
}

/*
 * {"arg":{"channel":"books","instId":…},"action":"snapshot"|"update","data":[{"asks":[level,…],"bids":[…],"ts":"…","checksum":…,"prevSeqId":…,"seqId":…}]}
 * https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-order-book-channel
 *
 *   level     [price, size, "0", orders] as texts; size 0: no such level any more; contracts on swaps and futures
 *   ts        when the book was so, ms, as text       checksum  see book-checksum.ts; only on `books`
 *   action    only on `books`: the others' messages   seqId     of this message; prevSeqId of the one before, -1 on
 *             are whole in themselves                           snapshots; both since 2023
 */
function readBook(record: unknown, action: unknown, arg: JsonObject, channel: BookChannel): BookText | BookProblem {
  const rawSymbol = textOf(arg["instId"]);
  const wrong = (problem: string): BookProblem => ({ problem, channel, rawSymbol });
  if (rawSymbol === undefined) return wrong("instId is not a text");
  if (!isObject(record)) return wrong("a book is not an object");
  const isKept = channel.name === "books";
  if (isKept && action !== "snapshot" && action !== "update") return wrong("action is neither snapshot nor update");
  const bids = levelPairs(record["bids"], BID);
  const asks = levelPairs(record["asks"], ASK);
  if (bids === undefined || asks === undefined) return wrong("bids or asks is not a list of levels of texts");
  const time = unixTime(textOf(record["ts"]) ?? "");
  if (time === undefined) return wrong("ts is not a Unix time in milliseconds as text");
  const sequence = "seqId" in record ? wholeNumber(record["seqId"]) : -1;
  const previous = "prevSeqId" in record ? previousOf(record["prevSeqId"]) : undefined;
  const isChained = sequence !== -1 && isKept;
  if (sequence === undefined || (isChained && previous === undefined))
    return wrong("seqId or prevSeqId is not a whole number");
  const checksum = "checksum" in record ? signed(record["checksum"]) : undefined;
  if (checksum === undefined && "checksum" in record) return wrong("checksum is not a whole number");
  return {
    rawSymbol,
    channel,
    isSnapshot: !isKept || action === "snapshot",
    levels: [...asks, ...bids],
    time,
    sequence,
    previous,
    checksum,
  };
}

function previousOf(value: unknown): number | undefined {
  return numberTextOf(value) === "-1" ? -1 : wholeNumber(value);
}

function signed(value: unknown): number | undefined {
  const text = numberTextOf(value) ?? "";
  return /^-?\d{1,10}$/.test(text) ? Number(text) : undefined;
}
