import { expect, test } from "vitest";
import { verify } from "../verify.ts";
import { ImportScene } from "./test-support.ts";

const HEADER = "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional\n";

/** Trades as Bybit's archive of contracts writes them: an id is a text that says nothing of its time. */
function rows(from: number, to: number, price = "42000.5"): string {
  const lines: string[] = [];
  for (let index = from; index < to; index += 1) {
    const id = `${((index * 2_654_435_761) % 4_294_967_296).toString(16).padStart(8, "0")}-0000-5000-8000-${index.toString(16).padStart(12, "0")}`;
    lines.push(
      `${1_704_067_200 + index / 100},BTCUSDT,${index % 3 === 0 ? "Buy" : "Sell"},0.001,${price},ZeroPlusTick,${id},1,0.001,42\n`,
    );
  }
  return HEADER + lines.join("");
}

/** More than the pipeline remembers of a listing; a million was seen to pass, too. */
const ALL = Number(process.env["K2_TEXT_IDS"] ?? 250_000);
const SYMBOL = { symbols: ["BTC-USDT-PERP"] };
const COUNTS = "SELECT count(*), count(DISTINCT trade_id) FROM silver.trades";

test(`of ${ALL} text ids none is added again by other files that overlap, and verify holds`, async () => {
  using scene = new ImportScene();
  const first = await scene.importOne(scene.file("BTCUSDT2024-01-01.csv", rows(0, ALL)), SYMBOL);
  expect(first).toMatchObject({ format: "bybit-trades", rows: ALL, added: ALL, repeated: 0, refused: 0 });
  // The oldest, long out of the window of what the pipeline remembers, and some that are new.
  const old = await scene.importOne(scene.file("BTCUSDT2024-01-02.csv", rows(0, 30_000)), SYMBOL);
  expect(old).toMatchObject({ rows: 30_000, added: 0, repeated: 30_000, refused: 0 });
  const mixed =
    rows(ALL / 2, ALL / 2 + 10_000) +
    rows(ALL, ALL + 10).slice(HEADER.length) +
    rows(1000, 1002, "9").slice(HEADER.length);
  const other = await scene.importOne(scene.file("BTCUSDT2024-01-03.csv", mixed), SYMBOL);
  expect(other).toMatchObject({ rows: 10_012, added: 10, repeated: 10_000, refused: 2 });
  expect(other.refusals).toMatchObject([{ reason: "conflicting_duplicate", count: 2 }]);
  expect(await scene.sql(COUNTS)).toEqual([[[`${ALL + 10}`, `${ALL + 10}`]]]);
  expect((await verify(scene.config)).checks.flatMap(({ differences }) => differences)).toEqual([]);
}, 600_000);
