import type { BookChannel } from "../../domain/index.ts";

/** `book`: the whole book, a message for each level that changes. */
export const BOOK_CHANNELS: readonly BookChannel[] = [{ name: "book", channel: "book" }];
