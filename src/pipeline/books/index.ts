export type { DurableBooks } from "./book-output.ts";
export type { BookRules, SnapshotRules } from "./book-rules.ts";
export { SNAPSHOT_RULES } from "./book-rules.ts";
export type { Books, BooksOptions, BooksStatus } from "./books.ts";
export { BOOKS_GROUP, BOOKS_STATE_TOPIC, openBooks } from "./books.ts";
export type { DeriveBooksOptions, DerivedBooks } from "./derive-books.ts";
export { deriveBooks } from "./derive-books.ts";
export type { WantedSnapshot } from "./wanted-snapshot.ts";
