import type { EventTopic } from "../domain/index.ts";
import type { Store } from "../store/index.ts";
import type { Positions } from "./positions.ts";

export interface VisibleEndOptions {
  readonly store: Pick<Store, "positions">;
  /** What each lake table has; of all tables that questions are answered from. */
  readonly landed: () => Iterable<Positions>;
}

/**
 * Up to which offset (exclusive) questions see a partition: what the lake has and what the store adds to it. The store
 * alone does not tell: after a start it holds nothing of a partition that the lake has whole.
 */
export type VisibleEnd = (topic: EventTopic, partition: number) => number;

export function visibleEnds({ store, landed }: VisibleEndOptions): VisibleEnd {
  return (topic, partition) => {
    let end = store.positions(topic).find((range) => range.partition === partition)?.end ?? 0;
    for (const positions of landed()) end = Math.max(end, positions.get(topic, partition) ?? 0);
    return end;
  };
}
