import { processUsage, residentBytes } from "./process-usage.ts";
import { megabytes, whole } from "./quantiles.ts";
import { openScene, sleep } from "./scene.ts";

const SAMPLE_EVERY_MS = 5_000;
const SAMPLES_SHOWN = 12;

/** Resident memory while so many trades a second go through, with the default configuration. */
export async function measureLoaded(tradesPerSecond: number, seconds: number): Promise<void> {
  await using scene = await openScene({ tradesPerSecond });
  const sentBefore = await scene.tradesSent();
  const before = processUsage(scene.k2Pid);
  const samples: number[] = [];
  while (samples.length * SAMPLE_EVERY_MS < seconds * 1000) {
    await sleep(SAMPLE_EVERY_MS);
    samples.push(residentBytes(scene.k2Pid).now);
  }
  const elapsed = (processUsage(scene.k2Pid).atMs - before.atMs) / 1000;
  const sent = await scene.tradesSent();
  const { feeds, pipeline, store } = await scene.health();
  const messages = feeds.reduce((sum, { frames }) => sum + frames, 0);
  const step = Math.max(1, Math.floor(samples.length / SAMPLES_SHOWN));
  const shown = samples.filter((_, index) => index % step === step - 1).map((bytes) => Math.round(bytes / 1e6));
  console.log(
    `  ${whole((sent - sentBefore) / elapsed)} trades/s in ${whole(messages / elapsed)} messages/s for ${Math.round(elapsed)} s: ` +
      `${shown.join(" ")} MB; at most ${megabytes(residentBytes(scene.k2Pid).peak)}`,
  );
  const behind = Math.max(0, sent - pipeline.trades - pipeline.duplicates);
  console.log(`  at the end ${whole(behind)} trades behind, ${whole(store.trades)} rows in the store`);
}
