import { expect, test } from "vitest";
import { silentLogger } from "../../base/index.ts";
import { openLog } from "../../log/index.ts";
import { dataFolderPaths } from "../data-folder.ts";
import { verify } from "../verify.ts";
import { ImportScene, LATEST_BARS, spotRows } from "./test-support.ts";

const SPOT = "BTCUSDT-trades-2025-01-01.csv";
/** What `_raw_offset` of a frame's rows is, and other facts of the run, must not matter. */
const TRADES =
  "SELECT concat_ws(' ', venue, symbol, trade_id, price, size, side, epoch_us(ts_event), source) FROM silver.trades ORDER BY 1";

test("a file's trades and bars are in the lake once; imported again it adds nothing, and verify holds", async () => {
  using scene = new ImportScene();
  const path = scene.file(SPOT, `${spotRows(3000)}4300009999,x,1,1,1735689600000000,True,True\n`);
  const first = await scene.importOne(path);
  expect(first).toMatchObject({
    state: "imported",
    format: "binance-trades",
    symbols: ["BTC-USDT-SPOT"],
    rows: 3001,
    added: 3000,
    repeated: 0,
    refused: 1,
    fromRow: 1,
    firstUs: 1_735_689_600_000_000,
    barsRevised: 0,
  });
  expect(first.refusals).toMatchObject([{ reason: "malformed", count: 1 }]);
  expect(first.refusals[0]?.examples[0]).toContain('row 3001: column "price" is "x"');
  expect(await scene.importOne(path)).toMatchObject({ state: "known", rows: 0, added: 0, repeated: 0 });
  const [trades, quarantine, frames, gaps, minutes] = await scene.sql(
    "SELECT count(*), count(DISTINCT trade_id), min(source), max(source) FROM silver.trades",
    "SELECT reason, decode(payload), feed FROM silver.quarantine",
    "SELECT kind, count(*) FROM bronze.frames GROUP BY ALL ORDER BY 1",
    "SELECT count(*) FROM silver.gaps",
    `SELECT count(*), sum(trades) FROM gold.bars WHERE "interval" = '1d'`,
  );
  expect(trades).toEqual([["3000", "3000", "import", "import"]]);
  expect(quarantine).toEqual([["malformed", "4300009999,x,1,1,1735689600000000,True,True", "import-binance-trades"]]);
  expect(frames?.map(([kind]) => kind)).toEqual(["closed", "opened", "received"]);
  expect(gaps).toEqual([["0"]]);
  expect(minutes).toEqual([["1", "3000"]]); // The day has passed, so its bar is closed, though nothing came after.
  expect((await verify(scene.config)).checks.flatMap(({ differences }) => differences)).toEqual([]);
});

test("an interior hole is filled, repeats are dropped, and the bars are those of the whole", async () => {
  using whole = new ImportScene();
  using holed = new ImportScene();
  await whole.import([whole.file(SPOT, spotRows(2000))]);
  await holed.import([holed.file("BTCUSDT-trades-2025-01-02.csv", spotRows(700) + spotRows(800, 1200))]);
  const filled = await holed.importOne(holed.file(SPOT, spotRows(2000)));
  expect(filled).toMatchObject({ added: 500, repeated: 1500, refused: 0 });
  expect(filled.barsRevised).toBeGreaterThan(0);
  const statements = [TRADES, LATEST_BARS];
  expect(await holed.sql(...statements)).toEqual(await whole.sql(...statements));
});

test("history older than what there is goes before it, file by file in any order", async () => {
  using forward = new ImportScene();
  using backward = new ImportScene();
  const parts = [spotRows(900), spotRows(900, 900), spotRows(900, 1800)];
  const paths = (scene: ImportScene): string[] =>
    parts.map((text, index) => scene.file(`BTCUSDT-trades-2025-01-0${index + 1}.csv`, text));
  await forward.import(paths(forward));
  for (const path of paths(backward).reverse()) await backward.import([path]);
  const statements = [TRADES, LATEST_BARS];
  expect(await backward.sql(...statements)).toEqual(await forward.sql(...statements));
});

test("stopped in the middle it goes on behind what was written, and every byte is in the raw log once", async () => {
  using scene = new ImportScene();
  const text = spotRows(60_000);
  const path = scene.file(SPOT, text);
  const stop = new AbortController();
  const stopping = scene.import([path], { signal: stop.signal, onProgress: () => stop.abort() });
  await expect(stopping).rejects.toThrow("This operation was aborted");
  const rest = await scene.importOne(path);
  expect(rest.state).toBe("resumed");
  expect(rest.fromRow).toBeGreaterThan(1);
  expect(rest.rows).toBe(60_000 - (rest.fromRow ?? 0) + 1);
  expect(rest.refused).toBe(0);
  const [trades, pieces] = await scene.sql(
    "SELECT count(*), count(DISTINCT trade_id) FROM silver.trades",
    "SELECT decode(payload) FROM bronze.frames WHERE kind = 'received' ORDER BY _offset",
  );
  expect(trades).toEqual([["60000", "60000"]]);
  const bodies = pieces?.map(([payload]) => String(payload)).map((payload) => payload.slice(payload.indexOf("\n") + 1));
  expect(bodies?.join("") === text).toBe(true);
});

test("a dry run reads and checks everything and makes no data folder", async () => {
  using scene = new ImportScene();
  const path = scene.file(SPOT, `${spotRows(500)}${spotRows(10)}1,2\n`);
  expect(await scene.importOne(path, { dryRun: true })).toMatchObject({
    state: "dry-run",
    rows: 511,
    added: 500,
    repeated: 10,
    refused: 1,
  });
  await expect(scene.sql("SELECT 1")).rejects.toThrow("No data in");
});

test("while a K2 runs on the data folder nothing is imported, and the error says what to do", async () => {
  using scene = new ImportScene();
  const folder = dataFolderPaths(scene.config);
  await using log = await openLog({ folder: folder.log, logger: silentLogger });
  await expect(scene.import([scene.file(SPOT, spotRows(10))])).rejects.toThrow(/writes to .* now.*Stop it/s);
  expect(await log.topics()).toEqual([]);
});

test("files that cannot be told, read or named are refused before anything is written", async () => {
  using scene = new ImportScene();
  const refusals: readonly (readonly [name: string, text: string, message: string])[] = [
    ["trades.csv", "1,2\n", "Cannot tell by its name what trades.csv holds"],
    ["ADAUSDT-trades-2021-03-01.csv", spotRows(1), "nothing says which instrument ADAUSDT is"],
    ["20131007_bac_minute_quote.csv", "14400000,1,1,1,1,7,1,1,1,1,7\n", "nothing says which instrument bac is"],
    ["binance_book_snapshot_25_2020-01-01_BTCUSDT.csv", "1\n", 'column "exchange" is missing'],
    ["deribit_options_chain_2020-01-01_OPTIONS.csv", "1\n", "Tardis' option chains"],
    ["BTCUSDT2020-03-25.csv", "timestamp,symbol,side,size\n", "nothing says which instrument BTCUSDT is"],
  ];
  for (const [name, text, message] of refusals)
    await expect(scene.import([scene.file(name, text)]), name).rejects.toThrow(message);
  const noColumn = scene.file("ETHUSDT2020-03-25.csv", "timestamp,symbol,side,size\n1,ETHUSDT,Buy,1\n");
  await expect(scene.import([noColumn], { symbols: ["ETH-USDT-PERP"] })).rejects.toThrow('column "price" is missing');
  await expect(scene.import([`${scene.folder}/absent.csv`])).rejects.toThrow("Cannot read");
});
