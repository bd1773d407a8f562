import { BLOCK_ORDERS, type MarketCheckpoint, type MarketModel } from "./market-model.ts";

const CHECKPOINTS_MAX = 1024;

/**
 * Where a market stood at times past, for as long as it runs: when there are too many, every other one is dropped,
 * so that any earlier order can be had again by producing a bounded share of the orders anew.
 */
export class Checkpoints {
  #kept: MarketCheckpoint[] = [];
  #everyOrders = BLOCK_ORDERS;

  get count(): number {
    return this.#kept.length;
  }

  /** Call before each `next()` of the live model. */
  observe(model: MarketModel): void {
    if (model.number % this.#everyOrders !== 0 || this.#kept.at(-1)?.number === model.number) return;
    this.#kept.push(model.checkpoint());
    if (this.#kept.length <= CHECKPOINTS_MAX) return;
    this.#kept = this.#kept.filter((_, index) => index % 2 === 0);
    this.#everyOrders *= 2;
  }

  /** The latest one for which `holds` is true, going back from the newest; the first at the latest. */
  latest(holds: (checkpoint: MarketCheckpoint) => boolean): MarketCheckpoint | undefined {
    return this.#kept.findLast(holds) ?? this.#kept[0];
  }
}
