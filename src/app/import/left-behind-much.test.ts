import { spawn } from "node:child_process";
import { once } from "node:events";
import { platform } from "node:os";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { verify } from "../verify.ts";
import { ImportScene, spotRows } from "./test-support.ts";

const LAUNCHER = fileURLToPath(new URL("../../../bin/k2.js", import.meta.url));
const START = fileURLToPath(new URL("./start-k2.program.ts", import.meta.url));
/** 1,600,000 were seen to pass, too. */
const ROWS = Number(process.env["K2_LEFT_BEHIND_ROWS"] ?? 250_000);
const HEAP_MB = 160;
/** Of which DuckDB may use twice 256 MiB: the store's rows, and the frames that are sorted. */
const RESIDENT_MIB_MAX = 1_100;
const STEP = 100_000;

test.skipIf(platform() !== "linux")(
  `what an import of ${ROWS} rows left behind when it was killed is landed within bounded memory by the next K2`,
  async () => {
    using scene = new ImportScene();
    const parts: string[] = [];
    for (let from = 0; from < ROWS; from += STEP) parts.push(spotRows(Math.min(STEP, ROWS - from), from, 20_000));
    const path = scene.file("BTCUSDT-trades-2025-01-01.csv", parts.join(""));
    await killedNearTheEnd(scene, path);
    const peakMib = await startedAnew(scene);
    expect(peakMib).toBeGreaterThan(0);
    expect(peakMib).toBeLessThan(RESIDENT_MIB_MAX);
    const last = await scene.importOne(path);
    expect(["resumed", "known"]).toContain(last.state);
    const [[counts] = []] = await scene.sql("SELECT count(*), count(DISTINCT trade_id) FROM silver.trades");
    expect(counts).toEqual([String(ROWS), String(ROWS)]);
    expect((await verify(scene.config)).checks.flatMap(({ differences }) => differences)).toEqual([]);
  },
  600_000,
);

/** Imports in a process of its own, which is killed when all but a twentieth of the rows are in the raw log. */
async function killedNearTheEnd(scene: ImportScene, path: string): Promise<void> {
  const config = scene.file("k2.json", JSON.stringify({ feeds: scene.config.feeds }));
  const child = spawn(process.execPath, [LAUNCHER, "import", path, "--config", config, "--data", scene.config.data], {
    stdio: "ignore",
  });
  const ended = once(child, "close");
  await scene.untilRecords("raw.import-binance-trades", Math.floor((ROWS * 76 * 0.95) / 65_536), child);
  child.kill("SIGKILL");
  const [, signal] = await ended;
  expect(signal).toBe("SIGKILL");
}

/** @returns how much memory the process had at most, MiB */
async function startedAnew(scene: ImportScene): Promise<number> {
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, START, scene.config.data], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const said = await text(child.stdout);
  expect(await ended).toEqual([0, null]);
  return Number(said);
}
