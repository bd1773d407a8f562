import { expect, test } from "vitest";
import { verify } from "../../src/app/verify.ts";
import { type K2, startK2 } from "../../src/app/wire.ts";
import { silentLogger } from "../../src/base/index.ts";
import { startVenueServer } from "../../src/venue-server/index.ts";
import { rowsOf, temporaryFolder, testConfig } from "./harness.ts";
import { until } from "./k2-process.ts";

const FEED = "coinbase-exchange";
const PRODUCTS = ["BTC-USD", "ETH-USD"] as const;
/** Frames that are spoilt, counted from when both books are whole: the next number tells that one is missing. */
const STRUCK = [200, 201];

type BookAnswer = Awaited<ReturnType<K2["query"]["book"]>>;

interface ProductBook {
  readonly sequence: number;
  readonly bids: readonly (readonly [price: string, size: string, orders: number])[];
  readonly asks: readonly (readonly [price: string, size: string, orders: number])[];
}

interface ProductTrade {
  readonly trade_id: number;
  readonly price: string;
  readonly size: string;
}

/** Coinbase's channel full, over real sockets: order by order, as the venue itself holds it. */
test("the book of orders is the venue's own, heals by itself after a loss, and outlives a restart", {
  timeout: 120_000,
}, async () => {
  using folder = temporaryFolder();
  await using server = await startVenueServer({
    source: { kind: "market", seed: 7, tradesPerSecond: 10, feeds: [FEED], assets: ["BTC", "ETH"], firstTradeId: 1 },
  });
  const venue = async <T>(path: string): Promise<T> =>
    (await (await fetch(`${server.restUrl(FEED)}/products/${path}`)).json()) as T;
  const config = testConfig(folder.path, {
    mode: "live",
    feeds: [
      {
        feed: FEED,
        symbols: PRODUCTS.map((product) => `${product}-SPOT`),
        channels: ["matches", "full"],
        ...{ url: server.url(FEED), restUrl: server.restUrl(FEED), source: "replay" },
      },
    ],
    lake: { commitAgeMs: 300, firstCommitAgeMs: 100 },
  });

  const untilWhole = async (k2: K2, epoch: number): Promise<void> => {
    for (const product of PRODUCTS)
      await until(`the book of ${product} is whole`, async () => {
        const book = await k2.query.book({ symbol: `${product}-SPOT`, depth: 1 }).catch(() => undefined);
        return book?.proof.epoch === epoch;
      });
  };

  /** K2's whole book, its best quote and its trades are those of the venue, which stands still meanwhile. */
  const expectTheVenues = async (k2: K2): Promise<void> => {
    const traded = "SELECT symbol FROM silver.trades GROUP BY symbol HAVING count(*) > 3";
    await until("both products traded", async () => (await rowsOf(k2, traded)).length === PRODUCTS.length);
    server.pause();
    for (const product of PRODUCTS) {
      const symbol = `${product}-SPOT`;
      const book = await venue<ProductBook>(`${product}/book?level=2`);
      const levels = (side: ProductBook["bids"]) => side.map(([price, size]) => ({ price, size }));
      const wanted = JSON.stringify([levels(book.bids), levels(book.asks)]);
      let own: BookAnswer | undefined;
      await until(`the book of ${product} is the venue's`, async () => {
        const answer = await fetch(`${k2.url}/v1/book?symbol=${symbol}&depth=5000`);
        own = answer.ok ? ((await answer.json()) as BookAnswer) : undefined;
        return JSON.stringify([own?.bids, own?.asks]) === wanted;
      });
      expect([book.bids.length, book.asks.length]).toEqual([25, 25]);
      expect(Number(own?.proof.sequence)).toBeLessThanOrEqual(book.sequence);
      const best = `SELECT bid_price::DOUBLE AS bid, bid_size::DOUBLE AS bid_size, ask_price::DOUBLE AS ask, ask_size::DOUBLE AS ask_size
        FROM silver.quotes WHERE symbol = '${symbol}' AND flags = 'derived' ORDER BY _raw_offset DESC, frame_index DESC LIMIT 1`;
      const [[bid, bidSize] = ["", ""]] = book.bids;
      const [[ask, askSize] = ["", ""]] = book.asks;
      const wantedBest = { bid: Number(bid), bid_size: Number(bidSize), ask: Number(ask), ask_size: Number(askSize) };
      await until(`the best of ${product} is the venue's`, async () => {
        const [found] = await rowsOf(k2, best);
        return JSON.stringify(found) === JSON.stringify(wantedBest);
      });
      await expectTheTrades(k2, symbol, await venue(`${product}/trades?limit=1000`));
    }
    server.resume();
  };

  /** A match is a trade once, by the id that it has on every channel and over HTTP. */
  const expectTheTrades = async (k2: K2, symbol: string, told: readonly ProductTrade[]): Promise<void> => {
    const sql = `SELECT trade_id, price::DOUBLE AS price, size::DOUBLE AS size FROM silver.trades WHERE symbol = '${symbol}'`;
    await until(`the trades of ${symbol} are the venue's`, async () => {
      const rows = (await rowsOf(k2, sql)).map(({ trade_id, price, size }) => [Number(trade_id), price, size] as const);
      const oldest = Math.min(...rows.map(([id]) => id));
      const all = told
        .filter(({ trade_id }) => trade_id >= oldest)
        .map(({ trade_id, price, size }) => [trade_id, Number(price), Number(size)] as const);
      const inOrder = (list: typeof all) => JSON.stringify([...list].sort(([a], [b]) => a - b));
      return inOrder(rows as typeof all) === inOrder(all);
    });
  };

  {
    await using k2 = await startK2(config, { logger: silentLogger });
    const broken = `SELECT gap_id, any_value(detail) FILTER (WHERE state = 'open') AS detail, count(*) FILTER (WHERE resolution = 'resynchronised')::INT AS closed
      FROM silver.gaps WHERE cause = 'missed' AND contains(gap_id, '@') GROUP BY ALL`;
    await untilWhole(k2, 1);
    server.setFaults({ seed: 1, rules: [{ kind: "corrupt", at: STRUCK }] });
    const refused = "SELECT count(DISTINCT _raw_offset)::INT AS n FROM silver.quarantine";
    await until("the spoilt frames came", async () => Number((await rowsOf(k2, refused))[0]?.["n"]) >= STRUCK.length);
    await until("a book broke", async () => {
      const gaps = await rowsOf(k2, broken);
      return gaps.some(({ detail }) => /^sequence is \d+ after \d+$/.test(String(detail)));
    });
    await until("every book is whole", async () => (await rowsOf(k2, broken)).every(({ closed }) => closed === 1));
    await expectTheVenues(k2);
    // On the same socket: it was asked for the one book over HTTP, and subscribed once, to full alone.
    const sent = "SELECT decode(payload) AS text FROM bronze.frames WHERE kind = 'sent'";
    await until("the request is in the lake", async () => (await rowsOf(k2, sent)).length > 0);
    expect((await rowsOf(k2, sent)).map(({ text }) => JSON.parse(String(text)).channels)).toEqual([
      ["full", "heartbeat"],
    ]);
    expect(server.restRequests(FEED)).toBeGreaterThanOrEqual(3);
    expect(await rowsOf(k2, refused)).toEqual([{ n: STRUCK.length }]);
  }

  {
    await using again = await startK2(config, { logger: silentLogger });
    await untilWhole(again, 2);
    await expectTheVenues(again);
  }
  // Derived anew from the raw frames alone, every row is the same.
  expect((await verify(config)).checks.filter(({ differences }) => differences.length > 0)).toEqual([]);
});
