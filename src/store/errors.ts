import { K2Error } from "../base/index.ts";

/** A chunk does not continue where the store ends. Nothing was taken; read the log again from `expected`. */
export class OffsetHoleError extends K2Error {
  readonly code = "K2_OFFSET_HOLE";
  readonly remedy = "resync";
  readonly expected: number;

  constructor(at: { readonly topic: string; readonly partition: number; expected: number; received: number }) {
    super(
      `Cannot take a chunk of ${at.topic}/${at.partition} that starts at offset ${at.received}: the next expected is ${at.expected}. ` +
        `Nothing was taken; the store still ends at ${at.expected}. Read the log from there`,
    );
    this.expected = at.expected;
  }
}

/** An append failed, so the store may lack rows: it answers no longer and must be opened anew. */
export class StoreFailedError extends K2Error {
  readonly code = "K2_STORE_FAILED";
  readonly remedy = "resync";
}

/** The store was closed while this was under way or before it began. */
export class StoreClosedError extends K2Error {
  readonly code = "K2_STORE_CLOSED";
  readonly remedy = "retry";

  constructor() {
    super("The store is closed. Nothing was changed; open a store and ask again");
  }
}

/** DuckDB refused a statement. */
export class SqlError extends K2Error {
  readonly code = "K2_SQL";
  readonly remedy = "fix-input";
}
