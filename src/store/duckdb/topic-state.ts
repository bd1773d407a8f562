import type { EventTopic } from "../../domain/index.ts";
import { OffsetHoleError } from "../errors.ts";
import type { OffsetRange, StoreChunk } from "../store.ts";
import type { Layout } from "./layout.ts";
import type { AppendResult } from "./protocol.ts";
import type { Segment } from "./segment.ts";

/** Rows that are in DuckDB or on the way there, in the order in which they will become visible. */
interface Arrival {
  readonly segment: Segment;
  readonly range: OffsetRange;
  readonly shown: PromiseWithResolvers<void>;
  result: AppendResult | undefined;
}

/** What the store holds of one topic: offsets, segments, and what is under way. No I/O. */
export class TopicState {
  readonly layout: Layout;
  /** Oldest first. */
  segments: readonly Segment[] = [];
  readonly #next = new Map<number, number>();
  readonly #visible = new Map<number, OffsetRange>();
  readonly #arrivals: Arrival[] = [];

  constructor(layout: Layout) {
    this.layout = layout;
  }

  get topic(): EventTopic {
    return this.layout.topic;
  }
  get rows(): number {
    return this.segments.reduce((sum, segment) => sum + segment.rows, 0);
  }
  get bytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }
  /** The segment that takes appends. */
  get open(): Segment | undefined {
    const last = this.segments.at(-1);
    return last?.open === true ? last : undefined;
  }

  positions(): readonly OffsetRange[] {
    return [...this.#visible.values()].sort((a, b) => a.partition - b.partition);
  }

  /**
   * How many of the chunk's first records are held already.
   *
   * @throws {OffsetHoleError} when the chunk starts beyond the next expected offset
   */
  held({ partition, firstOffset, records }: StoreChunk): number {
    const expected = this.#next.get(partition) ?? firstOffset;
    if (firstOffset > expected) {
      throw new OffsetHoleError({ topic: this.topic, partition, expected, received: firstOffset });
    }
    return Math.min(expected - firstOffset, records.count);
  }

  /** Notes rows as sent; the promise resolves when they are visible. */
  submit(segment: Segment, range: OffsetRange): { readonly arrival: Arrival; readonly shown: Promise<void> } {
    this.#next.set(range.partition, range.end);
    const arrival: Arrival = { segment, range, shown: Promise.withResolvers(), result: undefined };
    arrival.shown.promise.catch(() => undefined);
    this.#arrivals.push(arrival);
    return { arrival, shown: arrival.shown.promise };
  }

  /** Resolves when all that was submitted so far is visible. */
  async settled(): Promise<void> {
    await this.#arrivals.at(-1)?.shown.promise;
  }

  /** Makes visible what is in DuckDB and whose listings are all known, in the order of submission. */
  show(listingCount: number): void {
    for (let next = this.#arrivals[0]; next?.result !== undefined; next = this.#arrivals[0]) {
      if (next.result.listingMax >= listingCount) return;
      this.#arrivals.shift();
      const { partition, start, end } = next.range;
      next.segment.show(next.range, next.result);
      this.#visible.set(partition, { partition, start: this.#visible.get(partition)?.start ?? start, end });
      next.shown.resolve();
    }
  }

  /** Forgets the oldest segment: the topic starts after it. */
  dropOldest(): void {
    const [oldest, ...others] = this.segments;
    this.segments = others;
    for (const { partition, end } of oldest?.ranges ?? []) {
      const visible = this.#visible.get(partition);
      if (visible !== undefined) this.#visible.set(partition, { ...visible, start: end });
    }
    oldest?.retire();
  }

  fail(error: unknown): void {
    for (const { shown } of this.#arrivals.splice(0)) shown.reject(error);
  }
}
