import { continuesSnapshot, type DepthIds } from "./book-sequence.ts";

/** Of one book: 17 minutes of an event every 100 ms. */
const EVENTS_MAX = 10_000;
/** Of all books of a reader together. */
const BYTES_MAX = 64 * 1_048_576;

/** What all books of a reader keep, in bytes. */
export interface EarlyBudget {
  bytes: number;
}

export type SavedEvent = readonly [ids: DepthIds, payload: string];

interface EarlyEvent {
  readonly ids: DepthIds;
  readonly payload: Uint8Array;
}

/**
 * Depth events that wait for their book's snapshot. When there are too many the oldest go: a snapshot that is older than
 * what is left does not prove the book then, and another has to be asked for.
 */
export class EarlyEvents {
  readonly #budget: EarlyBudget;
  #events: EarlyEvent[] = [];

  constructor(budget: EarlyBudget) {
    this.#budget = budget;
  }

  /** @param payload the frame; copied */
  keep(ids: DepthIds, payload: Uint8Array): void {
    this.#events.push({ ids, payload: payload.slice() });
    this.#budget.bytes += payload.byteLength;
    while (this.#events.length > EVENTS_MAX || (this.#budget.bytes > BYTES_MAX && this.#events.length > 0)) {
      const dropped = this.#events.shift();
      this.#budget.bytes -= dropped?.payload.byteLength ?? 0;
    }
  }

  /** All events, frames in base 64. */
  save(): readonly SavedEvent[] {
    return this.#events.map(({ ids, payload }) => [ids, Buffer.from(payload).toString("base64")]);
  }

  restore(saved: readonly SavedEvent[]): void {
    for (const [ids, payload] of saved) this.keep(ids, Buffer.from(payload, "base64"));
  }

  /** The first event that is not in such a snapshot, where others are missing between the two. */
  firstBeyond(lastUpdateId: number): DepthIds | undefined {
    const first = this.#events.find(({ ids }) => ids.last > lastUpdateId);
    return first === undefined || continuesSnapshot(first.ids, lastUpdateId) ? undefined : first.ids;
  }

  /** Gives up all frames, the oldest first. */
  takeAll(): readonly Uint8Array[] {
    const events = this.#events;
    this.#events = [];
    for (const { payload } of events) this.#budget.bytes -= payload.byteLength;
    return events.map(({ payload }) => payload);
  }
}
