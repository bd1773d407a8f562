/*
 * How each venue writes a trade, told a third time: the decoders have two ways to read it, and this is neither.
 * Field by field, so that any one of them can be spoiled while the others stay as the venue sends them.
 */

/** A trade as the model knows it; numbers as the venue writes them. */
export interface ModelTrade {
  readonly rawSymbol: string;
  readonly id: string;
  readonly price: string;
  readonly size: string;
  readonly side: "buy" | "sell";
  /** Venue clock, whole milliseconds since the Unix epoch. */
  readonly timeMs: number;
}

export type Role = "symbol" | "id" | "price" | "size" | "side" | "time" | "extra";

export interface Field {
  readonly role: Role;
  /** Absent in arrays. */
  readonly key?: string;
  /** The value as JSON. */
  readonly json: string;
}

export interface Grammar {
  readonly feed: string;
  readonly venue: string;
  readonly symbols: readonly { readonly canonical: string; readonly raw: string }[];
  /** Records a frame has at most. */
  readonly recordsMax: number;
  /** Ids are numbers in JSON; otherwise texts. */
  readonly numericId: boolean;
  /** Prices and sizes are numbers in JSON; otherwise texts. */
  readonly numericPrice: boolean;
  /** Two trades of one frame must be of one symbol. */
  readonly oneSymbol: boolean;
  /** Texts that are no number are ids of this venue. */
  readonly textIds: boolean;
  /** The id that K2 makes, where the venue gives none. */
  idOf(trade: ModelTrade): string;
  /** What its time comes to, microseconds since the Unix epoch. */
  timeUs(trade: ModelTrade): number;
  fields(trade: ModelTrade): readonly Field[];
  /** @param records each as JSON */
  frame(records: readonly string[], rawSymbol: string, timeMs: number): string;
  readonly control: readonly string[];
  readonly errors: readonly string[];
}

/** One record as JSON: an object, or an array where the fields have no keys. */
export function recordJson(fields: readonly Field[]): string {
  if (fields.every(({ key }) => key === undefined)) return `[${fields.map(({ json }) => json).join(",")}]`;
  return `{${fields.map(({ key, json }) => `${JSON.stringify(key)}:${json}`).join(",")}}`;
}

const text = (value: string | number): string => JSON.stringify(String(value));
const iso = (timeMs: number): string => JSON.stringify(new Date(timeMs).toISOString());
const field = (role: Role, key: string, json: string): Field => ({ role, key, json });
const nativeId = ({ id }: ModelTrade): string => id;
const SPOT = ["BTC", "ETH"] as const;

type Common = Omit<Grammar, "recordsMax" | "numericId" | "numericPrice" | "oneSymbol" | "textIds" | "idOf" | "timeUs"> &
  Partial<Grammar>;

function grammar(common: Common): Grammar {
  return {
    recordsMax: 5,
    numericId: false,
    numericPrice: false,
    oneSymbol: false,
    textIds: false,
    idOf: nativeId,
    timeUs: ({ timeMs }) => timeMs * 1000,
    ...common,
  };
}

function binance(feed: string, symbols: Grammar["symbols"], executionKind: boolean): Grammar {
  return grammar({
    feed,
    venue: feed,
    symbols,
    recordsMax: 1,
    numericId: true,
    oneSymbol: true,
    fields: (trade) => [
      field("extra", "e", '"trade"'),
      field("extra", "E", String(trade.timeMs + 1)),
      ...(executionKind ? [field("time", "T", String(trade.timeMs))] : []),
      field("symbol", "s", text(trade.rawSymbol)),
      field("id", "t", trade.id),
      field("price", "p", text(trade.price)),
      field("size", "q", text(trade.size)),
      ...(executionKind ? [field("extra", "X", '"MARKET"')] : [field("time", "T", String(trade.timeMs))]),
      field("side", "m", trade.side === "sell" ? "true" : "false"),
      ...(executionKind ? [] : [field("extra", "M", "true")]),
    ],
    frame: ([record = "{}"], rawSymbol) => `{"stream":"${rawSymbol.toLowerCase()}@trade","data":${record}}`,
    control: ['{"result":null,"id":1}', '{"e":"serverShutdown","E":1763712000105}'],
    errors: ['{"error":{"code":2,"msg":"Invalid request"},"id":1}', '{"code":-1003,"msg":"Too many requests"}'],
  });
}

function bybit(feed: string, symbols: Grammar["symbols"], textIds: boolean): Grammar {
  return grammar({
    feed,
    venue: feed,
    symbols,
    textIds,
    fields: (trade) => [
      field("time", "T", String(trade.timeMs)),
      field("symbol", "s", text(trade.rawSymbol)),
      field("side", "S", trade.side === "buy" ? '"Buy"' : '"Sell"'),
      field("size", "v", text(trade.size)),
      field("price", "p", text(trade.price)),
      ...(textIds ? [field("extra", "L", '"PlusTick"')] : []),
      field("id", "i", text(trade.id)),
      field("extra", "BT", "false"),
      field("extra", "RPI", "false"),
      field("extra", "seq", "753843954913"),
    ],
    frame: (records, rawSymbol, timeMs) =>
      `{"topic":"publicTrade.${rawSymbol}","type":"snapshot","ts":${timeMs},"data":[${records.join(",")}]}`,
    control: [
      '{"success":true,"ret_msg":"","conn_id":"d8","req_id":"1-2","op":"subscribe"}',
      '{"success":true,"ret_msg":"pong","conn_id":"d8","req_id":"","op":"ping"}',
    ],
    errors: ['{"success":false,"ret_msg":"Invalid symbol","conn_id":"d8","req_id":"1-2","op":"subscribe"}'],
  });
}

const kraken: Grammar = grammar({
  feed: "kraken",
  venue: "kraken",
  symbols: SPOT.map((base) => ({ canonical: `${base}-USD-SPOT`, raw: `${base}/USD` })),
  numericId: true,
  numericPrice: true,
  fields: (trade) => [
    field("symbol", "symbol", text(trade.rawSymbol)),
    field("side", "side", text(trade.side)),
    field("price", "price", trade.price),
    field("size", "qty", trade.size),
    field("extra", "ord_type", '"limit"'),
    field("id", "trade_id", trade.id),
    field("time", "timestamp", iso(trade.timeMs)),
  ],
  frame: (records) => `{"channel":"trade","type":"update","data":[${records.join(",")}]}`,
  control: [
    '{"channel":"heartbeat"}',
    '{"method":"subscribe","req_id":1,"result":{"channel":"trade","snapshot":true,"symbol":"BTC/USD"},"success":true}',
  ],
  errors: ['{"error":"Currency pair not supported","method":"subscribe","req_id":1,"success":false}'],
});

const krakenV1: Grammar = grammar({
  feed: "kraken-v1",
  venue: "kraken",
  symbols: [
    { canonical: "BTC-USD-SPOT", raw: "XBT/USD" },
    { canonical: "ETH-USD-SPOT", raw: "ETH/USD" },
  ],
  oneSymbol: true,
  textIds: true,
  timeUs: ({ timeMs, id }) => timeMs * 1000 + (Number(id) % 1000),
  idOf: (trade) => `${v1Seconds(trade)}/${trade.price}/${trade.size}/${trade.side === "buy" ? "b" : "s"}l`,
  fields: (trade) => [
    { role: "price", json: text(trade.price) },
    { role: "size", json: text(trade.size) },
    { role: "time", json: text(v1Seconds(trade)) },
    { role: "side", json: trade.side === "buy" ? '"b"' : '"s"' },
    { role: "extra", json: '"l"' },
    { role: "extra", json: '""' },
  ],
  frame: (records, rawSymbol) => `[337,[${records.join(",")}],"trade",${JSON.stringify(rawSymbol)}]`,
  control: ['{"event":"heartbeat"}', '{"connectionID":18239578009413566319,"event":"systemStatus","status":"online"}'],
  errors: ['{"errorMessage":"Currency pair not supported","event":"subscriptionStatus","status":"error"}'],
});

/** Unix seconds with six decimals, of which the last three number the trades of a millisecond. */
function v1Seconds({ timeMs, id }: ModelTrade): string {
  const seconds = Math.floor(timeMs / 1000);
  return `${seconds}.${String(timeMs - seconds * 1000).padStart(3, "0")}${String(Number(id) % 1000).padStart(3, "0")}`;
}

const DOLLAR_SPOT = SPOT.map((base) => ({ canonical: `${base}-USD-SPOT`, raw: `${base}-USD` }));

const coinbase: Grammar = grammar({
  feed: "coinbase",
  venue: "coinbase",
  symbols: DOLLAR_SPOT,
  fields: (trade) => [
    field("symbol", "product_id", text(trade.rawSymbol)),
    field("id", "trade_id", text(trade.id)),
    field("price", "price", text(trade.price)),
    field("size", "size", text(trade.size)),
    field("time", "time", iso(trade.timeMs)),
    field("side", "side", trade.side === "buy" ? '"SELL"' : '"BUY"'),
  ],
  frame: (records, _rawSymbol, timeMs) =>
    `{"channel":"market_trades","timestamp":${iso(timeMs)},"sequence_num":7,"events":[{"type":"update","trades":[${records.join(",")}]}]}`,
  control: [
    '{"channel":"subscriptions","timestamp":"2025-11-21T08:00:00.1Z","sequence_num":2,"events":[{"subscriptions":{}}]}',
    '{"channel":"heartbeats","timestamp":"2025-11-21T08:00:00.8Z","sequence_num":35,"events":[]}',
  ],
  errors: ['{"type":"error","message":"authentication failure"}'],
});

const coinbaseExchange: Grammar = grammar({
  feed: "coinbase-exchange",
  venue: "coinbase",
  symbols: DOLLAR_SPOT,
  recordsMax: 1,
  numericId: true,
  oneSymbol: true,
  fields: (trade) => [
    field("extra", "type", '"match"'),
    field("id", "trade_id", trade.id),
    field("extra", "maker_order_id", '"2a0da34e-61f7-4c36-88e5-c9dd15927b16"'),
    field("extra", "taker_order_id", '"3c82abaa-c01e-4608-be59-6a1e69742891"'),
    field("side", "side", trade.side === "buy" ? '"sell"' : '"buy"'),
    field("size", "size", text(trade.size)),
    field("price", "price", text(trade.price)),
    field("symbol", "product_id", text(trade.rawSymbol)),
    field("extra", "sequence", "50978628538"),
    field("time", "time", iso(trade.timeMs)),
  ],
  frame: ([record = "{}"]) => record,
  control: ['{"type":"heartbeat","sequence":90,"product_id":"BTC-USD","time":"2025-11-21T08:00:01Z"}'],
  errors: ['{"type":"error","message":"Failed to subscribe","reason":"XXX-USD is not a valid product"}'],
});

const bybitV2: Grammar = grammar({
  feed: "bybit-v2",
  venue: "bybit-inverse",
  symbols: [
    { canonical: "BTC-USD:BTC-PERP", raw: "BTCUSD" },
    { canonical: "ETH-USD:ETH-PERP", raw: "ETHUSD" },
  ],
  numericPrice: true,
  textIds: true,
  fields: (trade) => [
    field("time", "trade_time_ms", String(trade.timeMs)),
    field("extra", "timestamp", iso(trade.timeMs)),
    field("symbol", "symbol", text(trade.rawSymbol)),
    field("side", "side", trade.side === "buy" ? '"Buy"' : '"Sell"'),
    field("size", "size", trade.size),
    field("price", "price", trade.price),
    field("extra", "tick_direction", '"PlusTick"'),
    field("id", "trade_id", text(trade.id)),
    field("extra", "cross_seq", "5938955301"),
  ],
  frame: (records, rawSymbol) => `{"topic":"trade.${rawSymbol}","data":[${records.join(",")}]}`,
  control: ['{"success":true,"ret_msg":"","conn_id":"85","request":{"op":"subscribe","args":["trade.BTCUSD"]}}'],
  errors: ['{"success":false,"ret_msg":"error:handler not found","conn_id":"85","request":{"op":"subscribe"}}'],
});

const okx: Grammar = grammar({
  feed: "okx",
  venue: "okx",
  symbols: [
    { canonical: "BTC-USDT-SPOT", raw: "BTC-USDT" },
    { canonical: "BTC-USDT-PERP", raw: "BTC-USDT-SWAP" },
  ],
  oneSymbol: true,
  fields: (trade) => [
    field("symbol", "instId", text(trade.rawSymbol)),
    field("id", "tradeId", text(trade.id)),
    field("price", "px", text(trade.price)),
    field("size", "sz", text(trade.size)),
    field("side", "side", text(trade.side)),
    field("time", "ts", text(trade.timeMs)),
    field("extra", "count", '"1"'),
    field("extra", "source", '"0"'),
    field("extra", "seqId", "48213377101"),
  ],
  frame: (records, rawSymbol) =>
    `{"arg":{"channel":"trades","instId":${JSON.stringify(rawSymbol)}},"data":[${records.join(",")}]}`,
  control: ["pong", '{"event":"subscribe","arg":{"channel":"trades","instId":"BTC-USDT"},"connId":"a4d3ae55"}'],
  errors: ['{"event":"error","msg":"Wrong URL or channel","code":"60018","connId":"a4d3ae55"}'],
});

const TETHER_SPOT = SPOT.map((base) => ({ canonical: `${base}-USDT-SPOT`, raw: `${base}USDT` }));
const TETHER_PERPETUAL = SPOT.map((base) => ({ canonical: `${base}-USDT-PERP`, raw: `${base}USDT` }));

/** Every feed that K2 speaks. */
export const GRAMMARS: readonly Grammar[] = [
  binance("binance", TETHER_SPOT, false),
  binance("binance-usdm", TETHER_PERPETUAL, true),
  binance(
    "binance-coinm",
    SPOT.map((base) => ({ canonical: `${base}-USD:${base}-PERP`, raw: `${base}USD_PERP` })),
    true,
  ),
  kraken,
  krakenV1,
  coinbase,
  coinbaseExchange,
  bybit("bybit", TETHER_SPOT, false),
  bybit("bybit-linear", TETHER_PERPETUAL, true),
  bybit(
    "bybit-inverse",
    SPOT.map((base) => ({ canonical: `${base}-USD:${base}-PERP`, raw: `${base}USD` })),
    true,
  ),
  bybitV2,
  okx,
];
