import type { BookOutcome, BookReader, BookVerdict, DecodedListing, Instant } from "../../domain/index.ts";
import { type BookDesk, type BookFormat, type BookReaderOptions, createBookReader } from "../decode/book-desk.ts";
import type { BookHead } from "../decode/book-head.ts";
import type { LevelText } from "../decode/book-levels-text.ts";
import { type EarlyBudget, EarlyFrames, type SavedFrame } from "../decode/early-frames.ts";
import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import { OrderDesk } from "../decode/order-desk.ts";
import { FULL } from "./book-channels.ts";
import { FullBook, type FullOutcome, type SavedFullBook } from "./full-book.ts";
import { type FullMessage, namedLevel, readFullMessage } from "./full-message.ts";
import { type FullSnapshot, readFullSnapshot, symbolOfFullSnapshot } from "./full-snapshot.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Half a minute of a busy product: so long an answer may take. */
const EARLY_FRAMES_MAX = 50_000;
/** A lower number so far in time from a higher one is no late message: the venue numbers anew, or the higher one was wrong. */
const ANEW_US = 60_000_000;

/**
 * Reads `full`: keeps the book of each product order by order, and tells what a message did to its levels.
 *
 * The venue's procedure: messages are kept until the book comes, which is asked for over HTTP; those after its `sequence` go
 * into it. Each message's sequence is one more than that of the message before it: where one is left out the book is not
 * proven until another comes. Nor is it where a message cannot be so in the book as it is known.
 *
 * @param options.onlySlowly see BookDesk
 * @see https://docs.cdp.coinbase.com/exchange/websocket-feed/channels#full-channel
 */
export function createFullBookReader(options: BookReaderOptions = {}): BookReader {
  return createBookReader(new FullOrders(), options);
}

/** What is known of one product's book. */
interface FullState {
  /** undefined when the book is not proven. */
  book: FullBook | undefined;
  /** Of the last message that is in the book. */
  last: number;
  /** The venue's time of that, or of the last that is kept, microseconds; 0 where there is none. */
  lastUs: number;
  /** What came since the last snapshot that could be one, without a number left out. */
  readonly early: EarlyFrames;
  /** Of the message that is on its way to the desk. */
  verdict: BookVerdict;
  detail: string | undefined;
  /** That message waits for a snapshot. */
  waits: boolean;
}

type SavedState = readonly [book: SavedFullBook | null, last: number, lastUs: number, early: readonly SavedFrame[]];

class FullOrders implements BookFormat<FullState> {
  readonly isNumbered = true;
  readonly #budget: EarlyBudget = { bytes: 0 };
  readonly #orders = new OrderDesk();

  createState(saved?: unknown): FullState {
    const [kept, last, lastUs, frames] = (saved ?? [null, 0, 0, []]) as SavedState;
    const early = new EarlyFrames(this.#budget, { framesMax: EARLY_FRAMES_MAX });
    early.restore(frames);
    const book = kept === null ? undefined : new FullBook(this.#orders);
    if (kept !== null) book?.restore(kept);
    return { book, last, lastUs, early, verdict: "early", detail: undefined, waits: true };
  }

  saveState({ book, last, lastUs, early }: FullState): SavedState {
    return [book?.save() ?? null, last, lastUs, early.save()];
  }

  /** What was kept goes on from what came before, of which something is missing. */
  forget(state: FullState): void {
    state.book = undefined;
    state.early.takeAll();
    state.verdict = "gap";
    state.waits = false;
  }

  take(state: FullState, head: BookHead): BookVerdict {
    if (state.verdict === "gap") head.detail = state.detail;
    return state.verdict;
  }

  /** Prices and sizes are texts: where the sequence is written as a plain number, no other number matters as it is written. */
  readBytes(desk: BookDesk<FullState>): BookOutcome | undefined {
    const message = plainMessage(desk.cursor.bytes);
    return message === undefined ? undefined : this.readMessage(message, desk);
  }

  readMessage(message: unknown, desk: BookDesk<FullState>): BookOutcome {
    const read = isObject(message) ? readFullMessage(message) : undefined;
    if (!isObject(message) || read === undefined) return "other";
    if ("problem" in read) {
      desk.take(read);
      return "book";
    }
    const { rawSymbol, time, sequence } = read;
    const known = desk.table.named(rawSymbol);
    const levels = known === undefined ? namedLevel(message) : this.#tell(read, known.state, known.listing);
    desk.take({ rawSymbol, channel: FULL, isSnapshot: false, levels, time, sequence });
    const state = known?.state ?? desk.table.named(rawSymbol)?.state;
    if (state?.waits === true) state.early.keep(sequence, desk.cursor.bytes);
    return "book";
  }

  fetched(url: string, body: Uint8Array, desk: BookDesk<FullState>): BookOutcome {
    const rawSymbol = symbolOfFullSnapshot(url);
    if (rawSymbol === undefined) return "other";
    const parsed = desk.parsed(body);
    if (parsed === undefined) return "refused";
    const snapshot = readFullSnapshot(parsed.message);
    if (snapshot === undefined) {
      // Without its symbol: a book that goes on by its messages is none the worse for it.
      desk.context.refuse("venue_error", `the answer to a request for the book of ${rawSymbol} holds none`);
      return "refused";
    }
    const known = desk.table.named(rawSymbol);
    if (known === undefined) return "other"; // Nothing came yet that could go on from it: another is asked for then.
    const { state, listing } = known;
    const { levels, ...found } = this.#judge(snapshot, state, listing);
    state.waits = false;
    state.verdict = found.verdict;
    state.detail = found.detail;
    desk.take({ rawSymbol, channel: FULL, isSnapshot: true, levels, time: found.time, sequence: found.last });
    // What the desk refused is forgotten.
    if (found.book === undefined || state.verdict !== "replace") return "book";
    if (found.book !== state.book) state.lastUs = 0;
    state.book = found.book;
    state.last = found.last;
    desk.readKept(state.early.takeAll(), desk.context);
    return "book";
  }

  /** Sets the verdict on a message. @returns the levels that it changed */
  #tell(message: FullMessage, state: FullState, listing: DecodedListing): readonly LevelText[] {
    const { sequence, event, time } = message;
    const { book, last } = state;
    state.waits = false;
    if (book === undefined) return wait(message, state);
    if (isLate(message, last, state)) return verdictOf(state, "old");
    state.lastUs = time.us;
    if (sequence !== last + 1) return lose(state, `sequence is ${sequence} after ${last}`);
    state.last = sequence;
    const outcome: FullOutcome = event === undefined ? { levels: [] } : book.take(event, listing);
    if ("contradiction" in outcome) return lose(state, outcome.contradiction);
    // A number that does not fit is the desk's to refuse.
    if ("unfit" in outcome) return verdictOf(state, "apply", outcome.unfit);
    return verdictOf(state, outcome.levels.length === 0 ? "old" : "apply", outcome.levels);
  }

  /** What an answer is to the book. */
  #judge(snapshot: FullSnapshot, { book, last, early }: FullState, listing: DecodedListing): Judged {
    const { sequence, time, orders } = snapshot;
    if (book !== undefined && sequence <= last) {
      // The book has gone on since, without a hole. Whoever asked does not believe it: it is told as it stands.
      return book.book.isCrossed
        ? { verdict: "old", last, levels: [] }
        : { verdict: "replace", book, last, levels: book.levels(listing) };
    }
    const { first } = early;
    if (book === undefined && first !== undefined && first > sequence + 1) {
      const detail = `the snapshot is of ${sequence}, before the first message that was kept (${first}): another is needed`;
      return { verdict: "gap", detail, last: sequence, levels: [] };
    }
    const made = new FullBook(this.#orders);
    const problem = made.fill(orders, listing);
    return problem === undefined
      ? { verdict: "replace", book: made, last: sequence, time, levels: made.levels(listing) }
      : {
          verdict: book === undefined ? "gap" : "old",
          detail: `in the snapshot ${problem}`,
          last: sequence,
          levels: [],
        };
  }
}

interface Judged {
  readonly verdict: BookVerdict;
  readonly detail?: string;
  /** The one that is proven from now on. */
  readonly book?: FullBook;
  /** Of the last message that is in what is told. */
  readonly last: number;
  readonly time?: Instant | undefined;
  readonly levels: readonly LevelText[];
}

/** The frame as JSON.parse gives it; undefined where its sequence is not written as that number alone. */
function plainMessage(payload: Uint8Array): JsonObject | undefined {
  let text = "";
  let message: unknown;
  try {
    text = utf8.decode(payload);
    message = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(message)) return undefined;
  const written = `"sequence":${String(message["sequence"])}`;
  const at = text.lastIndexOf('"sequence":');
  if (at < 0 || !text.startsWith(written, at)) return undefined;
  const end = text[at + written.length];
  return end === "," || end === "}" ? message : undefined;
}

/** What has been there already. */
function isLate({ sequence, time }: FullMessage, last: number, { lastUs }: FullState): boolean {
  return sequence <= last && (lastUs === 0 || Math.abs(time.us - lastUs) < ANEW_US);
}

/** Its book is not there yet: it is kept, and with it what came before without a hole. */
function wait(message: FullMessage, state: FullState): readonly LevelText[] {
  const { last } = state.early;
  if (last !== undefined && isLate(message, last, state)) return verdictOf(state, "old");
  if (last !== undefined && message.sequence !== last + 1) state.early.takeAll();
  state.lastUs = message.time.us;
  state.waits = true;
  return verdictOf(state, "early");
}

/** The book is not proven any more. What goes on from the next may begin with the message itself. */
function lose(state: FullState, detail: string): readonly LevelText[] {
  state.book = undefined;
  state.early.takeAll();
  state.waits = true;
  state.detail = detail;
  return verdictOf(state, "gap");
}

function verdictOf(state: FullState, verdict: BookVerdict, levels: readonly LevelText[] = []): readonly LevelText[] {
  state.verdict = verdict;
  return levels;
}
