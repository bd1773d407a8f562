import { cpuText, type ProcessUsage, processUsage } from "./process-usage.ts";
import { whole } from "./quantiles.ts";
import type { Scene } from "./scene.ts";

/** Where everything was at one moment. */
interface Look {
  readonly atMs: number;
  readonly sent: number;
  readonly frames: number;
  /** Durable events. */
  readonly trades: number;
  /** Sent and not yet a durable event: in sockets, buffers and the raw log. */
  readonly waiting: number;
  /** Durable and not yet visible to queries. */
  readonly storeLag: number;
  readonly k2: ProcessUsage;
  readonly market: ProcessUsage;
}

export interface RateReport {
  readonly sentPerSecond: number;
  readonly tradesPerSecond: number;
  readonly framesPerSecond: number;
  /** How far events were behind the market at the end, in seconds of the market. */
  readonly behindSeconds: number;
  readonly storeLagSeconds: number;
  readonly k2Cpu: string;
  readonly marketCpu: string;
}

/** Lets K2 run for a while, or until `during` resolves, and tells what went through. */
export async function watchRate(scene: Scene, during: Promise<unknown>): Promise<RateReport> {
  const before = await look(scene);
  await during;
  const after = await look(scene);
  const seconds = (after.atMs - before.atMs) / 1000;
  const sentPerSecond = (after.sent - before.sent) / seconds;
  return {
    sentPerSecond,
    tradesPerSecond: (after.trades - before.trades) / seconds,
    framesPerSecond: (after.frames - before.frames) / seconds,
    behindSeconds: after.waiting / sentPerSecond,
    storeLagSeconds: after.storeLag / sentPerSecond,
    k2Cpu: cpuText(before.k2, after.k2),
    marketCpu: cpuText(before.market, after.market),
  };
}

export function rateText(report: RateReport): string {
  const { sentPerSecond, tradesPerSecond, framesPerSecond, behindSeconds, storeLagSeconds } = report;
  return (
    `sent ${whole(sentPerSecond)} trades/s, K2 took ${whole(tradesPerSecond)} trades/s in ${whole(framesPerSecond)} messages/s; ` +
    `at the end ${behindSeconds.toFixed(2)} s behind, ${storeLagSeconds.toFixed(2)} s of it in the store\n` +
    `    K2 used ${report.k2Cpu}\n    the market's process used ${report.marketCpu}`
  );
}

async function look(scene: Scene): Promise<Look> {
  const atMs = performance.now();
  const sent = await scene.tradesSent();
  const { feeds, pipeline, store } = await scene.health();
  const trades = pipeline.trades + pipeline.duplicates;
  return {
    atMs,
    sent,
    frames: feeds.reduce((sum, feed) => sum + feed.frames, 0),
    trades,
    waiting: Math.max(0, sent - trades),
    storeLag: store.lagRecords,
    k2: processUsage(scene.k2Pid),
    market: processUsage(scene.marketPid),
  };
}
