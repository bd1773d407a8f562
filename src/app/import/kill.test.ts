import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { verify } from "../verify.ts";
import { ImportScene, LATEST_BARS, spotRows } from "./test-support.ts";

const LAUNCHER = fileURLToPath(new URL("../../../bin/k2.js", import.meta.url));
const TOPIC = "raw.import-binance-trades";
/** Some batches of what is appended at once. */
const ROWS = 160_000;

/** Imports in a process of its own, and kills that as soon as the raw log holds so many records. */
async function killedAt(
  scene: ImportScene,
  path: string,
  { records, topic = TOPIC }: { readonly records: number; readonly topic?: string },
): Promise<void> {
  const args = ["import", path, "--config", scene.file("k2.json", JSON.stringify({ feeds: scene.config.feeds }))];
  const child = spawn(process.execPath, [LAUNCHER, ...args, "--data", scene.config.data], { stdio: "ignore" });
  const ended = once(child, "close");
  await scene.untilRecords(topic, records, child);
  child.kill("SIGKILL");
  const [, signal] = await ended;
  expect(signal).toBe("SIGKILL");
}

test("killed three times in the middle, an import of trades ends with every row once and the bars of an undisturbed one", async () => {
  using killed = new ImportScene();
  using calm = new ImportScene();
  const text = spotRows(ROWS);
  const path = killed.file("BTCUSDT-trades-2025-01-01.csv", text);
  for (const records of [1, 60, 110]) await killedAt(killed, path, { records });
  const last = await killed.importOne(path);
  // On a busy machine a kill may come when the raw log has all of it: what is left is to derive and to land it.
  expect(["resumed", "imported", "known"]).toContain(last.state);
  await calm.import([calm.file("BTCUSDT-trades-2025-01-01.csv", text)]);
  const statements = [
    `SELECT count(*), count(DISTINCT trade_id),
       md5(string_agg(concat_ws(' ', trade_id, price, size, side, epoch_us(ts_event)), ',' ORDER BY trade_id)) FROM silver.trades`,
    LATEST_BARS,
  ];
  const [trades, bars] = await killed.sql(...statements);
  expect(trades?.[0]?.slice(0, 2)).toEqual([String(ROWS), String(ROWS)]);
  expect([trades, bars]).toEqual(await calm.sql(...statements));
  const [pieces] = await killed.sql(
    "SELECT decode(payload) FROM bronze.frames WHERE kind = 'received' ORDER BY _offset",
  );
  const bodies = pieces?.map(([payload]) => String(payload)).map((payload) => payload.slice(payload.indexOf("\n") + 1));
  expect(bodies?.join("") === text).toBe(true);
  expect((await verify(killed.config)).checks.flatMap(({ differences }) => differences)).toEqual([]);
}, 600_000);

const START_US = 1_735_689_600_000_000;

/** Changed levels in Tardis' grammar: a book of two levels a side, then a message a tenth of a second. */
function levelRows(count: number): string {
  let text = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n";
  for (let row = 0; row < count; row += 1) {
    const isSnapshot = row < 4;
    const us = START_US + (isSnapshot ? 0 : Math.floor(row / 2) * 100_000);
    const price = row % 2 === 0 ? 42_000 - (Math.floor(row / 2) % 7) : 42_001 + (Math.floor(row / 2) % 5);
    const size = !isSnapshot && row % 11 === 0 ? "0" : `${(row % 100) + 1}.5`;
    text += `binance,BTCUSDT,${us - 500},${us},${isSnapshot},${row % 2 === 0 ? "bid" : "ask"},${price},${size}\n`;
  }
  return text;
}

/** Candles of a second in Binance's grammar. */
function candleRows(count: number): string {
  let text = "";
  for (let row = 0; row < count; row += 1) {
    const open = START_US + row * 1_000_000;
    text += `${open},93000.${row % 100},93001,92999,93000.5,1.${row % 1000},${open + 999_999},93000,7,0.5,46500,0\n`;
  }
  return text;
}

const LEVELS = `SELECT count(*), md5(string_agg(concat_ws(' ', epoch_us(ts_recv), side, price, size, action, flags), ','
  ORDER BY ts_recv, _offset, level_index)) FROM silver.book_changes`;
const QUOTES = `SELECT count(*), md5(string_agg(concat_ws(' ', epoch_us(ts_recv), bid_price, bid_size, ask_price, ask_size), ','
  ORDER BY ts_recv, _offset)) FROM silver.quotes`;
const GAPS = "SELECT cause, state, epoch_us(from_ts)::VARCHAR FROM silver.gaps ORDER BY _offset";
const CANDLES = `SELECT count(*), count(DISTINCT "start"), md5(string_agg(concat_ws(' ', epoch_us("start"), open, close, volume), ','
  ORDER BY "start")) FROM silver.candles`;

test.each([
  {
    what: "a book",
    name: "binance_incremental_book_L2_2025-01-01_BTCUSDT.csv",
    text: levelRows(40_000),
    format: "tardis-incremental-book-l2",
    statements: [LEVELS, QUOTES, GAPS],
  },
  {
    what: "candles",
    name: "BTCUSDT-1s-2025-01-01.csv",
    text: candleRows(20_000),
    format: "binance-klines",
    statements: [CANDLES],
  },
])(
  "killed twice in the middle, an import of $what ends as an undisturbed one",
  async (file) => {
    using killed = new ImportScene();
    using calm = new ImportScene();
    const path = killed.file(file.name, file.text);
    for (const records of [1, 12]) await killedAt(killed, path, { records, topic: `raw.import-${file.format}` });
    const last = await killed.importOne(path);
    expect(last).toMatchObject({ format: file.format, refused: 0 });
    await calm.import([calm.file(file.name, file.text)]);
    const found = await killed.sql(...file.statements);
    expect(Number(found[0]?.[0]?.[0])).toBeGreaterThan(19_999);
    expect(found).toEqual(await calm.sql(...file.statements));
    expect((await verify(killed.config)).checks.flatMap(({ differences }) => differences)).toEqual([]);
  },
  600_000,
);
