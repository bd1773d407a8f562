import type { BookChannel } from "../../domain/index.ts";

/** `l2`: the whole book, then every level that changes. */
export const BOOK_CHANNELS: readonly BookChannel[] = [{ name: "l2", channel: "book" }];
