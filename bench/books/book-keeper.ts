import type { SceneFrame } from "./scene-frame.ts";

/** One side's best level as doubles: what all who keep books can tell. */
export interface BestLevel {
  readonly price: number;
  readonly size: number;
}

/** Best bid and best ask; undefined where a side is empty. */
export interface BestLevels {
  readonly bid: BestLevel | undefined;
  readonly ask: BestLevel | undefined;
}

/** Someone who keeps books: parses a frame, puts its levels in, and looks at the best bid and ask. */
export interface BookKeeper {
  take(frame: SceneFrame): void;
  /** @param symbol as the venue writes it */
  best(symbol: string): BestLevels;
}

/** What all add up, so that looking at the best levels is not left out by a compiler. */
export interface Sum {
  value: number;
}
