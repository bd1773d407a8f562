import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS, type TradeBatch } from "../../domain/index.ts";
import { asciiText, bytesOf, CLOSE_ARRAY, COMMA, QUOTE } from "../decode/characters.ts";
import { setTextId, type TradeCursor } from "../decode/trade-cursor.ts";
import { syntheticId } from "./v1-trade-message.ts";

const OPEN = bytesOf("[");
const OPEN_RECORDS = bytesOf(",[");
const OPEN_RECORD = bytesOf('["');
const NEXT = bytesOf('","');
const BUY = bytesOf('b","');
const SELL = bytesOf('s","');
const CLOSE_RECORD = bytesOf('"]');
const CHANNEL = bytesOf(',"trade","');
const CLOSE = bytesOf('"]');
/** More records than this in one frame have not been seen; they are left to the slow path. */
const RECORDS_MAX = 1024;

/** The fast path. The pair stands last in the frame, but the prices need its unit: it is read first. */
export function readV1TradeBytes(cursor: TradeCursor, trades: TradeBatch): boolean {
  if (!cursor.literal(OPEN) || cursor.integer() < 0 || !cursor.literal(OPEN_RECORDS)) return false;
  const records = cursor.at;
  const first = trades.nextRow();
  cursor.at = pairStart(cursor.bytes);
  if (!cursor.symbol(trades, first)) return false;
  const listing = trades.listing[first] ?? 0;
  cursor.at = records;
  const idsOfFrame = new Map<string, number>();
  let frameIndex = 0;
  do {
    if (frameIndex === RECORDS_MAX || !readRecord(cursor, trades, listing, frameIndex, idsOfFrame)) return false;
    frameIndex += 1;
  } while (cursor.byte(COMMA));
  return cursor.byte(CLOSE_ARRAY) && cursor.literal(CHANNEL) && cursor.text() && cursor.literal(CLOSE);
}

/** Where the last string of the frame begins, as far as it is plain. */
function pairStart(bytes: Uint8Array): number {
  let at = bytes.length - CLOSE.length;
  while (at > 0 && bytes[at - 1] !== QUOTE) at -= 1;
  return at;
}

/** ["price","volume","time","b"|"s","m"|"l","misc"] */
function readRecord(
  cursor: TradeCursor,
  trades: TradeBatch,
  listing: number,
  frameIndex: number,
  idsOfFrame: Map<string, number>,
): boolean {
  const row = trades.nextRow();
  const { bytes } = cursor;
  if (!cursor.literal(OPEN_RECORD)) return false;
  const priceStart = cursor.at;
  if (!cursor.price(trades, row) || !cursor.literal(NEXT)) return false;
  const sizeStart = cursor.at;
  if (!cursor.size(trades, row) || !cursor.literal(NEXT)) return false;
  const timeStart = cursor.at;
  if (!cursor.unixSeconds(trades, row) || !cursor.literal(NEXT)) return false;
  const timeEnd = cursor.at - NEXT.length;
  const isBuy = cursor.literal(BUY);
  if ((!isBuy && !cursor.literal(SELL)) || !cursor.text()) return false;
  const id = syntheticId(
    {
      price: asciiText(bytes, priceStart, sizeStart - NEXT.length),
      size: asciiText(bytes, sizeStart, timeStart - NEXT.length),
      seconds: asciiText(bytes, timeStart, timeEnd),
      side: isBuy ? "b" : "s",
      orderType: cursor.takeText(),
    },
    idsOfFrame,
  );
  trades.listing[row] = listing;
  trades.side[row] = isBuy ? SIDE_BUY : SIDE_SELL;
  trades.flags[row] = TRADE_FLAGS.syntheticId;
  trades.sequence.setNumber(row, 0);
  cursor.finish(trades, row, frameIndex);
  return setTextId(trades, row, id) && cursor.literal(NEXT) && cursor.text() && cursor.literal(CLOSE_RECORD);
}
