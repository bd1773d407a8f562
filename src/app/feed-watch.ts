import type { FeedHealth } from "../api/index.ts";
import { formatInstant, type Gap, type Listings, TRADE_FLAGS, type TradeBatch } from "../domain/index.ts";
import type { ConnectionStatus } from "../feeds/index.ts";

const WINDOW_SECONDS = 10;

/** Rates and lags of the last ten seconds, for the health report. Call `tick()` once a second. */
export class FeedWatch {
  readonly #status: () => readonly ConnectionStatus[];
  /** Frames in total, by connection, one entry a second. */
  readonly #frames: ReadonlyMap<string, number>[] = [];
  readonly #latency = new Map<string, { sumMs: number; count: number }[]>();
  readonly #gaps = new Map<string, number>();

  constructor(status: () => readonly ConnectionStatus[]) {
    this.#status = status;
  }

  tick(): void {
    this.#frames.push(new Map(this.#status().map(({ connection, framesTotal }) => [connection, framesTotal])));
    if (this.#frames.length > WINDOW_SECONDS + 1) this.#frames.shift();
    for (const seconds of this.#latency.values()) {
      seconds.push({ sumMs: 0, count: 0 });
      if (seconds.length > WINDOW_SECONDS) seconds.shift();
    }
  }

  sawTrades(trades: TradeBatch, listings: Listings): void {
    for (let row = 0; row < trades.length; row += 1) {
      if (((trades.flags[row] ?? 0) & TRADE_FLAGS.snapshot) !== 0) continue; // Old when it was sent.
      const { venue } = listings.at(trades.listing[row] ?? 0);
      const seconds = this.#latency.get(venue) ?? [{ sumMs: 0, count: 0 }];
      this.#latency.set(venue, seconds);
      const second = seconds.at(-1);
      if (second === undefined) continue;
      second.sumMs += ((trades.receiveTimeUs[row] ?? 0) - (trades.eventTimeUs[row] ?? 0)) / 1000;
      second.count += 1;
    }
  }

  sawGaps(gaps: readonly Gap[]): void {
    for (const { connection, state } of gaps) {
      if (state === "open") this.#gaps.set(connection, (this.#gaps.get(connection) ?? 0) + 1);
    }
  }

  report(): readonly FeedHealth[] {
    return this.#status().map((status) => ({
      feed: status.feed,
      venue: status.venue,
      connection: status.connection,
      state: status.state,
      url: status.url,
      breaker: status.breaker,
      symbols: status.symbols,
      epoch: status.epoch,
      frames: status.framesTotal,
      framesPerSecond: this.#framesPerSecond(status),
      latencyMs: this.#latencyMs(status.venue),
      lastFrameAt: status.lastFrameAtNs === undefined ? null : formatInstant(Number(status.lastFrameAtNs / 1000n)),
      reconnects: status.reconnectsTotal,
      gaps: this.#gaps.get(status.connection) ?? 0,
      lastError: status.lastError ?? null,
    }));
  }

  #framesPerSecond({ connection, framesTotal }: ConnectionStatus): number {
    const seconds = Math.min(WINDOW_SECONDS, this.#frames.length);
    const before = this.#frames.at(-seconds)?.get(connection);
    return seconds === 0 || before === undefined ? 0 : (framesTotal - before) / seconds;
  }

  #latencyMs(venue: string): number | null {
    let [sumMs, count] = [0, 0];
    for (const second of this.#latency.get(venue) ?? []) {
      sumMs += second.sumMs;
      count += second.count;
    }
    return count === 0 ? null : sumMs / count;
  }
}
