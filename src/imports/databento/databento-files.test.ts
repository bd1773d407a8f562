import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import {
  ASK,
  BID,
  BookLevels,
  formatShortest,
  L3_APPLIED,
  ORDER_ACTIONS,
  ORDER_FLAGS,
  OrderBook,
  OrderEvents,
  type Trade,
} from "../../domain/index.ts";
import { decodeText } from "../test-support.ts";
import { databentoTradesText } from "./databento-trades.ts";
import {
  appendMboEvent,
  copyMbpLevels,
  type DbnBar,
  type DbnDefinition,
  type DbnMetadata,
  type DbnRecord,
  isBar,
  MboBooks,
  mbpOrders,
  RECORD_TYPES,
  readBar,
  readDbn,
  readDefinition,
} from "./index.ts";

const FOLDER = "book-l3/databento";
const TRADES = sharedData(`${FOLDER}/futures_trades_2024-07-01T23-58_2024-07-02T00-02.dbn.zst`);
const QUOTES = sharedData(`${FOLDER}/futures_mbp-1_2024-07-01T23-58_2024-07-02T00-02.dbn.zst`);
const BARS = sharedData(`${FOLDER}/futures_ohlcv-1m_2024-07-01T23-40_2024-07-02T00-10.dbn.zst`);
const DEFINITIONS = sharedData(`${FOLDER}/futures_definition.dbn.zst`);
const ORDERS = sharedData(`${FOLDER}/esh4-glbx-mdp3-20231224.mbo.dbn.zst`);

async function read(path: string, record: (record: DbnRecord, metadata: DbnMetadata) => boolean) {
  let metadata: DbnMetadata | undefined;
  const counts = await readDbn(createReadStream(path, { highWaterMark: 1000 }), {
    metadata: (seen) => {
      metadata = seen;
    },
    record,
  });
  return { counts, metadata };
}

/** Trades of a file as an import makes them. */
async function tradesOf(path: string): Promise<readonly Trade[]> {
  const text = databentoTradesText({ name: basename(path), read: () => createReadStream(path) });
  const parts: Uint8Array[] = [];
  for await (const part of text.read()) parts.push(part);
  const context = await decodeText(Buffer.concat(parts), {
    format: "databento-trades",
    listings: [{ venue: "cme", rawSymbol: "ESU4", symbol: "ES-USD-FUT-20240920" }],
  });
  expect(context.refusals).toEqual([]);
  return context.rows();
}

describe("files of Databento", () => {
  test.skipIf(TRADES === undefined)("trades: 120, all of one contract, its symbol from the metadata", async () => {
    const trades = await tradesOf(TRADES ?? "");
    const ofSide = (side: string): number => trades.filter(({ takerSide }) => takerSide === side).length;
    expect([trades.length, ofSide("buy"), ofSide("sell")]).toEqual([120, 66, 54]);
    const [first] = trades;
    expect(first).toMatchObject({
      venue: "cme",
      symbol: "ES-USD-FUT-20240920",
      tradeId: "1719878281218218853/9060643/0",
      takerSide: "buy",
      eventTimeNs: 1_719_878_281_218_218_853n,
      flags: ["syntheticId", "contracts"],
    });
    expect([first && formatShortest(first.price), first && formatShortest(first.size)]).toEqual(["5528.75", "2"]);
    expect(new Set(trades.map(({ tradeId }) => tradeId)).size).toBe(120);
  });

  test.skipIf(QUOTES === undefined || TRADES === undefined)(
    "MBP-1: 2,288 records; its trades are those of the schema trades, ids and all",
    async () => {
      const actions: Record<string, number> = {};
      const levels = new BookLevels();
      const book = new OrderBook();
      let crossed = 0;
      let orders = 0;
      const { counts, metadata } = await read(QUOTES ?? "", (record) => {
        const action = record.letter(28);
        actions[action] = (actions[action] ?? 0) + 1;
        levels.clear();
        copyMbpLevels(record, levels);
        book.replace(levels);
        if (book.isCrossed || levels.length !== 2) crossed += 1;
        orders += mbpOrders(record, BID, 0) + mbpOrders(record, ASK, 0);
        return true;
      });
      expect(counts).toEqual([{ type: RECORD_TYPES.mbp1, name: "mbp1", taken: 2288, skipped: 0, malformed: 0 }]);
      expect([metadata?.version, metadata?.dataset, metadata?.schema]).toEqual([1, "GLBX.MDP3", "mbp-1"]);
      expect(actions).toEqual({ A: 1061, C: 989, M: 118, T: 120 });
      expect([crossed, orders > 2288]).toEqual([0, true]);
      const [trades, ofQuotes] = [await tradesOf(TRADES ?? ""), await tradesOf(QUOTES ?? "")];
      const facts = (all: readonly Trade[]): readonly unknown[] =>
        all.map(({ tradeId, price, size, takerSide, eventTimeNs }) => [tradeId, price, size, takerSide, eventTimeNs]);
      expect(facts(ofQuotes)).toEqual(facts(trades));
      console.info(`databento: MBP-1 2,288 records ${JSON.stringify(actions)}, 120 trades equal to the schema trades`);
    },
  );

  test.skipIf(BARS === undefined || TRADES === undefined)(
    "OHLCV-1m: 60 bars; the trades rebuild the 4 that they cover, exactly",
    async () => {
      const bars: DbnBar[] = [];
      const { counts } = await read(BARS ?? "", (record) => isBar(record) && bars.push(readBar(record)) > 0);
      expect(counts.map(({ name, taken }) => [name, taken])).toEqual([["ohlcv1m", 60]]);
      const made = new Map<bigint, bigint[]>();
      await read(TRADES ?? "", (record) => {
        const time = record.eventTimeNs ?? 0n;
        const start = time - (time % 60_000_000_000n);
        const bar = made.get(start) ?? [];
        made.set(start, bar);
        return bar.push(record.price(16) ?? 0n) > 0;
      });
      const same = [...made].filter(([start, prices]) => {
        const bar = bars.find(({ instrument, startNs }) => instrument === 118 && startNs === start);
        const sorted = [...prices].sort((a, b) => (a < b ? -1 : 1));
        return (
          bar?.open === prices[0] &&
          bar?.close === prices.at(-1) &&
          bar?.low === sorted[0] &&
          bar?.high === sorted.at(-1)
        );
      });
      expect([made.size, same.length]).toEqual([4, 4]);
      console.info("databento: trades rebuild the published 1-minute bars 4/4");
    },
  );

  test.skipIf(DEFINITIONS === undefined)("definitions: two futures with their terms", async () => {
    const found: DbnDefinition[] = [];
    const { metadata } = await read(
      DEFINITIONS ?? "",
      (record, { version }) => found.push(readDefinition(record, version)) > 0,
    );
    expect(found.map(({ rawSymbol, instrument, asset, exchange }) => [rawSymbol, instrument, asset, exchange])).toEqual(
      [
        ["ESU4", 118, "ES", "XCME"],
        ["NQU4", 4358, "NQ", "XCME"],
      ],
    );
    expect(
      found.map(({ tickSize, currency, instrumentClass, updateAction }) => [
        tickSize,
        currency,
        instrumentClass,
        updateAction,
      ]),
    ).toEqual([
      [250_000_000n, "USD", "F", "A"],
      [250_000_000n, "USD", "F", "A"],
    ]);
    expect(new Date(Number((found[0]?.expirationNs ?? 0n) / 1_000_000n)).toISOString()).toBe(
      "2024-09-20T13:30:00.000Z",
    );
    expect(metadata?.mappings.map(({ symbol, intervals }) => [symbol, intervals])).toEqual([
      ["ESU4", [{ startDate: 20_240_701, endDate: 20_240_702, symbol: "118" }]],
      ["NQU4", [{ startDate: 20_240_701, endDate: 20_240_702, symbol: "4358" }]],
    ]);
  });

  test.skipIf(ORDERS === undefined)("MBO: a snapshot of 8,725 orders makes a proven book", async () => {
    const events = new OrderEvents();
    const { counts, metadata } = await read(ORDERS ?? "", (record) => appendMboEvent(record, events));
    expect(counts).toEqual([{ type: RECORD_TYPES.mbo, name: "mbo", taken: 8725, skipped: 0, malformed: 0 }]);
    expect(metadata?.mappings[0]?.intervals).toEqual([{ startDate: 20_231_224, endDate: 20_231_225, symbol: "17077" }]);
    const books = new MboBooks();
    const seen: Record<string, number> = {};
    let total = 0n;
    for (let row = 0; row < events.length; row += 1) {
      const name = `${ORDER_ACTIONS[events.action[row] ?? 0]} ${events.side[row] === BID ? "bid" : "ask"}`;
      seen[name] = (seen[name] ?? 0) + 1;
      total += events.size.get(row);
      expect(books.apply(events, row)).toBe(L3_APPLIED);
    }
    expect(seen).toEqual({ "add bid": 5192, "add ask": 3533 });
    expect(events.flags[8724]).toBe(ORDER_FLAGS.last | ORDER_FLAGS.snapshot | ORDER_FLAGS.badReceiveTime);
    const book = books.book(17_077);
    expect([books.instruments, book?.orderCount, book?.isProven, book?.doubts.all(), books.crossings(17_077)]).toEqual([
      [17_077],
      8725,
      true,
      [],
      0,
    ]);
    let rests = 0n;
    for (const side of [BID, ASK])
      for (let rank = 0; rank < (book?.levels.depth(side) ?? 0); rank += 1)
        rests += book?.levels.size(side, rank) ?? 0n;
    expect(rests).toBe(total);
    expect([book?.levels.price(BID, 0), book?.levels.price(ASK, 0)]).toEqual([4_799_000_000_000n, 4_799_500_000_000n]);
    expect(
      book?.levels
        .ordersAt(BID, 0)
        .slice(0, 2)
        .map(({ id, size }) => [id, size]),
    ).toEqual([
      [6_412_777_162_812n, 2n],
      [6_412_777_162_851n, 6n],
    ]);
    console.info(
      `databento: MBO 8,725 adds (5,192 bids, 3,533 asks), ${book?.levels.depth(BID)} + ${book?.levels.depth(ASK)} levels, ` +
        `${total} contracts, no negative size, not crossed`,
    );
  });
});
