import type { BookChannel, Instant } from "../../domain/index.ts";
import type { LevelText } from "./book-levels-text.ts";

/** What a message of a book channel says besides its levels. Reused from message to message. */
export class BookHead {
  channel: BookChannel = { name: "", channel: "book" };
  isSnapshot = false;
  /** The venue's number of the message, or of the last update in it; -1 where it has none. */
  sequence = -1;
  /** Of the first update in it; -1 where the venue does not say. */
  first = -1;
  /** Of the message before; undefined where the venue does not say. */
  previous: number | undefined;
  checksum: number | undefined;
  hasTime = false;
  /** Venue clock; row 0 counts where `hasTime`. */
  readonly eventTimeUs: Float64Array = new Float64Array(1);
  readonly eventTimeNanos: Uint16Array = new Uint16Array(1);
  /** The most digits after the point of the message's prices and sizes. */
  priceDecimals = 0;
  sizeDecimals = 0;
  frameIndex = 0;
  /** Why, to be set with the verdict "gap". */
  detail: string | undefined;

  reset(): void {
    this.isSnapshot = false;
    this.sequence = -1;
    this.first = -1;
    this.previous = undefined;
    this.checksum = undefined;
    this.hasTime = false;
    this.frameIndex = 0;
    this.detail = undefined;
  }
}

/** One message as the slow path reads it: texts as the venue wrote them, nothing converted. */
export interface BookText {
  readonly rawSymbol: string;
  readonly channel: BookChannel;
  readonly isSnapshot: boolean;
  readonly levels: readonly LevelText[];
  readonly time: Instant | undefined;
  /** As in `BookHead`. */
  readonly sequence?: number;
  readonly first?: number;
  readonly previous?: number | undefined;
  readonly checksum?: number | undefined;
}

/** A message of a book channel of which this is wrong. */
export interface BookProblem {
  readonly problem: string;
  readonly channel: BookChannel;
  readonly rawSymbol?: string | undefined;
}
