import type { ByteReader, ByteWriter } from "../state/bytes.ts";
import type { GapNote } from "./quality-notes.ts";

/** More than any number of connections and listings that have gaps within some minutes; the oldest go first. */
const GAPS_MAX = 10_000;

/** The gaps that minutes not yet told may lie in. */
export class GapTime {
  readonly #gaps: Map<string, GapNote> = new Map();

  /** Rows of a gap that ended and was told of before change nothing. */
  note(gap: GapNote): void {
    const known = this.#gaps.get(gap.gapId);
    if (known !== undefined && known.state === "closed") return;
    if (known === undefined && gap.state === "closed" && gap.toUs === null) return;
    this.#gaps.set(gap.gapId, gap);
    const [oldest] = this.#gaps.keys();
    if (this.#gaps.size > GAPS_MAX && oldest !== undefined) this.#gaps.delete(oldest);
  }

  /** How much of the interval lies in gaps that name the listing; overlapping gaps count once. */
  within(listing: { readonly venue: string; readonly rawSymbol: string }, fromUs: number, toUs: number): number {
    const spans: [number, number][] = [];
    for (const gap of this.#gaps.values()) {
      if (gap.venue !== listing.venue || !gap.rawSymbols.includes(listing.rawSymbol)) continue;
      const [start, end] = [Math.max(fromUs, gap.fromUs), Math.min(toUs, gap.toUs ?? toUs)];
      if (start < end) spans.push([start, end]);
    }
    spans.sort(([a], [b]) => a - b);
    let [covered, reached] = [0, fromUs];
    for (const [start, end] of spans) {
      covered += Math.max(0, end - Math.max(start, reached));
      reached = Math.max(reached, end);
    }
    return covered;
  }

  forgetBefore(timeUs: number): void {
    for (const [gapId, { toUs }] of this.#gaps) if (toUs !== null && toUs <= timeUs) this.#gaps.delete(gapId);
  }

  write(writer: ByteWriter): void {
    writer.text(JSON.stringify([...this.#gaps.values()]));
  }

  read(reader: ByteReader): void {
    for (const gap of JSON.parse(reader.text()) as GapNote[]) this.#gaps.set(gap.gapId, gap);
  }
}
