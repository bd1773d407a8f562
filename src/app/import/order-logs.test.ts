import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import { formatDecimal } from "../../domain/index.ts";
import { type DbnBar, isBar, PRICE_SCALE, readBar, readDbn } from "../../imports/index.ts";
import { ImportScene } from "./test-support.ts";

const FUTURE = { symbols: ["ESU4=ES-USD-FUT-20240920"], venue: "cme" };
const FOLDER = "book-l3/databento";
const TRADES = sharedData(`${FOLDER}/futures_trades_2024-07-01T23-58_2024-07-02T00-02.dbn.zst`);
const QUOTES = sharedData(`${FOLDER}/futures_mbp-1_2024-07-01T23-58_2024-07-02T00-02.dbn.zst`);
const BARS = sharedData(`${FOLDER}/futures_ohlcv-1m_2024-07-01T23-40_2024-07-02T00-10.dbn.zst`);
const ORDERS = sharedData(`${FOLDER}/esh4-glbx-mdp3-20231224.mbo.dbn.zst`);

/** Databento's bars of a contract, as gold.bars tells them. */
async function publishedBars(path: string, instrument: number): Promise<ReadonlyMap<string, readonly string[]>> {
  const bars: DbnBar[] = [];
  await readDbn(createReadStream(path), {
    record: (record) => isBar(record) && record.instrument === instrument && bars.push(readBar(record)) > 0,
  });
  const price = (mantissa = 0n): string => formatDecimal({ mantissa: mantissa / 10n, scale: PRICE_SCALE - 1 });
  return new Map(
    bars.map(({ startNs, open, high, low, close, volume }) => [
      `${(startNs ?? 0n) / 1000n}`,
      [price(open), price(high), price(low), price(close), `${volume}`],
    ]),
  );
}

test.skipIf(TRADES === undefined || QUOTES === undefined || BARS === undefined)(
  "ES of 2024-07-01: 120 trades become the 4 bars that Databento publishes; those in MBP-1 are the same and add nothing",
  async () => {
    using scene = new ImportScene();
    expect(await scene.importOne(TRADES ?? "", FUTURE)).toMatchObject({
      format: "databento-trades",
      rows: 120,
      added: 120,
      repeated: 0,
      refused: 0,
    });
    expect(await scene.importOne(QUOTES ?? "", FUTURE)).toMatchObject({
      rows: 120,
      added: 0,
      repeated: 120,
      refused: 0,
    });
    expect(await scene.importOne(TRADES ?? "", FUTURE)).toMatchObject({ state: "known", rows: 0 });
    const [bars = []] = await scene.sql(
      `SELECT epoch_us(start)::VARCHAR, open::VARCHAR, high::VARCHAR, low::VARCHAR, close::VARCHAR, volume::BIGINT::VARCHAR
       FROM gold.bars WHERE "interval" = '1m' QUALIFY row_number() OVER (PARTITION BY start ORDER BY revision DESC) = 1`,
    );
    const published = await publishedBars(BARS ?? "", 118);
    expect(bars.length).toBe(4);
    for (const [start, ...bar] of bars) expect(bar).toEqual(published.get(String(start)));
  },
);

test.skipIf(ORDERS === undefined)("a file of orders without a trade adds nothing, and says so", async () => {
  using scene = new ImportScene();
  expect(await scene.importOne(ORDERS ?? "", { symbols: ["ESH4=ES-USD-FUT-20240315"], venue: "cme" })).toMatchObject({
    format: "databento-trades",
    rows: 0,
    added: 0,
  });
});

const MESSAGES = sharedData("book-l3/lobster/AMZN_2012-06-21_34200000_57600000_message_1.csv.gz");
const ROWS = sharedData("book-l3/lobster/AMZN_2012-06-21_34200000_57600000_orderbook_1.csv.gz");

test.skipIf(MESSAGES === undefined || ROWS === undefined)(
  "AMZN of 2012-06-21: 8,974 visible and 2,445 hidden executions; the book's rows are refused by name",
  async () => {
    using scene = new ImportScene();
    const symbols = ["AMZN-XNAS-EQ"];
    expect(await scene.importOne(MESSAGES ?? "", { symbols })).toMatchObject({
      format: "lobster-trades",
      text: basename(MESSAGES ?? "", ".gz"),
      rows: 11_419,
      added: 11_419,
      repeated: 0,
      refused: 0,
    });
    const [counts] = await scene.sql(
      "SELECT venue, count(*), count(DISTINCT trade_id), sum(size)::BIGINT FROM silver.trades WHERE side <> 'unknown' GROUP BY venue",
    );
    expect(counts?.[0]?.slice(0, 3)).toEqual(["nasdaq", "11419", "11419"]);
    await expect(scene.importOne(ROWS ?? "", { symbols })).rejects.toThrow("a LOBSTER order book");
  },
);
