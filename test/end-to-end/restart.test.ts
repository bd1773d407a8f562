import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { playCaptures, rowsOf, type Scene, temporaryFolder } from "./harness.ts";

const START_MS = 1_786_309_548_000;
/** More seconds than bars of one second are kept in memory. */
const SECONDS = 200;

interface Print {
  readonly id: number;
  readonly timeMs: number;
  readonly price: string;
}

/** Plays trades of one symbol to a K2 in the folder, each received when it happened or at `receivedMs`. */
function play(folder: string, prints: readonly Print[], receivedMs?: number): Promise<Scene> {
  const path = join(folder, "capture.jsonl");
  const lines = prints.map(({ id, timeMs, price }) => {
    const data = `{"stream":"btcusdt@trade","data":{"e":"trade","E":${timeMs},"s":"BTCUSDT","t":${id},"p":"${price}","q":"2","T":${timeMs},"m":false,"M":true}}`;
    return `${JSON.stringify({ t: "recv", conn: "binance", ts: (receivedMs ?? timeMs) / 1000, data })}\n`;
  });
  writeFileSync(path, lines.join(""));
  return playCaptures({ captures: [{ feed: "binance", paths: [path], symbols: ["BTC-USDT-SPOT"] }], folder });
}

test("the first frame after a restart may be a trade of a bar that only the lake has: the bar is revised", async () => {
  using folder = temporaryFolder();
  const prints = Array.from({ length: SECONDS }, (_, second) => ({
    id: 1000 + second,
    timeMs: START_MS + second * 1000,
    price: String(100 + second),
  }));
  await using first = await play(folder.path, prints);
  await first[Symbol.asyncDispose]();

  const late = { id: 999, timeMs: START_MS + 500, price: "500" };
  await using second = await play(folder.path, [late], START_MS + (SECONDS + 60) * 1000);
  const [bar] = await rowsOf(
    second.k2,
    `SELECT open, high, close, volume, trades, revision, cause FROM gold.bars
     WHERE "interval" = '1s' ORDER BY start, revision DESC LIMIT 1`,
  );
  expect(bar).toEqual({
    open: "100.00000000",
    high: "500.00000000",
    close: "500.00000000",
    volume: "4.00000000",
    trades: "2",
    revision: 1,
    cause: "late",
  });
  await second[Symbol.asyncDispose]();
});

test("a K2 that nothing is sent to after a restart stops at once", async () => {
  using folder = temporaryFolder();
  await using first = await play(folder.path, [{ id: 1, timeMs: START_MS, price: "1" }]);
  await first[Symbol.asyncDispose]();
  await using second = await play(folder.path, []);
  await second[Symbol.asyncDispose]();
});

/** Raw records that are in the lake and that are not: none is counted as both. */
async function recordsOf({ k2 }: Scene): Promise<{ readonly landed: number; readonly unlanded: number }> {
  for (;;) {
    const unlanded = await k2.unlanded();
    const [row] = await rowsOf(k2, "SELECT count(*)::INT AS n FROM bronze.frames");
    if ((await k2.unlanded()) === unlanded) return { landed: Number(row?.["n"]), unlanded };
  }
}

test("how much is not in the lake yet is known; a clean stop leaves nothing", async () => {
  using folder = temporaryFolder();
  const prints = Array.from({ length: SECONDS }, (_, second) => ({
    id: 1000 + second,
    timeMs: START_MS + second * 1000,
    price: "100",
  }));
  await using first = await play(folder.path, prints);
  const { landed, unlanded } = await recordsOf(first);
  expect(landed + unlanded).toBeGreaterThan(SECONDS);
  await first[Symbol.asyncDispose]();
  await using second = await play(folder.path, []);
  const after = await recordsOf(second);
  expect(after.landed).toBeGreaterThanOrEqual(landed + unlanded);
  expect(after.unlanded).toBeLessThan(SECONDS);
  await second[Symbol.asyncDispose]();
});
