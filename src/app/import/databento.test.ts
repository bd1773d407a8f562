import { zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import { verify } from "../verify.ts";
import { ImportScene } from "./test-support.ts";

/*
 * The grammar of Databento's CSV, rows of our own, and Databento's own files where they are.
 */
const START_NS = 1_719_878_280_000_000_000n;
const US = Number(START_NS / 1000n);
const VENUE = { venue: "cme" };
const DEFINITION = `ts_recv,ts_event,rtype,publisher_id,instrument_id,raw_symbol,security_update_action,instrument_class,min_price_increment,expiration,currency,asset,exchange
1719792000000000000,1719745435541087259,19,1,118,ESU4,A,F,250000000,1726839000000000000,USD,ES,XCME
1719792000000000000,1719745435541087260,19,1,4358,NQU4,A,F,250000000,1726839000000000000,USD,NQ,XCME
1719792000000000000,1719745435541087261,19,1,900,ESU4-ESZ4,A,S,50000000,1726839000000000000,USD,ES,XCME
`;
const TRADES =
  "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,depth,price,size,flags,ts_in_delta,sequence\n";

function trades(instrument: number, from: number, to: number): string {
  let text = "";
  for (let index = from; index < to; index += 1) {
    const ns = START_NS + BigInt(index) * 250_000_000n;
    text += `${ns + 900n},${ns},0,1,${instrument},T,${index % 2 === 0 ? "A" : "B"},0,${5528_000000000n + BigInt(index) * 250_000_000n},${1 + (index % 3)},128,0,${index}\n`;
  }
  return text;
}

const differencesOf = async (scene: ImportScene): Promise<readonly string[]> =>
  (await verify(scene.config)).checks.flatMap(({ differences }) => differences);

test("definitions are statements in silver.status, once each; what has no canonical id is refused and kept", async () => {
  using scene = new ImportScene();
  const path = scene.file("glbx-mdp3-20240701.definition.csv", DEFINITION);
  await expect(scene.importOne(path)).rejects.toThrow("--venue");
  expect(await scene.importOne(path, { ...VENUE, dryRun: true })).toMatchObject({ rows: 3, added: 2, refused: 1 });
  const report = await scene.importOne(path, VENUE);
  expect(report).toMatchObject({ format: "databento-definitions", rows: 3, added: 2, repeated: 0, refused: 1 });
  expect(report.refusals[0]?.examples[0]).toContain(
    '"ESU4-ESZ4" is not among the symbols of this import, and its terms',
  );
  const next = DEFINITION.replaceAll("1719792000000000000", "1719878400000000000").split("\n").slice(1).join("\n");
  const longer = scene.file("glbx-mdp3-20240701-20240702.definition.csv", DEFINITION + next);
  expect(await scene.importOne(longer, VENUE)).toMatchObject({ rows: 6, added: 2, repeated: 2, refused: 2 });
  const named = { ...VENUE, symbols: ["ESU4-ESZ4=ES-USD-SPOT"] };
  expect(await scene.importOne(path, named)).toMatchObject({ rows: 3, added: 1, repeated: 2, refused: 0 });
  const [rows] = await scene.sql(
    `SELECT venue, symbol, raw_symbol, tick_size::VARCHAR, json_extract(detail, '$.instrument_id')::INTEGER, count(*)::INTEGER
     FROM silver.status GROUP BY ALL ORDER BY raw_symbol`,
  );
  expect(rows).toEqual([
    ["cme", "ES-USD-FUT-20240920", "ESU4", "0.250000000000000000", 118, 2],
    ["cme", "ES-USD-SPOT", "ESU4-ESZ4", "0.050000000000000000", 900, 1],
    ["cme", "NQ-USD-FUT-20240920", "NQU4", "0.250000000000000000", 4358, 2],
  ]);
  expect(await differencesOf(scene)).toEqual([]);
});

test("a file of definitions names the instruments of files that only number them, packed or not", async () => {
  using scene = new ImportScene();
  const definitions = scene.file("definitions.csv", DEFINITION);
  const text = TRADES + trades(118, 0, 40) + trades(4358, 0, 10) + trades(77, 0, 5);
  const path = scene.file("trades.csv.zst", zstdCompressSync(text));
  await expect(scene.importOne(path, VENUE)).rejects.toThrow("nothing says which instrument");
  const report = await scene.importOne(path, { ...VENUE, definitionsPath: definitions });
  expect(report).toMatchObject({ format: "databento-trades", text: "trades.csv", rows: 55, added: 50, refused: 5 });
  expect(report.symbols).toEqual(["ES-USD-FUT-20240920", "NQ-USD-FUT-20240920"]);
  expect(await scene.importOne(path, { ...VENUE, definitionsPath: definitions })).toMatchObject({ state: "known" });
  const more = scene.file("more.csv", TRADES + trades(118, 20, 60));
  expect(await scene.importOne(more, { ...VENUE, definitionsPath: definitions })).toMatchObject({
    rows: 40,
    added: 20,
    repeated: 20,
  });
  const [rows] = await scene.sql(
    "SELECT raw_symbol, count(*)::INTEGER, min(flags) FROM silver.trades GROUP BY ALL ORDER BY 1",
  );
  expect(rows).toEqual([
    ["ESU4", 60, "syntheticId,contracts"],
    ["NQU4", 10, "syntheticId,contracts"],
  ]);
  expect(await differencesOf(scene)).toEqual([]);
});

test("best levels of CSV are books and quotes, and K2 derives them anew from what it kept", async () => {
  using scene = new ImportScene();
  const names = ["bid_px", "ask_px", "bid_sz", "ask_sz", "bid_ct", "ask_ct"];
  const header = Array.from({ length: 10 }, (_, rank) => names.map((name) => `${name}_0${rank}`));
  const row = (second: number): string => {
    const ns = START_NS + BigInt(second) * 1_000_000_000n;
    const levels = Array.from(
      { length: 10 },
      (_, rank) => `${5528 - rank}.000000000,${5529 + rank}.000000000,${1 + second},2,1,1`,
    );
    return `${ns},${ns - 900n},10,1,118,A,B,0,,0,128,0,${second},${levels.join(",")},ESU4\n`;
  };
  const text = `ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,depth,price,size,flags,ts_in_delta,sequence,${header.join(",")},symbol\n${row(0)}${row(1)}${row(2)}`;
  const options = { ...VENUE, symbols: ["ESU4=ES-USD-FUT-20240920"], format: "databento-books" };
  expect(await scene.importOne(scene.file("books.csv", text), options)).toMatchObject({
    rows: 3,
    added: 3,
    refused: 0,
  });
  const quotes = text
    .split("\n")
    .map((line) => line.replace(",10,1,118,", ",195,1,118,"))
    .join("\n");
  expect(await scene.importOne(scene.file("quotes.csv", quotes), { ...options, format: "auto" })).toMatchObject({
    format: "databento-quotes",
    rows: 3,
    added: 3,
  });
  const [told, changes] = await scene.sql(
    `SELECT epoch_us(ts_recv)::VARCHAR, bid_price::VARCHAR, bid_size::VARCHAR, ask_price::VARCHAR, flags FROM silver.quotes
     WHERE connection LIKE 'import-databento-quotes/%' ORDER BY 1`,
    "SELECT count(*)::INTEGER, max(depth) FROM silver.book_changes",
  );
  expect(told).toEqual(
    [0, 1, 2].map((second) => [
      `${US + second * 1_000_000}`,
      "5528.00000000",
      `${second + 1}.00000000`,
      "5529.00000000",
      "",
    ]),
  );
  expect(changes).toEqual([[60, 10]]);
  const { checks } = await verify(scene.config);
  expect(checks.flatMap(({ differences }) => differences)).toEqual([]);
  expect(checks.find(({ name }) => name === "books are what the frames say")?.detail).toMatch(
    /^\d+ quotes, 60 book changes/,
  );
});

const FOLDER = "book-l3/databento";
const REAL_TRADES = sharedData(`${FOLDER}/futures_trades_2024-07-01T23-58_2024-07-02T00-02.dbn.zst`);
const REAL_BARS = sharedData(`${FOLDER}/futures_ohlcv-1m_2024-07-01T23-40_2024-07-02T00-10.dbn.zst`);
const REAL_DEFINITIONS = sharedData(`${FOLDER}/futures_definition.dbn.zst`);

test.skipIf(REAL_TRADES === undefined || REAL_BARS === undefined || REAL_DEFINITIONS === undefined)(
  "ES of 2024-07-01: two definitions, which name the 120 trades; the 60 bars of the vendor equal those that K2 makes",
  async () => {
    using scene = new ImportScene();
    const definitionsPath = REAL_DEFINITIONS ?? "";
    expect(await scene.importOne(definitionsPath, VENUE)).toMatchObject({ rows: 2, added: 2, refused: 0 });
    expect(await scene.importOne(REAL_TRADES ?? "", { ...VENUE, definitionsPath })).toMatchObject({ added: 120 });
    expect(await scene.importOne(REAL_BARS ?? "", { ...VENUE, definitionsPath })).toMatchObject({
      format: "databento-bars",
      rows: 60,
      added: 60,
      refused: 0,
    });
    const [compared] = await scene.sql(
      `WITH made AS (SELECT * FROM gold.bars WHERE "interval" = '1m'
         QUALIFY row_number() OVER (PARTITION BY symbol, "start" ORDER BY revision DESC) = 1)
       SELECT count(*)::INTEGER, count(*) FILTER (m.open = c.open AND m.high = c.high AND m.low = c.low AND m.close = c.close
         AND m.volume = c.volume)::INTEGER
       FROM made m JOIN silver.candles c USING (venue, symbol, "interval", "start")`,
    );
    expect(compared).toEqual([[4, 4]]);
    expect(await differencesOf(scene)).toEqual([]);
  },
);
