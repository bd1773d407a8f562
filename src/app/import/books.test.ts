import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import { openOffline } from "../offline.ts";
import { verify } from "../verify.ts";
import { ImportScene } from "./test-support.ts";

/*
 * The grammar of https://docs.tardis.dev/downloadable-csv-files, rows of our own.
 */
const L2_HEADER = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n";
const L2_NAME = "binance_incremental_book_L2_2024-01-01_BTCUSDT.csv";
const START_US = 1_704_067_200_000_000;
const SYMBOLS = { symbols: ["BTC-USDT-SPOT"] };

function l2(second: number, side: string, level: string, isSnapshot = false): string {
  const us = START_US + second * 1_000_000;
  return `binance,BTCUSDT,${us - 2500},${us},${isSnapshot},${side},${level}\n`;
}

const SNAPSHOT = [
  l2(0, "bid", "42000.1,1.5", true),
  l2(0, "bid", "42000,2", true),
  l2(0, "ask", "42000.2,0.75", true),
  l2(0, "ask", "42001,3", true),
].join("");

/** A message a second: the best bid's size, and every third one takes a level away or brings it back. */
function changes(from: number, to: number): string {
  let text = "";
  for (let second = from; second < to; second += 1) {
    text += l2(second, "bid", `42000.1,${(1 + (second % 50) / 100).toFixed(2)}`);
    if (second % 3 === 0) text += l2(second, "ask", `42001,${second % 2 === 0 ? "0" : "3"}`);
  }
  return text;
}

async function bookAt(scene: ImportScene, second: number): Promise<string> {
  await using offline = await openOffline(scene.config);
  const atUs = START_US + second * 1_000_000;
  const { bids, asks } = await offline.query.book({ symbol: "BTC-USDT-SPOT", venue: "binance", atUs, depth: 5 });
  const text = (rows: typeof bids): string => rows.map(({ price, size }) => `${price}×${size}`).join(" ");
  return `${text(bids)} | ${text(asks)}`;
}

const LEVELS = `SELECT epoch_us(ts_recv)::VARCHAR, side, price::VARCHAR, size::VARCHAR, action FROM silver.book_changes
  ORDER BY ts_recv, _offset, level_index`;

test("Tardis' changed levels are a book at every time of the file, and after its end there is none", async () => {
  using scene = new ImportScene();
  const text = `${L2_HEADER}${SNAPSHOT}${changes(1, 200)}`;
  const rows = text.trim().split("\n").length - 1;
  const path = scene.file(L2_NAME, text);
  expect(await scene.importOne(path, { ...SYMBOLS, dryRun: true })).toMatchObject({
    state: "dry-run",
    rows,
    added: rows,
  });
  expect(await scene.importOne(path, SYMBOLS)).toMatchObject({
    format: "tardis-incremental-book-l2",
    state: "imported",
    rows,
    added: rows,
    repeated: 0,
    refused: 0,
    firstUs: START_US,
    lastUs: START_US + 199_000_000,
  });
  expect(await scene.importOne(path, SYMBOLS)).toMatchObject({ state: "known", rows: 0 });
  expect(await bookAt(scene, 0)).toBe("42000.1×1.5 42000×2 | 42000.2×0.75 42001×3");
  expect(await bookAt(scene, 3.5)).toBe("42000.1×1.03 42000×2 | 42000.2×0.75 42001×3");
  expect(await bookAt(scene, 6)).toBe("42000.1×1.06 42000×2 | 42000.2×0.75");
  expect(await bookAt(scene, 199)).toBe("42000.1×1.49 42000×2 | 42000.2×0.75");
  await expect(bookAt(scene, 200)).rejects.toThrow("the file ends here");
  const [levels, frames, quotes] = await scene.sql(
    "SELECT count(*), min(source), min(connection LIKE 'import-tardis-incremental-book-l2/%') FROM silver.book_changes",
    "SELECT kind, count(*) FROM bronze.frames GROUP BY ALL ORDER BY 1",
    "SELECT count(*), max(bid_price)::VARCHAR, min(flags) FROM silver.quotes",
  );
  expect(levels).toEqual([[String(rows), "import", true]]);
  expect(frames?.map(([kind]) => kind)).toEqual(["closed", "opened", "received"]);
  expect(quotes).toEqual([["200", "42000.10000000", "derived"]]);
  expect((await verify(scene.config)).checks.flatMap(({ differences }) => differences)).toEqual([]);
});

test("imported books are derived anew; where they would come out otherwise, the listing and the table are named", async () => {
  using scene = new ImportScene();
  await scene.importOne(scene.file(L2_NAME, `${L2_HEADER}${SNAPSHOT}${changes(1, 200)}`), SYMBOLS);
  const { checks } = await verify(scene.config);
  expect(checks.flatMap(({ differences }) => differences)).toEqual([]);
  const books = checks.find(({ name }) => name === "books are what the frames say");
  expect(books?.detail).toMatch(/^200 quotes, \d+ book changes, \d+ book snapshots, 0 orders/);
  const shallow = { ...scene.config, books: { ...scene.config.books, snapshotDepth: 1 } };
  const differences = (await verify(shallow)).checks.flatMap((check) => check.differences);
  expect(differences.map((text) => text.split(":")[0])).toEqual(["binance|BTCUSDT"]);
  expect(differences[0]).toContain("book_snapshots rows");
});

test("a file that overlaps another of its format adds what lies before and behind it, and the book goes through", async () => {
  using scene = new ImportScene();
  using whole = new ImportScene();
  const middle = `${L2_HEADER}${l2(50, "bid", "42000.1,1.5", true)}${l2(50, "ask", "42000.2,0.75", true)}${changes(51, 100)}`;
  const all = `${L2_HEADER}${SNAPSHOT}${changes(1, 200)}`;
  await scene.importOne(scene.file(`${L2_NAME}.gz`, gzipSync(middle)), SYMBOLS);
  const rowsWithin = changes(50, 100).trim().split("\n").length;
  const report = await scene.importOne(scene.file(L2_NAME, all), SYMBOLS);
  expect(report).toMatchObject({ repeated: rowsWithin, refused: 0 });
  expect(report.added + report.repeated).toBe(report.rows);
  expect(
    await scene.importOne(scene.file(`again_${L2_NAME}`, `${all}\n`), {
      ...SYMBOLS,
      format: "tardis-incremental-book-l2",
    }),
  ).toMatchObject({ added: 0, repeated: report.rows, refused: 0 });
  await whole.importOne(whole.file(L2_NAME, all), SYMBOLS);
  for (const second of [20, 49, 100, 101, 150])
    expect(await bookAt(scene, second), String(second)).toBe(await bookAt(whole, second));
  const [times] = await scene.sql("SELECT count(DISTINCT ts_recv), count(*) FROM silver.book_changes");
  const [expected] = await whole.sql(LEVELS);
  expect(times).toEqual([["200", String((expected ?? []).length - rowsWithin + middle.trim().split("\n").length - 1)]]);
});

test("a row that cannot be read is kept with its reason, and the book is not proven until the next snapshot", async () => {
  using scene = new ImportScene();
  const later = [l2(11, "bid", "41999,1", true), l2(11, "ask", "42002,1", true)].join("");
  const text = `${L2_HEADER}${SNAPSHOT}${changes(1, 4)}${l2(4, "bid", "forty-two,1")}${changes(5, 10)}${later}${changes(12, 14)}`;
  const report = await scene.importOne(scene.file(L2_NAME, text), SYMBOLS);
  expect(report).toMatchObject({ refused: 1, repeated: 0 });
  expect(report.refusals[0]?.examples[0]).toContain('row 10: column "price" is "forty-two", not a decimal number');
  await expect(bookAt(scene, 6)).rejects.toThrow("not proven");
  expect(await bookAt(scene, 11)).toBe("41999×1 | 42002×1");
  const [quarantine] = await scene.sql("SELECT stage, reason, raw_symbol, decode(payload) FROM silver.quarantine");
  expect(quarantine).toEqual([["book", "malformed", "BTCUSDT", l2(4, "bid", "forty-two,1").trim()]]);
});

test("Tardis' quotes and best levels; a side that is empty is none", async () => {
  using scene = new ImportScene();
  const quotes = `exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount
binance,BTCUSDT,${START_US},${START_US + 10},0.5,42001,42000,1.25
binance,BTCUSDT,${START_US},${START_US + 20},,,42000,1.25
binance,BTCUSDT,${START_US},${START_US + 30},,,42000,1.25
`;
  const header = Array.from(
    { length: 5 },
    (_, rank) => `asks[${rank}].price,asks[${rank}].amount,bids[${rank}].price,bids[${rank}].amount`,
  );
  const ladder = (us: number, levels: number): string =>
    `binance,BTCUSDT,${us},${us + 10},${Array.from({ length: 5 }, (_, rank) => (rank < levels ? `${42_001 + rank},1,${42_000 - rank},2` : ",,,")).join(",")}\n`;
  const snapshots = `exchange,symbol,timestamp,local_timestamp,${header.join(",")}\n${ladder(START_US, 5)}${ladder(START_US + 999_990, 2)}`;
  const { texts } = await scene.import(
    [
      scene.file("binance_quotes_2024-01-01_BTCUSDT.csv.gz", gzipSync(quotes)),
      scene.file("binance_book_snapshot_5_2024-01-01_BTCUSDT.csv.gz", gzipSync(snapshots)),
    ],
    SYMBOLS,
  );
  expect(texts.map(({ format, rows, added }) => [format, rows, added])).toEqual([
    ["tardis-quotes", 3, 3],
    ["tardis-book-snapshot-5", 2, 2],
  ]);
  const [told, book] = await scene.sql(
    "SELECT epoch_us(ts_recv)::VARCHAR, bid_price::VARCHAR, ask_price::VARCHAR FROM silver.quotes WHERE flags = '' ORDER BY 1",
    "SELECT count(*), max(depth) FROM silver.book_changes",
  );
  expect(told).toEqual([
    [`${START_US + 10}`, "42000.00000000", "42001.00000000"],
    [`${START_US + 20}`, "42000.00000000", null],
  ]);
  expect(book).toEqual([["14", 5]]);
  expect(await bookAt(scene, 1)).toBe("42000×2 41999×2 | 42001×1 42002×1");
});

test("Bybit's archive of messages is read by the reader of its feed: a number that is missing breaks the proof", async () => {
  using scene = new ImportScene();
  const line = (second: number, type: string, u: number, b: string, a: string): string =>
    `{"topic":"orderbook.500.BTCUSDT","type":"${type}","ts":${START_US / 1000 + second * 1000},"data":{"s":"BTCUSDT","b":[${b}],"a":[${a}],"u":${u},"seq":${u * 7}},"cts":${START_US / 1000 + second * 1000 + 3}}\n`;
  const text =
    line(0, "snapshot", 10, '["42000","1"]', '["42001","2"]') +
    line(1, "delta", 11, '["42000","3"]', "") +
    line(2, "delta", 13, '["42000","9"]', "") +
    line(3, "snapshot", 20, '["41990","1"]', '["41991","2"]');
  const path = scene.file("2024-01-01_BTCUSDT_ob500.data", text);
  const report = await scene.importOne(path, { symbols: ["BTC-USDT-PERP"], format: "bybit-contracts-books" });
  expect(report).toMatchObject({ rows: 4, added: 4, refused: 0 });
  const [snapshots, gaps] = await scene.sql(
    "SELECT DISTINCT venue, epoch_us(ts_recv)::VARCHAR, continuity FROM silver.book_snapshots ORDER BY 2",
    "SELECT cause, state FROM silver.gaps ORDER BY _offset",
  );
  expect(snapshots).toEqual([
    ["bybit-linear", `${START_US + 3000}`, "proven"],
    ["bybit-linear", `${START_US + 3_003_000}`, "proven"],
  ]);
  expect(gaps).toEqual([
    ["missed", "open"],
    ["missed", "closed"],
    ["shutdown", "open"],
  ]);
});

const BHP = sharedData("ticks/asx-2014/quotes/7078.csv.gz");

test.skipIf(BHP === undefined)(
  "BHP on the ASX: 77,849 quotes, five of them without a bid or an ask, 1,933 locked or crossed",
  async () => {
    using scene = new ImportScene();
    const report = await scene.importOne(BHP ?? "", { symbols: ["BHP-XASX-EQ"] });
    expect(report).toMatchObject({ format: "asx-quotes", rows: 77_849, added: 77_849, repeated: 0, refused: 0 });
    const [counts] = await scene.sql(
      `SELECT count(*) FILTER (bid_price IS NULL OR ask_price IS NULL), count(*) FILTER (flags <> '') FROM silver.quotes`,
    );
    expect(counts).toEqual([["5", "1933"]]);
  },
);
