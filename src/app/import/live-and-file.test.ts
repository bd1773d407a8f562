import { expect, test } from "vitest";
import { RecordBatchBuilder, silentLogger, systemClock } from "../../base/index.ts";
import { appendFrameRecord, type Bar, decodeBars, type Frame, rawTopic, TOPICS } from "../../domain/index.ts";
import { openLog } from "../../log/index.ts";
import { openPipeline } from "../../pipeline/index.ts";
import { capturedFeeds } from "../capture.ts";
import { dataFolderPaths } from "../data-folder.ts";
import { ensureEventTopics } from "../event-topics.ts";
import { feedRules } from "../feed-rules.ts";
import { ImportScene, LATEST_BARS, spotRows } from "./test-support.ts";

const FEED = "binance";
const encoder = new TextEncoder();

/** The trades of a dump as the live stream says them (its times in microseconds), one a frame, then silence until now. */
function liveFrames(text: string): readonly Frame[] {
  const base = { kind: "received", feed: FEED, connection: "binance/0", epoch: 1, source: "live" } as const;
  const frames = text
    .trim()
    .split("\n")
    .map((line): Frame => {
      const [id, price, size, , us, maker] = line.split(",");
      const data = `{"e":"trade","E":1,"s":"BTCUSDT","t":${id},"p":"${price}","q":"${size}","T":${us},"m":${maker === "True"},"M":true}`;
      const timeNs = BigInt(us ?? 0) * 1000n + 5_000_000n;
      return { ...base, timeNs, payload: encoder.encode(`{"stream":"btcusdt@trade","data":${data}}`) };
    });
  return [...frames, { ...base, timeNs: systemClock.nowNs(), payload: encoder.encode('{"result":null,"id":1}') }];
}

/** Captured frames go through the pipeline of live data; its bars, the latest revision of each. */
async function liveBars(scene: ImportScene, frames: readonly Frame[]): Promise<readonly Bar[]> {
  await using log = await openLog({ folder: `${dataFolderPaths(scene.config).log}-live`, logger: silentLogger });
  await log.ensureTopic({ topic: rawTopic(FEED), partitions: 1 });
  await ensureEventTopics(log, { partitions: 2, retentionMs: 1e12, retentionBytes: 1e12 });
  const builder = new RecordBatchBuilder();
  for (const frame of frames) appendFrameRecord(frame, builder);
  await log.append([{ topic: rawTopic(FEED), partition: 0, records: builder.take() }]);
  const pipeline = await openPipeline({
    raw: log,
    events: log,
    rules: feedRules(capturedFeeds(scene.config.feeds)),
    rawTopics: [rawTopic(FEED)],
    recall: async (keys) => keys.map(() => undefined),
  });
  await pipeline.run({ follow: false });
  const latest = new Map<string, Bar>();
  for await (const { records } of log.read({ topic: TOPICS.bars, partition: 0, offset: 0 }, { follow: false })) {
    for (const bar of decodeBars(records)) latest.set(`${bar.interval} ${bar.startUs}`, bar);
  }
  return [...latest.values()];
}

function decimal(mantissa: bigint, scale: number): string {
  const digits = mantissa.toString().padStart(scale + 1, "0");
  return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** As LATEST_BARS writes them. */
function barLine(bar: Bar): string {
  const prices = [bar.open, bar.high, bar.low, bar.close, bar.volume].map((value) => decimal(value, 8));
  const sides = [decimal(bar.buyVolume, 8), decimal(bar.sellVolume, 8)];
  const facts = [bar.interval, bar.startUs, ...prices, decimal(bar.quoteVolume, 16), ...sides, bar.trades];
  return ["binance BTC-USDT-SPOT", ...facts].join(" ");
}

test("the same trades, captured live and imported from a file, make the same bars at every interval", async () => {
  using scene = new ImportScene();
  const text = spotRows(4000);
  const fromLive = (await liveBars(scene, liveFrames(text))).map(barLine).sort();
  await scene.import([scene.file("BTCUSDT-trades-2025-01-01.csv", text)]);
  const [fromFile = []] = await scene.sql(LATEST_BARS);
  expect(fromLive.length).toBeGreaterThan(2000);
  expect(fromFile.map(([line]) => line)).toEqual(fromLive);
});

test("a trade that was captured is not imported again, whatever the precision of its time", async () => {
  using scene = new ImportScene();
  const rows = spotRows(400).trim().split("\n");
  const milliseconds = rows.map((row) => row.replace(/,(\d{13})\d{3},/, ",$1,")).join("\n");
  await scene.import([scene.file("BTCUSDT-trades-2025-01-02.csv", `${milliseconds}\n`)]);
  const again = await scene.importOne(scene.file("BTCUSDT-trades-2025-01-01.csv", `${rows.join("\n")}\n`));
  expect(again).toMatchObject({ added: 0, repeated: 400, refused: 0, barsMade: 0, barsRevised: 0 });
});
