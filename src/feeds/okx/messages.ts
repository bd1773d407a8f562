import { beginsWith } from "../decode/begins-with.ts";
import type { ByteCursor } from "../decode/byte-cursor.ts";
import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";
import { CONTROL, type MessageKind, OTHER, TRADES, unknownMessage, type WireFormat } from "../decode/wire-decoder.ts";
import { okxTradeBytes } from "./trade-bytes.ts";
import { readOkxTrade } from "./trade-message.ts";

const OTHER_CHANNEL =
  /^(?:trades|trades-all|option-trades|tickers|books|books5|bbo-tbt|books-l2-tbt|books50-l2-tbt|books-elp|candle\w+|mark-price|mark-price-candle\w+|index-tickers|index-candle\w+|instruments|open-interest|funding-rate|price-limit|opt-summary|estimated-price|liquidation-orders|adl-warning|call-auction-details|status|economic-calendar)$/;
const CONTROL_EVENTS = ["subscribe", "unsubscribe", "login", "channel-conn-count", "notice"];

/**
 * OKX's v5 public frames: objects with "arg" and "data", or with "event" (answers and notices), and a bare `pong`.
 *
 * @param channels whose records are trades: "trades" or "trades-all"
 * @see https://www.okx.com/docs-v5/en/#overview-websocket
 */
export function okxFormat({ channels }: { readonly channels: readonly string[] }): WireFormat {
  return {
    plainAnswers: new Set(["pong"]),
    kindOf: (message) => kindOf(message, channels),
    isOther: isBook,
    *records(message): Generator<ReadTrade> {
      if (!isObject(message) || !Array.isArray(message["data"])) return;
      for (const record of message["data"] as unknown[]) yield readOkxTrade(record);
    },
    readBytes: okxTradeBytes(channels),
  };
}

const namesChannel = beginsWith('{"arg":{"channel":"');
const namesBook = beginsWith('books","instId":"', 'books5","instId":"', 'bbo-tbt","instId":"');
const hasData = beginsWith('"},"action":', '"},"data":');

function isBook(cursor: ByteCursor): boolean {
  return namesChannel(cursor) && namesBook(cursor) && cursor.text() && hasData(cursor);
}

function kindOf(message: unknown, channels: readonly string[]): MessageKind {
  if (!isObject(message)) return { kind: "malformed", detail: "not an object" };
  if ("event" in message) return kindOfEvent(message);
  const channel = isObject(message["arg"]) ? message["arg"]["channel"] : undefined;
  if (typeof channel !== "string") return unknownMessage("neither a channel nor an event");
  if (channels.includes(channel))
    return Array.isArray(message["data"]) ? TRADES : { kind: "malformed", detail: `${channel} without data` };
  return OTHER_CHANNEL.test(channel) ? OTHER : unknownMessage("no channel that K2 knows");
}

/** {"event":"subscribe","arg":{…},"connId":"…"}, {"event":"error","code":"60018","msg":"…","connId":"…"} */
function kindOfEvent({ event }: JsonObject): MessageKind {
  if (event === "error" || event === "channel-conn-count-error")
    return { kind: "venue_error", detail: "OKX refused a request" };
  return CONTROL_EVENTS.includes(String(event)) ? CONTROL : unknownMessage("no event that K2 knows");
}
