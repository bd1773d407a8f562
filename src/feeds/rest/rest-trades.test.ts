import fc from "fast-check";
import { expect, test } from "vitest";
import { fetchedPayload, type Trade } from "../../domain/index.ts";
import { binance, binanceCoinm, binanceUsdm } from "../binance/binance.ts";
import { bybit, bybitLinear } from "../bybit/bybit.ts";
import { coinbase, coinbaseExchange } from "../coinbase/coinbase.ts";
import { CollectingContext, frame } from "../decode/test-support.ts";
import type { TradeFields } from "../decode/trade-fields.ts";
import type { Feed } from "../feed.ts";
import { kraken } from "../kraken/kraken.ts";
import { okx } from "../okx/okx.ts";
import { createRestDecoder } from "./rest-decoder.ts";
import type { RestRequest, WantedTrades } from "./rest-trades.ts";

interface Told {
  readonly feed: Feed;
  readonly symbol: string;
  readonly rawSymbol: string;
  readonly path: string;
  /** One trade on the stream, and the same in an answer. */
  readonly streamed: string;
  readonly answered: string;
}

/** The same execution told both ways, in each venue's documented grammar. */
const TOLD: readonly Told[] = [
  {
    feed: binance,
    symbol: "BNB-USDT-SPOT",
    rawSymbol: "BNBUSDT",
    path: "/api/v3/historicalTrades",
    streamed: `{"e":"trade","E":1499865549591,"s":"BNBUSDT","t":28457,"p":"4.00000100","q":"12.00000000","T":1499865549590,"m":true,"M":true}`,
    answered: `[{"id":28457,"price":"4.00000100","qty":"12.00000000","quoteQty":"48.000012","time":1499865549590,"isBuyerMaker":true,"isBestMatch":true}]`,
  },
  {
    feed: binanceUsdm,
    symbol: "BTC-USDT-PERP",
    rawSymbol: "BTCUSDT",
    path: "/fapi/v1/trades",
    streamed: `{"e":"trade","E":1,"T":1723161256000,"s":"BTCUSDT","t":5230,"p":"61688.10","q":"0.012","X":"MARKET","m":false}`,
    answered: `[{"id":5230,"price":"61688.10","qty":"0.012","quoteQty":"740.25","time":1723161256000,"isBuyerMaker":false}]`,
  },
  {
    feed: binanceCoinm,
    symbol: "BTC-USD:BTC-PERP",
    rawSymbol: "BTCUSD_PERP",
    path: "/dapi/v1/trades",
    streamed: `{"e":"trade","E":1,"T":1591250192508,"s":"BTCUSD_PERP","t":595103,"p":"9642.2","q":"1","X":"MARKET","m":false}`,
    answered: `[{"id":595103,"price":"9642.2","qty":"1","baseQty":"0.01037108","time":1591250192508,"isBuyerMaker":false}]`,
  },
  {
    feed: coinbaseExchange,
    symbol: "BTC-USD-SPOT",
    rawSymbol: "BTC-USD",
    path: "/products/BTC-USD/trades",
    streamed: `{"type":"match","trade_id":74,"maker_order_id":"a","taker_order_id":"b","side":"sell","size":"0.01000000","price":"10.00000000","product_id":"BTC-USD","sequence":50,"time":"2014-11-07T22:19:28.578544Z"}`,
    answered: `[{"time":"2014-11-07T22:19:28.578544Z","trade_id":74,"price":"10.00000000","size":"0.01000000","side":"sell"}]`,
  },
  {
    feed: coinbase,
    symbol: "BTC-USD-SPOT",
    rawSymbol: "BTC-USD",
    path: "/products/BTC-USD/trades",
    streamed: `{"channel":"market_trades","timestamp":"2023-02-09T20:19:35.4Z","sequence_num":0,"events":[{"type":"update","trades":[{"product_id":"BTC-USD","trade_id":"74","price":"1260.01","size":"0.3","time":"2019-08-14T20:42:27.265Z","side":"BUY"}]}]}`,
    answered: `[{"time":"2019-08-14T20:42:27.265000Z","trade_id":74,"price":"1260.01000000","size":"0.30000000","side":"buy"}]`,
  },
  {
    feed: kraken,
    symbol: "BTC-USD-SPOT",
    rawSymbol: "BTC/USD",
    path: "/0/public/Trades",
    streamed: `{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":30243.4,"qty":0.34507674,"ord_type":"market","trade_id":61044952,"timestamp":"2023-07-06T18:53:17.827736Z"}]}`,
    answered: `{"error":[],"result":{"XXBTZUSD":[["30243.40000","0.34507674",1688669597.8277369,"b","m","",61044952]],"last":"1688671969993150842"}}`,
  },
  {
    feed: bybit,
    symbol: "BTC-USDT-SPOT",
    rawSymbol: "BTCUSDT",
    path: "/v5/market/recent-trade",
    streamed: `{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672052955759,"data":[{"T":1672052955758,"s":"BTCUSDT","S":"Buy","v":"0.00012","p":"16618.49","i":"2100000000007764263","BT":false,"RPI":false,"seq":123456}]}`,
    answered: `{"retCode":0,"retMsg":"OK","result":{"category":"spot","list":[{"execId":"2100000000007764263","symbol":"BTCUSDT","price":"16618.49","size":"0.00012","side":"Buy","time":"1672052955758","isBlockTrade":false,"isRPITrade":false,"seq":"123456"}]},"retExtInfo":{},"time":1672053054358}`,
  },
  {
    feed: bybitLinear,
    symbol: "BTC-USDT-PERP",
    rawSymbol: "BTCUSDT",
    path: "/v5/market/recent-trade",
    streamed: `{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":2,"data":[{"T":1672304486865,"s":"BTCUSDT","S":"Sell","v":"0.001","p":"16578.50","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":true}]}`,
    answered: `{"retCode":0,"retMsg":"OK","result":{"category":"linear","list":[{"execId":"20f43950-d8dd-5b31-9112-a178eb6023af","symbol":"BTCUSDT","price":"16578.50","size":"0.001","side":"Sell","time":"1672304486865","isBlockTrade":true}]},"time":1}`,
  },
  {
    feed: okx,
    symbol: "BTC-USDT-SPOT",
    rawSymbol: "BTC-USDT",
    path: "/api/v5/market/history-trades",
    streamed: `{"arg":{"channel":"trades-all","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"242720720","px":"29963.2","sz":"0.00001","side":"sell","ts":"1654161646974","source":"0"}]}`,
    answered: `{"code":"0","msg":"","data":[{"instId":"BTC-USDT","side":"sell","sz":"0.00001","source":"0","px":"29963.2","tradeId":"242720720","ts":"1654161646974"}]}`,
  },
];

function answer(told: Told, body: string, { status = 200, symbol = true, path = told.path } = {}): Uint8Array {
  const url = `https://venue.example${path}?limit=1`;
  return fetchedPayload({ url, status, body: frame(body), ...(symbol ? { symbol: told.rawSymbol } : {}) });
}

function decode(
  told: Told,
  payload: Uint8Array,
): { readonly outcome: string; readonly trades: readonly Trade[]; readonly refused: number } {
  const context = CollectingContext.of(told.feed, [told.symbol]);
  const { rest } = told.feed;
  if (rest === undefined) throw new RangeError(`${told.feed.id} has no REST`);
  const outcome = createRestDecoder(rest).decode(payload, context);
  return { outcome, trades: context.rows(), refused: context.refusals.length };
}

for (const told of TOLD) {
  const { feed } = told;
  test(`${feed.id}: a trade is the same row, whether it was streamed or asked for`, () => {
    const context = CollectingContext.of(feed, [told.symbol]);
    const channels = feed.id === "okx" ? ["trades-all"] : feed.channels.slice(0, 1);
    expect(feed.createDecoder({ channels }).decode(frame(told.streamed), context)).toBe("trades");
    const asked = decode(told, answer(told, told.answered));
    expect(asked).toEqual({ outcome: "trades", trades: context.rows(), refused: 0 });
    expect(asked.trades).toHaveLength(1);
  });

  test(`${feed.id}: refusals and probes make no rows; what cannot be read is refused`, () => {
    expect(decode(told, answer(told, '{"code":-1003}', { status: 429 }))).toEqual({
      outcome: "control",
      trades: [],
      refused: 0,
    });
    expect(decode(told, answer(told, told.answered, { symbol: false })).outcome).toBe("other");
    expect(decode(told, answer(told, told.answered, { path: "/api/v3/depth" })).outcome).toBe("other");
    expect(decode(told, answer(told, told.answered.slice(0, -3)))).toEqual({
      outcome: "refused",
      trades: [],
      refused: 1,
    });
    expect(decode(told, answer(told, "7")).outcome).toBe("refused");
    expect(decode(told, frame("no line")).outcome).toBe("refused");
  });
}

test("a venue's refusal in a body with status 200 is no market data, and tells whether to ask again", () => {
  const read = (feed: Feed, path: string, body: string): unknown =>
    feed.rest?.read({ url: `https://venue.example${path}`, status: 200, symbol: "X", body: frame(body) });
  expect(read(kraken, "/0/public/Trades", '{"error":["EAPI:Rate limit exceeded"]}')).toMatchObject({
    kind: "refused",
    isTemporary: true,
  });
  expect(read(kraken, "/0/public/Trades", '{"error":["EQuery:Unknown asset pair"]}')).toMatchObject({
    kind: "refused",
    isTemporary: false,
  });
  expect(read(bybit, "/v5/market/recent-trade", '{"retCode":10006,"retMsg":"Too many visits!"}')).toMatchObject({
    kind: "refused",
    isTemporary: true,
  });
  expect(
    read(okx, "/api/v5/market/history-trades", '{"code":"51001","msg":"Instrument ID does not exist","data":[]}'),
  ).toMatchObject({ kind: "refused", isTemporary: false });
  expect(
    read(okx, "/api/v5/market/history-trades", '{"code":"50011","msg":"Too many requests","data":[]}'),
  ).toMatchObject({ kind: "refused", isTemporary: true });
});

/** A venue whose trades are the ids 1 to `count`, `stepUs` apart; answers what each venue's request asks for. */
class Venue {
  readonly count: number;
  readonly stepUs: number;
  readonly paths: string[] = [];

  constructor(count: number, stepUs = 10) {
    this.count = count;
    this.stepUs = stepUs;
  }

  page({ path }: RestRequest): readonly TradeFields[] {
    this.paths.push(path);
    const query = new URLSearchParams(path.split("?")[1]);
    const number = (name: string): number | undefined => (query.has(name) ? Number(query.get(name)) : undefined);
    const limit = number("limit") ?? number("count") ?? 0;
    const since = number("since");
    const from = number("fromId") ?? (since === undefined ? undefined : Math.floor(since / (1000 * this.stepUs)) + 1);
    const before = path.includes("type=2") ? Math.ceil(((number("after") ?? 0) * 1000) / this.stepUs) : number("after");
    const ids =
      from === undefined
        ? this.#ids(
            Math.max(1, Math.min(before ?? this.count + 1, this.count + 1) - limit),
            Math.min(before ?? this.count + 1, this.count + 1),
          )
        : this.#ids(Math.max(1, from), Math.min(this.count + 1, Math.max(1, from) + limit));
    return ids.map((id) => ({
      rawSymbol: "X",
      price: "1",
      size: "1",
      side: 1,
      time: { us: id * this.stepUs, nanos: 0 },
      id: String(id),
      flags: 0,
    }));
  }

  #ids(first: number, end: number): readonly number[] {
    return Array.from({ length: Math.max(0, end - first) }, (_, index) => first + index);
  }
}

function ask(
  feed: Feed,
  venue: Venue,
  wanted: Omit<WantedTrades, "rawSymbol" | "channel">,
): { readonly coverage: string; readonly ids: ReadonlySet<number> } {
  const dialogue = feed.rest?.ask({ rawSymbol: "BTC/USD", channel: feed.channels[0] ?? "", ...wanted });
  const ids = new Set<number>();
  for (let step = dialogue?.next(); step !== undefined && step.done !== true; ) {
    expect(venue.paths.length).toBeLessThan(200);
    const page = venue.page(step.value);
    if (step.value.isProbe !== true) for (const { id } of page) ids.add(Number(id));
    step = dialogue?.next(page);
    if (step?.done === true) return { coverage: step.value, ids };
  }
  throw new RangeError("The dialogue said nothing");
}

const range = fc.tuple(fc.integer({ min: 1, max: 6000 }), fc.integer({ min: 0, max: 5000 }));

test.each([binance, coinbaseExchange, kraken, okx])("$id: asking by ids brings all of them", (feed) => {
  fc.assert(
    fc.property(range, fc.integer({ min: 0, max: 3000 }), ([firstId, more], after) => {
      const lastId = firstId + more;
      const wanted = { firstId, lastId, fromUs: firstId * 10, toUs: lastId * 10 };
      const { coverage, ids } = ask(feed, new Venue(lastId + after), wanted);
      expect(coverage).toBe("whole");
      for (let id = firstId; id <= lastId; id += 1) if (!ids.has(id)) throw new RangeError(`${id} is missing`);
    }),
    { numRuns: 40 },
  );
});

test.each([binance, coinbaseExchange, kraken, okx])(
  "$id: asking by ids brings all of them, however late they had come by our clock, and whether newer ones are known",
  (feed) => {
    const stepUs = 25_000;
    fc.assert(
      fc.property(
        range,
        fc.integer({ min: 0, max: 400_000_000 }),
        fc.boolean(),
        ([firstId, more], lateUs, isEndKnown) => {
          const lastId = firstId + more;
          const [fromUs, toUs] = [firstId, lastId].map((id) => id * stepUs + lateUs);
          const wanted = { firstId, ...(isEndKnown ? { lastId } : {}), fromUs: fromUs ?? 0, toUs: toUs ?? 0 };
          const { coverage, ids } = ask(feed, new Venue(lastId, stepUs), wanted);
          expect(coverage).toBe("whole");
          for (let id = firstId; id <= lastId; id += 1) if (!ids.has(id)) throw new RangeError(`${id} is missing`);
        },
      ),
      { numRuns: 60 },
    );
  },
);

test("kraken: where nothing was traded since, few requests tell", () => {
  for (const quietUs of [0, 3_000_000, 60_000_000, 3_600_000_000, 86_400_000_000]) {
    const venue = new Venue(5_000, 25_000);
    const fromUs = 5_000 * 25_000 + quietUs;
    expect(ask(kraken, venue, { firstId: 5_001, fromUs, toUs: fromUs + 1_000_000 }).coverage).toBe("whole");
    expect(venue.paths.length).toBeLessThanOrEqual(9);
  }
});

test.each([binance, coinbaseExchange, kraken, okx])("$id: asking by time brings all of it", (feed) => {
  fc.assert(
    fc.property(range, fc.integer({ min: 1, max: 3000 }), ([firstId, more], after) => {
      const lastId = firstId + more;
      const { ids } = ask(feed, new Venue(lastId + after), { fromUs: firstId * 10, toUs: lastId * 10 });
      for (let id = firstId; id <= lastId; id += 1) if (!ids.has(id)) throw new RangeError(`${id} is missing`);
    }),
    { numRuns: 40 },
  );
});

test.each([binanceUsdm, bybit, bybitLinear])(
  "$id: only the newest can be had, and who asks for older ones is told",
  (feed) => {
    const pageMax = feed === bybit ? 60 : 1000;
    const wanted = (firstId: number) => ({
      firstId,
      lastId: firstId + 5,
      fromUs: firstId * 10,
      toUs: firstId * 10 + 50,
    });
    expect(ask(feed, new Venue(5000), wanted(5000 - pageMax + 1)).coverage).toBe("whole");
    expect(ask(feed, new Venue(5000), wanted(5000 - pageMax)).coverage).toBe("beyond");
    expect(ask(feed, new Venue(10), wanted(3)).coverage).toBe("whole");
  },
);
