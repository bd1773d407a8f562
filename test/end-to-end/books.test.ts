import { expect, test } from "vitest";
import { startK2 } from "../../src/app/wire.ts";
import { silentLogger } from "../../src/base/index.ts";
import { bookText } from "../../src/cli/book.ts";
import { ASK, BID, BookLevels, type BookSide, OrderBook } from "../../src/domain/index.ts";
import { BookNotProvenError } from "../../src/query/index.ts";
import { sharedData } from "../shared-data.ts";
import { playCaptures, rowsOf, temporaryFolder, testConfig } from "./harness.ts";

const MESSAGES = `SELECT count(*) FILTER (WHERE action = 'snapshot' AND level_index = 0)::INT AS snapshots,
  count(*) FILTER (WHERE contains(flags, 'last'))::INT AS messages, count(*) FILTER (WHERE contains(flags, 'maybeBad'))::INT AS bad
  FROM silver.book_changes`;

const kraken = sharedData("ws/kraken/v2-book/kraken_btcusd_l2.jsonl.gz");

test.skipIf(kraken === undefined)(
  "a recording of Kraken: every book message is there, each checksum holds, and the book at its end is the last",
  async () => {
    await using scene = await playCaptures({
      captures: [{ feed: "kraken", paths: [kraken ?? ""], symbols: ["BTC-USD-SPOT"], channels: ["trade", "book-10"] }],
    });
    const { k2 } = scene;
    // As its README counts them: 5 snapshots and 296 updates, 301 of 301 checksums.
    expect(await rowsOf(k2, MESSAGES)).toEqual([{ snapshots: 5, messages: 301, bad: 0 }]);
    expect(await rowsOf(k2, "SELECT * FROM silver.gaps WHERE cause IN ('missed', 'checksum', 'crossed')")).toEqual([]);
    expect(await rowsOf(k2, "SELECT DISTINCT checksum, continuity FROM silver.book_snapshots")).toEqual([
      { checksum: "ok", continuity: "proven" },
    ]);
    expect(await rowsOf(k2, "SELECT reason FROM silver.quarantine")).toEqual([]);
    const [crossed] = await rowsOf(k2, "SELECT count(*)::INT AS n FROM silver.quotes WHERE ask_price <= bid_price");
    expect(crossed).toEqual({ n: 0 });
  },
);

const coinbase = sharedData("ws/coinbase/exchange-feed-20210417.jsonl.gz");
const PRODUCTS = [
  "BAND-BTC",
  "BAND-GBP",
  "CRV-EUR",
  "DASH-BTC",
  "NMR-EUR",
  "NU-GBP",
  "SKL-BTC",
  "SKL-GBP",
  "SKL-USD",
  "YFI-BTC",
].map((pair) => `${pair}-SPOT`);

test.skipIf(coinbase === undefined)(
  "a recording of Coinbase Exchange: ten whole books and every update of them, never crossed",
  async () => {
    await using scene = await playCaptures({
      captures: [
        { feed: "coinbase-exchange", paths: [coinbase ?? ""], symbols: PRODUCTS, channels: ["matches", "level2"] },
      ],
    });
    // As its README counts them: 10 snapshots, 9,719 updates, 97 matches.
    expect(await rowsOf(scene.k2, MESSAGES)).toEqual([{ snapshots: 10, messages: 10 + 9_719, bad: 0 }]);
    expect(await rowsOf(scene.k2, "SELECT cause FROM silver.gaps WHERE cause IN ('missed', 'crossed')")).toEqual([]);
  },
);

test("on the simulated market books and quotes flow, are asked for at any time, and outlive a restart", async () => {
  using folder = temporaryFolder();
  const config = testConfig(folder.path, {
    feeds: [
      { feed: "kraken", symbols: ["BTC-USD-SPOT"], channels: ["trade", "book-10", "ticker"] },
      { feed: "bybit", symbols: ["BTC-USDT-SPOT"], channels: ["orderbook.50"] },
    ],
    simulation: { tradesPerSecond: 100 },
    books: { snapshotEveryMs: 200, snapshotDepth: 50 },
    lake: { commitAgeMs: 300, firstCommitAgeMs: 100 },
  });
  const asked = { symbol: "BTC-USD-SPOT", venue: "kraken", depth: 50 };
  let [atUs, before] = [0, ""];
  {
    await using k2 = await startK2(config, { logger: silentLogger });
    const count = `SELECT count(DISTINCT (connection, _raw_offset)) FILTER (WHERE cause = 'periodic')::INT AS n FROM silver.book_snapshots`;
    while (Number((await rowsOf(k2, count))[0]?.["n"]) < 4) await new Promise((resolve) => setTimeout(resolve, 50));
    // A listing that never traded here is known by its book.
    expect((await k2.query.listings()).map(({ venue }) => venue).sort()).toEqual(["bybit", "kraken"]);
    await theBooksAreWhatTheChangesMake(k2);
    const book = await k2.query.book(asked);
    atUs = Date.parse(book.time) * 1000 + Number(book.time.slice(-4, -1));
    before = JSON.stringify({ ...(await k2.query.book({ ...asked, atUs })), receipt: undefined });
    expect(book.bids.length).toBeGreaterThan(5);
    expect(book.proof).toMatchObject({ checksum: "ok", subscribedDepth: 10, complete: true });
    expect(bookText(book)).toMatch(/^BTC-USD-SPOT at kraken, as of .*\n\n *bid size +bid +ask +ask size\n/);
    const answer = await fetch(`${k2.url}/v1/book?symbol=BTC-USD-SPOT&venue=kraken&at=${atUs}&depth=50`);
    expect(JSON.stringify({ ...((await answer.json()) as object), receipt: undefined })).toBe(before);
    expect((await fetch(`${k2.url}/v1/book?symbol=BTC-USD-SPOT&at=2020-01-01`)).status).toBe(404);
    expect((await fetch(`${k2.url}/v1/book?symbol=BTC-USD-SPOT&depth=0`)).status).toBe(400);
    const [quotes] = await rowsOf(
      k2,
      "SELECT count(*) FILTER (WHERE flags = '')::INT > 3 AS told, count(*) FILTER (WHERE flags = 'derived')::INT > 3 AS derived FROM silver.quotes",
    );
    expect(quotes).toEqual({ told: true, derived: true });
  }
  await using again = await startK2(config, { logger: silentLogger });
  while ((await again.query.listings()).length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  const after = await again.query.book({ ...asked, atUs });
  expect(JSON.stringify({ ...after, receipt: undefined })).toBe(before);
  // Between the runs nobody listened.
  const stopped = rowsOf(
    again,
    "SELECT DISTINCT cause FROM silver.gaps WHERE contains(gap_id, '@') AND state = 'open'",
  );
  expect(await stopped).toEqual([{ cause: "shutdown" }]);
  const [gap] = await rowsOf(
    again,
    "SELECT epoch_us(from_ts)::DOUBLE + 1 AS us FROM silver.gaps WHERE contains(gap_id, '/BTC/USD@')",
  );
  await expect(again.query.book({ ...asked, atUs: Number(gap?.["us"]) })).rejects.toThrow(BookNotProvenError);
});

test("where the venue sends no snapshot on the socket, K2 asks for one, and the answer is in the raw log", async () => {
  using folder = temporaryFolder();
  const config = testConfig(folder.path, {
    feeds: [{ feed: "binance", symbols: ["BTC-USDT-SPOT", "ETH-USDT-SPOT"], channels: ["trade", "depth@100ms"] }],
    simulation: { tradesPerSecond: 50 },
    lake: { commitAgeMs: 300, firstCommitAgeMs: 100 },
  });
  await using k2 = await startK2(config, { logger: silentLogger });
  const proven = `SELECT symbol, continuity, cause FROM silver.book_snapshots WHERE level_index = 0 AND cause = 'replace' ORDER BY symbol`;
  while ((await rowsOf(k2, proven)).length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await rowsOf(k2, proven)).toEqual([
    { symbol: "BTC-USDT-SPOT", continuity: "proven", cause: "replace" },
    { symbol: "ETH-USDT-SPOT", continuity: "proven", cause: "replace" },
  ]);
  while ((await k2.query.book({ symbol: "BTC-USDT-SPOT", depth: 5 })).proof.changes < 3)
    await new Promise((resolve) => setTimeout(resolve, 50));
  while (
    Number((await rowsOf(k2, "SELECT count(*)::INT AS n FROM bronze.frames WHERE kind = 'fetched'"))[0]?.["n"]) < 2
  )
    await new Promise((resolve) => setTimeout(resolve, 50));
});

/** At some times, what is answered is what all changes since the start make, message by message. */
async function theBooksAreWhatTheChangesMake(k2: Awaited<ReturnType<typeof startK2>>): Promise<void> {
  const times = await rowsOf(
    k2,
    "SELECT * FROM (SELECT DISTINCT venue, symbol, epoch_us(ts_recv)::DOUBLE AS us FROM silver.book_changes) ORDER BY md5(us::VARCHAR) LIMIT 3",
  );
  for (const { venue, symbol, us } of times) {
    const rows = await rowsOf(
      k2,
      `SELECT side, price, size, action, flags, depth FROM silver.book_changes WHERE venue = '${venue}' AND epoch_us(ts_recv) <= ${us}
       ORDER BY _raw_offset, frame_index, level_index`,
    );
    const made = new OrderBook({ depthMax: Number(rows[0]?.["depth"]) });
    const levels = new BookLevels();
    const mantissa = (text: unknown): bigint => BigInt(String(text).replace(".", ""));
    for (const { side, price, size, action, flags } of rows) {
      levels.push(side === "bid" ? BID : ASK, { price: mantissa(price), size: mantissa(size) });
      if (!String(flags).includes("last")) continue;
      if (action === "snapshot") made.replace(levels);
      else made.apply(levels);
      levels.clear();
    }
    const { bids, asks } = await k2.query.book({
      symbol: String(symbol),
      venue: String(venue),
      atUs: Number(us),
      depth: 50,
    });
    expect(bids.map(({ price }) => Number(price))).toEqual(pricesOf(made.bids));
    expect(asks.map(({ price }) => Number(price))).toEqual(pricesOf(made.asks));
    expect(Number(bids[0]?.size)).toBe(made.bids.sizeNumber(0) / 1e8);
  }
}

function pricesOf(side: BookSide): readonly number[] {
  return Array.from({ length: side.length }, (_, rank) => side.priceNumber(rank) / 1e8);
}
