import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type LogReader, openLogReader } from "../../log/index.ts";
import { dataFolderPaths } from "../data-folder.ts";
import { verify } from "../verify.ts";
import { ImportScene, LATEST_BARS, spotRows } from "./test-support.ts";

const LAUNCHER = fileURLToPath(new URL("../../../bin/k2.js", import.meta.url));
const TOPIC = "raw.import-binance-trades";
const ROWS = 60_000;

/** Imports in a process of its own, and kills that as soon as the raw log holds so many records. */
async function killedAt(scene: ImportScene, path: string, records: number): Promise<void> {
  const args = ["import", path, "--config", scene.file("k2.json", JSON.stringify({ feeds: scene.config.feeds }))];
  const child = spawn(process.execPath, [LAUNCHER, ...args, "--data", scene.config.data], { stdio: "ignore" });
  const ended = once(child, "close");
  while ((await recordsIn(scene)) < records && child.exitCode === null) await pause(5);
  child.kill("SIGKILL");
  const [, signal] = await ended;
  expect(signal).toBe("SIGKILL");
}

async function recordsIn(scene: ImportScene): Promise<number> {
  let log: LogReader;
  try {
    log = await openLogReader({ folder: dataFolderPaths(scene.config).log });
  } catch {
    return 0; // It is being made.
  }
  try {
    const [bounds] = await log.bounds(TOPIC);
    return bounds?.endOffset ?? 0;
  } catch {
    return 0;
  } finally {
    await log[Symbol.asyncDispose]();
  }
}

test("killed three times in the middle, an import ends with every row once and the bars of an undisturbed one", async () => {
  using killed = new ImportScene();
  using calm = new ImportScene();
  const text = spotRows(ROWS);
  const path = killed.file("BTCUSDT-trades-2025-01-01.csv", text);
  for (const records of [1, 20, 40]) await killedAt(killed, path, records);
  const last = await killed.importOne(path);
  expect(["resumed", "imported"]).toContain(last.state);
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
}, 240_000);
