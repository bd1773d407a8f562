import { ASK, BID, type BookChannel, type BookOutcome } from "../../domain/index.ts";
import type { BookDesk } from "../decode/book-desk.ts";
import { QUOTE } from "../decode/characters.ts";
import { literal } from "../decode/literal.ts";

const OPEN = literal('{"data":{"timestamp":"');
const TIME = literal('","microtimestamp":"');
const BIDS = literal('","bids":');
const ASKS = literal(',"asks":');
const CHANNEL = literal('},"channel":"');
const CLOSE = literal('","event":"data"}');
const MICROSECOND_DIGITS = 16;
const BACKSLASH = 0x5c;

/** The fast path. The channel and the pair stand at the end of the frame, but the levels need its unit: they are read first. */
export function readBookBytes<S>(desk: BookDesk<S>, channels: readonly BookChannel[]): BookOutcome | undefined {
  const { cursor, head, levels } = desk;
  const { bytes } = cursor;
  const nameStart = channelStart(bytes);
  if (!cursor.literal(OPEN) || nameStart < 0) return undefined;
  const record = cursor.at;
  const found = channels.find(({ name }) => startsWith(bytes, nameStart, `${name}_`));
  if (found === undefined) return undefined;
  head.channel = found;
  head.isSnapshot = found.depth !== undefined;
  cursor.at = nameStart + found.name.length + 1;
  if (!desk.symbol()) return undefined;
  cursor.at = record;
  if (!cursor.text() || !cursor.literal(TIME)) return undefined;
  const time = cursor.at;
  head.sequence = cursor.digits();
  if (cursor.at - time !== MICROSECOND_DIGITS) return undefined;
  cursor.at = time;
  head.hasTime = cursor.unixTime(head, 0);
  const isRead =
    head.hasTime &&
    cursor.literal(BIDS) &&
    cursor.pairs(levels, BID) &&
    cursor.literal(ASKS) &&
    cursor.pairs(levels, ASK) &&
    cursor.literal(CHANNEL) &&
    cursor.at === nameStart &&
    cursor.text() &&
    cursor.literal(CLOSE);
  return isRead ? desk.deliver() : undefined;
}

/** Where the channel's name begins, at the end of a frame of plain ASCII; -1 for what ends otherwise. */
function channelStart(bytes: Uint8Array): number {
  let at = bytes.length - CLOSE.bytes.length;
  while (at > 0 && bytes[at - 1] !== QUOTE) {
    if (bytes[at - 1] === BACKSLASH) return -1;
    at -= 1;
  }
  return at > 0 ? at : -1;
}

function startsWith(bytes: Uint8Array, start: number, text: string): boolean {
  for (let index = 0; index < text.length; index += 1)
    if (bytes[start + index] !== text.charCodeAt(index)) return false;
  return true;
}
