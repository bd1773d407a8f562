import type { Gap, GapCause, GapResolution, LiveGap } from "../../domain/index.ts";
import type { ByteReader, ByteWriter } from "../state/bytes.ts";
import type { BookOutput } from "./book-output.ts";
import type { BookPlace } from "./book-place.ts";

interface OpenGap extends LiveGap {
  readonly epoch: number;
}

/**
 * Whether one book is proven, and the interval in which it is not: it opens a gap when messages are missing, a checksum
 * fails, bid and ask meet, or its socket ends, at the time when it was last known to be right; the venue's next snapshot
 * closes it.
 */
export class BookProof {
  readonly #rawSymbol: string;
  #isProven = false;
  #provenUs = 0;
  #gap: OpenGap | undefined;

  constructor(rawSymbol: string) {
    this.#rawSymbol = rawSymbol;
  }

  get isProven(): boolean {
    return this.#isProven;
  }

  /** Why it is not proven, where that is known. */
  get cause(): GapCause | undefined {
    return this.#gap?.cause;
  }

  /** The interval that is open. */
  get gap(): LiveGap | undefined {
    return this.#gap;
  }

  /** The book is right as of this frame. */
  holds(place: BookPlace, resolution: GapResolution, output: BookOutput): void {
    this.#isProven = true;
    this.#provenUs = place.receiveTimeUs;
    if (this.#gap === undefined) return;
    output.gap(this.#row(this.#gap, place, { state: "closed", toUs: place.receiveTimeUs, resolution }));
    this.#gap = undefined;
  }

  /** @param fromUs up to when it was right; default: when it was last proven */
  fails(
    cause: GapCause,
    detail: string,
    place: BookPlace,
    { frameIndex = 0, fromUs }: { readonly frameIndex?: number; readonly fromUs?: number | undefined },
    output: BookOutput,
  ): void {
    const provenUs = this.#provenUs === 0 ? place.receiveTimeUs : this.#provenUs;
    this.#isProven = false;
    if (this.#gap !== undefined) return; // One interval goes on until the next snapshot, whatever else fails in it.
    const { connection, epoch, rawOffset } = place;
    this.#gap = {
      gapId: `${connection}#${epoch}/${this.#rawSymbol}@${rawOffset}.${frameIndex}`,
      epoch,
      cause,
      fromUs: Math.max(provenUs, fromUs ?? 0),
      detail,
    };
    output.gap(this.#row(this.#gap, place, { state: "open", toUs: undefined, resolution: undefined }));
  }

  write(writer: ByteWriter): void {
    writer.byte(this.#isProven ? 1 : 0);
    writer.float(this.#provenUs);
    writer.text(this.#gap === undefined ? "" : JSON.stringify(this.#gap));
  }

  read(reader: ByteReader): void {
    this.#isProven = reader.byte() === 1;
    this.#provenUs = reader.float();
    const gap = reader.text();
    this.#gap = gap === "" ? undefined : JSON.parse(gap);
  }

  #row(gap: OpenGap, place: BookPlace, change: Pick<Gap, "state" | "toUs" | "resolution">): Gap {
    return {
      gapId: gap.gapId,
      venue: place.venue,
      feed: place.feed,
      connection: place.connection,
      epoch: gap.epoch,
      rawSymbols: [this.#rawSymbol],
      cause: gap.cause,
      fromUs: gap.fromUs,
      detail: gap.detail,
      source: place.source,
      ...change,
    };
  }
}
