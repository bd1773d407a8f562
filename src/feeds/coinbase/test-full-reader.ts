import type { BookReader } from "../../domain/index.ts";
import { KeepingContext } from "../decode/test-book-context.ts";
import { frame } from "../decode/test-support.ts";
import { createExchangeBookReader } from "./exchange-book-reader.ts";
import * as full from "./full-fixtures.ts";

/** A reader of `full` of BTC-USD, and the book that it makes. */
export class StartedFull {
  readonly context: KeepingContext = new KeepingContext();
  reader: BookReader;

  constructor(reader: BookReader = createExchangeBookReader({ channels: ["matches", "full"] })) {
    this.reader = reader;
    this.context.isCollecting = true;
  }

  /** Proven, with message 101 as the last in the book. */
  static whole(reader?: BookReader): StartedFull {
    const started = new StartedFull(reader);
    started.read(full.RECEIVED);
    started.snapshot();
    started.context.messages.length = 0;
    return started;
  }

  read(...texts: readonly string[]): void {
    for (const text of texts) this.reader.read(frame(text), this.context);
  }

  snapshot(body: string = full.FULL_BOOK.body): string | undefined {
    return this.reader.fetched?.(full.FULL_BOOK.url, frame(body), this.context);
  }

  get verdicts(): readonly (readonly [string, number])[] {
    return this.context.messages.map(({ verdict, sequence }) => [verdict, sequence]);
  }

  /** Prices and sizes × 10^8, best first. */
  get book(): readonly (readonly (readonly [bigint, bigint])[])[] {
    const book = this.context.books.get("book BTC-USD")?.book;
    return [book?.bids, book?.asks].map((side) =>
      Array.from(
        { length: side?.length ?? 0 },
        (_, rank) => [side?.price(rank) ?? 0n, side?.size(rank) ?? 0n] as const,
      ),
    );
  }

  get isProven(): boolean {
    return this.context.books.get("book BTC-USD")?.isProven === true;
  }
}
