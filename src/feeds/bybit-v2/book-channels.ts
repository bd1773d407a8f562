import type { BookChannel } from "../../domain/index.ts";

/** The best 25 levels, or 200 every 100 ms: a snapshot, then what changed of them. */
export const BOOK_CHANNELS: readonly BookChannel[] = [
  { name: "orderBookL2_25", channel: "book", depth: 25 },
  { name: "orderBook_200.100ms", channel: "book", depth: 200 },
];
