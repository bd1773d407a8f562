export type { WantedSnapshot } from "./book-partition.ts";
export type { BookRules, SnapshotRules } from "./book-rules.ts";
export { SNAPSHOT_RULES } from "./book-rules.ts";
export type { Books, BooksOptions, BooksStatus } from "./books.ts";
export { BOOKS_GROUP, openBooks } from "./books.ts";
export { BOOKS_STATE_TOPIC } from "./books-state.ts";
