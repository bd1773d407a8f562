import { expect, test } from "vitest";
import { silentLogger, systemClock } from "../../base/index.ts";
import { rawTopic } from "../../domain/index.ts";
import { openLog } from "../../log/index.ts";
import { readConfig } from "../config.ts";
import { dataFolderPaths, openDataFolder } from "../data-folder.ts";
import { startK2 } from "../wire.ts";
import { importFeed } from "./import-feeds.ts";
import { progressAt } from "./import-journal.ts";
import { planImports } from "./plan-imports.ts";
import { ImportScene, spotRows } from "./test-support.ts";
import { textFrames } from "./text-frames.ts";

test("pieces that a killed import left in the raw log are taken in by the next K2, and no import adds them again", async () => {
  using scene = new ImportScene();
  const path = scene.file("BTCUSDT-trades-2025-01-01.csv", spotRows(500));
  const { feeds } = scene.config;
  const { jobs } = await planImports([path], { format: "auto", symbols: [], venue: undefined, feeds });
  openDataFolder(scene.config);
  {
    await using log = await openLog({ folder: dataFolderPaths(scene.config).log, logger: silentLogger });
    for (const job of jobs) {
      const topic = rawTopic(importFeed(job.format.id));
      await log.ensureTopic({ topic, partitions: 1 });
      for await (const batch of textFrames(job, { from: job.firstLine.rowsAt, clock: systemClock }))
        await log.append([{ topic, partition: 0, records: batch.records }], progressAt(job.id, { topic, ...batch }));
    }
  }
  const unreachable = readConfig({
    environment: {},
    overrides: {
      mode: "live",
      data: scene.config.data,
      http: { port: 0 },
      log: { level: "silent" },
      feeds: [{ feed: "binance", symbols: ["BTC-USDT-SPOT"], url: "ws://127.0.0.1:9/" }],
      eventLog: { partitions: 2 },
    },
  });
  {
    await using k2 = await startK2(unreachable, { logger: silentLogger });
    await k2.settled();
    const { rows } = await k2.query.sql("SELECT count(*), count(DISTINCT trade_id), min(source) FROM silver.trades");
    expect(rows).toEqual([["500", "500", "import"]]);
  }
  expect(await scene.importOne(path)).toMatchObject({ state: "known" });
  const [counts, days] = await scene.sql(
    "SELECT count(*) FROM silver.trades",
    `SELECT sum(trades) FROM gold.bars WHERE "interval" = '1d'`,
  );
  expect([counts, days]).toEqual([[["500"]], [["500"]]]);
});
