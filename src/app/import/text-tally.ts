import type { Bar, Refusal, RefusalReason, TradeBatch } from "../../domain/index.ts";
import type { PieceCounts } from "../../imports/index.ts";
import type { RefusedRows } from "./import-report.ts";

const EXAMPLES_MAX = 3;

/** Counts what the pipeline makes of one text. */
export class TextTally {
  added = 0;
  /** Of books. */
  repeated = 0;
  barsMade = 0;
  barsRevised = 0;
  firstUs: number | undefined;
  lastUs: number | undefined;
  readonly #refusals: Map<RefusalReason, { count: number; readonly examples: string[] }> = new Map();

  sawTrades(trades: TradeBatch): void {
    const { length, eventTimeUs } = trades;
    if (length === 0) return;
    this.added += length;
    let [firstUs, lastUs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let row = 0; row < length; row += 1) {
      const us = eventTimeUs[row] ?? 0;
      if (us < firstUs) firstUs = us;
      if (us > lastUs) lastUs = us;
    }
    this.firstUs = least(this.firstUs, firstUs);
    this.lastUs = most(this.lastUs, lastUs);
  }

  sawBars(bars: readonly Bar[]): void {
    for (const { revision } of bars) {
      if (revision === 0) this.barsMade += 1;
      else this.barsRevised += 1;
    }
  }

  /** Rows of a piece of books. */
  sawPiece({ taken, known, firstUs, lastUs, refusals }: PieceCounts): void {
    this.added += taken;
    this.repeated += known;
    this.firstUs = least(this.firstUs, firstUs);
    this.lastUs = most(this.lastUs, lastUs);
    this.sawRefusals(refusals);
  }

  sawRefusals(refusals: readonly Pick<Refusal, "reason" | "detail">[]): void {
    for (const { reason, detail } of refusals) {
      const known = this.#refusals.get(reason) ?? { count: 0, examples: [] };
      this.#refusals.set(reason, known);
      known.count += 1;
      if (known.examples.length < EXAMPLES_MAX) known.examples.push(detail);
    }
  }

  get refusals(): readonly RefusedRows[] {
    return [...this.#refusals].map(([reason, rows]) => ({ reason, ...rows }));
  }
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

function most(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}
