import type { Gap } from "../../domain/index.ts";

/** Something that minutes are judged by and that is in no trade. */
export type QualityNote =
  /** The venue sent something. */
  | { readonly kind: "heard"; readonly venue: string; readonly timeUs: number }
  /** A trade came again; a record of the listing was refused. */
  | { readonly kind: "duplicate" | "refused"; readonly listing: number; readonly timeUs: number }
  | { readonly kind: "gap"; readonly gap: GapNote };

/** What of a gap matters here. */
export type GapNote = Pick<Gap, "gapId" | "venue" | "rawSymbols" | "fromUs" | "state"> & {
  /** null while it is open. */
  readonly toUs: number | null;
};

/** What the intake of one transaction noted, with how many ticks there were before each. */
export class QualityNotes {
  readonly #notes: { readonly note: QualityNote; readonly ticks: number }[] = [];
  readonly #heard: Map<string, number> = new Map();

  /** Once a venue and second is enough. */
  heard(venue: string, timeUs: number, ticks: number): void {
    const second = Math.floor(timeUs / 1_000_000);
    if (this.#heard.get(venue) === second) return;
    this.#heard.set(venue, second);
    this.#notes.push({ note: { kind: "heard", venue, timeUs }, ticks });
  }

  push(note: QualityNote, ticks: number): void {
    this.#notes.push({ note, ticks });
  }

  gap(gap: Gap, ticks: number): void {
    const { gapId, venue, rawSymbols, fromUs, toUs, state } = gap;
    this.#notes.push({
      note: { kind: "gap", gap: { gapId, venue, rawSymbols, fromUs, toUs: toUs ?? null, state } },
      ticks,
    });
  }

  /** In order: each note before the tick after as many as it says. */
  all(): readonly { readonly note: QualityNote; readonly ticks: number }[] {
    return this.#notes;
  }

  clear(): void {
    this.#notes.length = 0;
    this.#heard.clear();
  }
}
