import type { DecodeContext, FrameDecoder, FrameOutcome, TradeBatch } from "../../domain/index.ts";
import { ByteCursor } from "./byte-cursor.ts";
import { parseLexemes } from "./lexeme-json.ts";
import type { ListingCache } from "./listing-cache.ts";
import { FRAME_RECORDS_MAX, TradeCursor } from "./trade-cursor.ts";
import { appendTrade, excerpt, type ReadTrade } from "./trade-fields.ts";

/** What a message is, by looking at its parsed JSON. */
export type MessageKind =
  | { readonly kind: "trades" | "control" | "other" }
  | { readonly kind: "venue_error" | "malformed" | "unknown_message"; readonly detail: string };

/** One feed's wire format, told twice: once for any JSON, once for the bytes that the venue sends all day. */
export interface WireFormat {
  /** Frames that are no JSON and say nothing of the market, such as a bare `pong`. */
  readonly plainAnswers?: ReadonlySet<string>;
  /** Tells the messages apart. Never throws. @param message as JSON.parse gives it */
  kindOf(message: unknown): MessageKind;
  /** The records of a message of kind "trades". Never throws. @param message with its numbers as JsonNumber */
  records(message: unknown): Iterable<ReadTrade>;
  /**
   * Whether a frame is surely of a channel without trades, by its first bytes: then nothing else of it is looked at here.
   * Whoever reads that channel judges it. Books come far more often than trades do.
   *
   * @param cursor at the frame's begin
   */
  isOther?(cursor: ByteCursor): boolean;
  /**
   * Appends all trades of a frame straight from its bytes and counts them in `trades.length`.
   *
   * @param cursor at the frame's begin
   * @returns false when the frame is not wholly of the plain kind; what was appended by then is forgotten
   */
  readBytes(cursor: TradeCursor, trades: TradeBatch): boolean;
}

export const TRADES: MessageKind = { kind: "trades" };
export const CONTROL: MessageKind = { kind: "control" };
export const OTHER: MessageKind = { kind: "other" };

export function unknownMessage(detail: string): MessageKind {
  return { kind: "unknown_message", detail };
}

/** The same format where its one channel is among those chosen; else its trades are market data of another channel. */
export function limitedTo(channels: readonly string[], channel: string, format: WireFormat): WireFormat {
  if (channels.includes(channel)) return format;
  return {
    ...format,
    kindOf(message) {
      const found = format.kindOf(message);
      return found.kind === "trades" ? OTHER : found;
    },
    records: () => [],
    readBytes: () => false,
  };
}

/** Ten times what any venue sends at once; to take apart a message of a hundred times as much would hold up all feeds. */
const TRADES_LENGTH_MAX = 4_194_304;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The decoder of a format: its fast path, and where that gives up the slow path, which decides alone. */
export function createWireDecoder(format: WireFormat): FrameDecoder {
  const cursor = new TradeCursor();
  return {
    decode(payload, context) {
      const { trades } = context;
      const rows = trades.length;
      cursor.beginFrame(payload, context);
      if (format.readBytes(cursor, trades) && cursor.atEnd) return "trades";
      trades.length = rows;
      return isOther(format, cursor, payload) ? "other" : decodeSlowly(format, payload, context, cursor.listings);
    },
  };
}

/** The slow path alone: what is right by definition, and what the fast path is tested against. */
export function createSlowDecoder(format: WireFormat): FrameDecoder {
  const cursor = new ByteCursor();
  return {
    decode: (payload, context) => (isOther(format, cursor, payload) ? "other" : decodeSlowly(format, payload, context)),
  };
}

function isOther(format: WireFormat, cursor: ByteCursor, payload: Uint8Array): boolean {
  if (format.isOther === undefined) return false;
  cursor.begin(payload);
  return format.isOther(cursor);
}

function decodeSlowly(
  format: WireFormat,
  payload: Uint8Array,
  context: DecodeContext,
  listings?: ListingCache,
): FrameOutcome | "refused" {
  let text = "";
  let message: unknown;
  try {
    text = utf8.decode(payload);
    if (format.plainAnswers?.has(text)) return "control";
    message = JSON.parse(text);
  } catch (error) {
    context.refuse("malformed", `not JSON: ${reasonOf(error)}`);
    return "refused";
  }
  const found = format.kindOf(message);
  if ("detail" in found) {
    context.refuse(found.kind, `${found.detail}: ${excerpt(text)}`);
    return "refused";
  }
  return found.kind === "trades" ? appendRecords(format, text, context, listings) : found.kind;
}

function appendRecords(
  format: WireFormat,
  text: string,
  context: DecodeContext,
  listings: ListingCache | undefined,
): FrameOutcome | "refused" {
  if (text.length > TRADES_LENGTH_MAX) {
    context.refuse("malformed", `a message of trades has at most ${TRADES_LENGTH_MAX} characters, not ${text.length}`);
    return "refused";
  }
  let message: unknown;
  try {
    message = parseLexemes(text);
  } catch (error) {
    context.refuse("malformed", `not JSON of this venue: ${reasonOf(error)}`);
    return "refused";
  }
  let frameIndex = 0;
  for (const record of format.records(message)) {
    if (frameIndex === FRAME_RECORDS_MAX) {
      const detail = `a frame has at most ${FRAME_RECORDS_MAX} records; this one and those after it are not read`;
      context.refuse("malformed", detail, { frameIndex });
      break;
    }
    appendTrade(record, frameIndex, context, listings);
    frameIndex += 1;
  }
  // A message of the trade channel that holds no trade says only that the channel is there.
  return frameIndex === 0 ? "control" : "trades";
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
