import type { VenueDataOutcome, VenueDataReader } from "../../domain/index.ts";
import { isObject, type JsonObject } from "../decode/lexeme-json.ts";
import { Row } from "../venue-data/row.ts";
import type { Sheet } from "../venue-data/sheet.ts";
import { type AnswerFormat, createVenueDataReader, type VenueDataFormat } from "../venue-data/venue-data-format.ts";
import { readCandle } from "./candle.ts";
import { readExchangeInfo } from "./exchange-info.ts";
import { readMarkPrice } from "./funding.ts";
import { readForceOrder } from "./liquidation.ts";
import { readOpenInterest } from "./open-interest.ts";
import { readContractInfo } from "./status.ts";
import { readTicker } from "./ticker.ts";

export interface BinanceVenueDataOptions {
  /** Names of the chosen channels. */
  readonly channels: readonly string[];
  /** Sizes count contracts: COIN-M. */
  readonly isContracts: boolean;
}

type Put = (sheet: Sheet, row: Row, channel: string) => void;

/** A reader of frames `{"stream":…,"data":…}` and of bare events; of streams of all symbols, arrays of events. */
export function createBinanceVenueDataReader(options: BinanceVenueDataOptions): VenueDataReader {
  return createVenueDataReader(binanceVenueData(options));
}

function binanceVenueData({ channels, isContracts }: BinanceVenueDataOptions): VenueDataFormat {
  const events = new Map<string, Put>([
    ["24hrTicker", (sheet, row, channel) => sheet.ticker(row, readTicker(row, channel, isContracts))],
    ["24hrMiniTicker", (sheet, row, channel) => sheet.ticker(row, readTicker(row, channel, isContracts))],
    ["kline", (sheet, row, channel) => sheet.candle(row, readCandle(row, channel, isContracts))],
    ["markPriceUpdate", (sheet, row, channel) => sheet.funding(row, readMarkPrice(row, channel))],
    ["forceOrder", (sheet, row, channel) => sheet.liquidation(row, readForceOrder(row, channel))],
    ["contractInfo", (sheet, row, channel) => sheet.status(row, readContractInfo(row, channel))],
  ]);
  const chosen = new Map(
    [...events.keys()].map((event) => [event, channels.filter((name) => eventOf(name) === event)]),
  );
  const put = (sheet: Sheet, event: JsonObject, where: Where): VenueDataOutcome => {
    const name = String(event["e"]);
    const channel = channelIn(chosen.get(name) ?? [], event, where);
    if (channel === undefined) return "other";
    if (!where.isOfMarket || sheet.isConfigured(symbolOf(event)))
      events.get(name)?.(sheet, new Row(event, sheet.count), channel);
    return "venue-data";
  };
  return {
    marks: { texts: [...chosen].flatMap(([event, names]) => (names.length === 0 ? [] : [`"e":"${event}"`])) },
    answers: ANSWERS.filter(({ channel }) => channels.includes(channel)),
    read(message, sheet) {
      const isWrapped = isObject(message) && typeof message["stream"] === "string" && "data" in message;
      const data = isWrapped ? message["data"] : message;
      const stream = isWrapped ? String(message["stream"]) : undefined;
      const all: readonly unknown[] = Array.isArray(data) ? data : [data];
      const outcomes = all.filter(isObject).map((event) => {
        const isOfMarket = all === data || event["e"] === "contractInfo" || stream?.startsWith("!") === true;
        return put(sheet, event, { stream, isOfMarket });
      });
      return outcomes.includes("venue-data") ? "venue-data" : "other";
    },
  };
}

/** What is asked for over HTTP. */
const ANSWERS: readonly (AnswerFormat & { readonly channel: string })[] = [
  { channel: "openInterest", path: /\/[fd]api\/v1\/openInterest$/, read: readOpenInterest },
  {
    channel: "exchangeInfo",
    path: /\/api\/v3\/exchangeInfo$/,
    read: (message, sheet) => readExchangeInfo(message, sheet, { isSpot: true }),
  },
  {
    channel: "exchangeInfo",
    path: /\/[fd]api\/v1\/exchangeInfo$/,
    read: (message, sheet) => readExchangeInfo(message, sheet, { isSpot: false }),
  },
];

/** Which stream an event came on, and whether that is of all symbols. */
interface Where {
  readonly stream: string | undefined;
  readonly isOfMarket: boolean;
}

/** The order of a liquidation names the symbol. */
function symbolOf(event: JsonObject): string {
  return String(event["s"] ?? (isObject(event["o"]) ? event["o"]["s"] : undefined));
}

/** What `e` says in the events of a channel. */
function eventOf(channel: string): string | undefined {
  if (channel === "ticker") return "24hrTicker";
  if (channel === "miniTicker") return "24hrMiniTicker";
  if (channel.startsWith("kline_")) return "kline";
  if (channel.startsWith("markPrice")) return "markPriceUpdate";
  return channel.replace("!", "");
}

/** The chosen channel that an event is of: by its stream where it has one, or else by what the event itself says. */
function channelIn(names: readonly string[], event: JsonObject, { stream, isOfMarket }: Where): string | undefined {
  if (names.length === 0) return undefined;
  if (stream !== undefined && !isOfMarket) {
    const name = stream.slice(stream.indexOf("@") + 1);
    return names.find((known) => known === name);
  }
  if (event["e"] !== "kline") return names[0];
  const candle = event["k"];
  return names.find((known) => isObject(candle) && known === `kline_${String(candle["i"])}`);
}
