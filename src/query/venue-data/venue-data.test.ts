import { expect, test } from "vitest";
import {
  encodeVenueData,
  VENUE_DATA_KINDS,
  VENUE_DATA_TABLES,
  type VenueDataKind,
  type VenueDataRow,
  venueDataColumns,
} from "../../domain/index.ts";
import { describeTables } from "../index.ts";
import type { VenueDataRequest } from "../query.ts";
import { TestPlatform } from "../test-platform.ts";

const T0 = 1_700_000_000_000_000;
const ASKED = { order: "ascending", limit: 100 } as const;

const FILLED: Readonly<Record<VenueDataKind, VenueDataRow>> = {
  ticker: {
    price: 6_180_020_000_000n,
    bid: 6_180_010_000_000n,
    bid_size: 600_000n,
    unit: 1,
    vwap: 5n * 10n ** 17n,
    period: "24h",
    batch: "",
  },
  candle: {
    ...{
      interval: "1m",
      start: T0,
      open: 1_200n,
      high: 1_300n,
      low: 1_100n,
      close: 1_250n,
      volume: 2_500_000_000_000_000n,
    },
    ...{
      unit: 1_000_000,
      adjustment: "none",
      known_at: T0,
      known_at_nanos: 0,
      batch: "",
      revision: 0,
      state: "open",
      trades: 7,
    },
  },
  funding: { funding_rate: -12345678901234000000n, next_funding_time: T0 + 1, mark_price: 100n * 10n ** 18n },
  liquidation: { side: "sell", price: 100_00000000n, size: 2_50000000n, unit: 1, price_kind: "order" },
  status: { state: "trading", raw_state: "online", tick_size: 10n ** 17n },
};

function rowOf(kind: VenueDataKind, of: VenueDataRow = {}): VenueDataRow {
  const empty = Object.fromEntries(
    venueDataColumns(VENUE_DATA_TABLES[kind].definition).map(({ name }) => [name, null]),
  );
  const times =
    kind === "candle" ? {} : { ts_event: T0, ts_event_nanos: 0, ts_recv: T0 + 5, ts_recv_nanos: 9, flags: "" };
  return {
    ...empty,
    ...{ venue: "bybit-linear", symbol: "BTC-USDT-PERP", raw_symbol: "BTCUSDT", source: "live", sequence: 42 },
    ...{
      channel: "tickers",
      connection: "bybit-linear/0",
      epoch: 1,
      frame_index: 0,
      _raw_partition: 0,
      _raw_offset: 17,
    },
    ...times,
    ...FILLED[kind],
    ...of,
  };
}

async function put(
  platform: TestPlatform,
  kind: VenueDataKind,
  firstOffset: number,
  rows: readonly VenueDataRow[],
): Promise<void> {
  const { topic } = VENUE_DATA_TABLES[kind];
  await platform.store.apply({ topic, partition: 0, firstOffset, appendedMs: 0, records: encodeVenueData(kind, rows) });
}

test("each kind is answered with natural values, from the tail and, the same, from the lake", async () => {
  await using platform = await TestPlatform.open();
  const answers = async (): Promise<readonly unknown[]> =>
    await Promise.all(VENUE_DATA_KINDS.map(async (kind) => (await platform.query.venueData({ ...ASKED, kind })).rows));
  for (const kind of VENUE_DATA_KINDS) await put(platform, kind, 0, [rowOf(kind)]);
  const tail = await answers();
  expect(tail).toEqual([
    [
      expect.objectContaining({
        last: "61800.2",
        bid: "61800.1",
        bidSize: "0.006",
        ask: null,
        vwap: "0.5",
        eventTime: "2023-11-14T22:13:20.000000Z",
        flags: [],
      }),
    ],
    [
      expect.objectContaining({
        open: "0.000000000012",
        close: "0.0000000000125",
        volume: "25000000000000",
        trades: 7,
        state: "open",
      }),
    ],
    [
      expect.objectContaining({
        fundingRate: "-0.000012345678901234",
        nextFundingTime: "2023-11-14T22:13:20.000001Z",
        markPrice: "100",
        indexPrice: null,
      }),
    ],
    [
      expect.objectContaining({
        side: "sell",
        price: "100",
        size: "2.5",
        receiveTime: "2023-11-14T22:13:20.000005009Z",
        sequence: 42,
      }),
    ],
    [expect.objectContaining({ state: "trading", tickSize: "0.1", symbol: "BTC-USDT-PERP", source: "live" })],
  ]);
  for (const kind of VENUE_DATA_KINDS) await platform.land(VENUE_DATA_TABLES[kind].definition);
  expect(await answers()).toEqual(tail);
});

test("of a candle the newest statement is answered, wherever its statements lie", async () => {
  await using platform = await TestPlatform.open();
  const { definition } = VENUE_DATA_TABLES.candle;
  await put(platform, "candle", 0, [
    rowOf("candle"),
    rowOf("candle", { revision: 1, close: 1_260n, known_at: T0 + 1 }),
    rowOf("candle", { start: T0 + 60_000_000, known_at: T0 + 2 }),
  ]);
  await platform.land(definition);
  await put(platform, "candle", 3, [
    rowOf("candle", { revision: 2, close: 1_270n, known_at: T0 + 3, state: "closed" }),
    rowOf("candle", { interval: "5m", known_at: T0 + 3 }),
    rowOf("candle", { venue: "binance", known_at: T0 + 4 }),
  ]);
  const asked = { ...ASKED, kind: "candle", interval: "1m", venues: ["bybit-linear"] } as const;
  const { rows } = await platform.query.venueData(asked);
  expect(rows.map(({ start, revision, close, state }) => [start, revision, close, state])).toEqual([
    ["2023-11-14T22:13:20.000000Z", 2, "0.0000000000127", "closed"],
    ["2023-11-14T22:14:20.000000Z", 0, "0.0000000000125", "open"],
  ]);
  const { rows: viewed } = await platform.query.sql(
    'SELECT venue, "interval", close::VARCHAR, revision FROM candles ORDER BY ALL',
  );
  expect(viewed).toEqual([
    ["binance", "1m", "0.000000000012500000", 0],
    ["bybit-linear", "1m", "0.000000000012500000", 0],
    ["bybit-linear", "1m", "0.000000000012700000", 2],
    ["bybit-linear", "5m", "0.000000000012500000", 0],
  ]);
});

test("pages follow each other exactly, both ways, over the seam of lake and tail", async () => {
  await using platform = await TestPlatform.open();
  const rows = Array.from({ length: 23 }, (_, index) =>
    rowOf("funding", { ts_event: T0 + Math.floor(index / 3), mark_price: BigInt(index) * 10n ** 18n }),
  );
  await put(platform, "funding", 0, rows.slice(0, 11));
  await platform.land(VENUE_DATA_TABLES.funding.definition);
  await put(platform, "funding", 11, rows.slice(11));
  for (const order of ["ascending", "descending"] as const) {
    const found: unknown[] = [];
    for (let cursor: string | undefined, page = 0; page === 0 || cursor !== undefined; page += 1) {
      const request: VenueDataRequest = { kind: "funding", order, limit: 4, cursor };
      const answer = await platform.query.venueData(request);
      found.push(...answer.rows.map(({ markPrice }) => Number(markPrice)));
      cursor = answer.cursor;
    }
    const wanted = rows.map((_, index) => index);
    expect(found).toEqual(order === "ascending" ? wanted : wanted.toReversed());
  }
});

test("the views have the columns that are described, and the cursor of one kind is refused by another", async () => {
  await using platform = await TestPlatform.open();
  for (const name of ["tickers", "candles", "liquidations"]) {
    const { columns } = await platform.query.sql(`SELECT * FROM ${name} LIMIT 0`);
    const described = describeTables().find((table) => table.name === name)?.columns;
    expect(columns).toEqual(described?.map((column) => ({ name: column.name, type: column.type })));
  }
  await put(platform, "status", 0, [rowOf("status"), rowOf("status", { state: "halted" })]);
  const { cursor } = await platform.query.venueData({ kind: "status", order: "ascending", limit: 1 });
  await expect(platform.query.venueData({ ...ASKED, kind: "ticker", cursor })).rejects.toThrow(
    "Not a cursor of ticker",
  );
});
