import type { ByteReader, ByteWriter } from "../state/bytes.ts";
import type { GapNote } from "./quality-notes.ts";

/** A change of what minutes are judged by, beside the trades. A minute is its number since 1970. */
export type JournalEntry =
  | { readonly kind: "heard"; readonly venue: string; readonly minute: number }
  /** late: a trade that came after its minute was told. */
  | { readonly kind: "duplicate" | "refused" | "late"; readonly listing: number; readonly minute: number }
  | { readonly kind: "told"; readonly minute: number }
  | { readonly kind: "resumed"; readonly minute: number; readonly timeUs: number }
  | WentBack
  | { readonly kind: "gap"; readonly gap: GapNote };

/** The clock went back, and all but the gaps was forgotten. */
export interface WentBack {
  readonly kind: "wentBack";
  /** In which it goes on, and when. */
  readonly minute: number;
  readonly timeUs: number;
  /** Of each listing, how many trades there were since the checkpoint: they belong to what was forgotten. */
  readonly forgotten: readonly number[];
  /** Which minutes of which listings were told up to then: see ToldRanges.write. */
  readonly told: Uint8Array;
}

const KINDS = ["heard", "duplicate", "refused", "late", "told", "resumed", "gap", "wentBack"] as const;

/** What happened since it was last written, in order. */
export class QualityJournal {
  #entries: JournalEntry[] = [];

  push(entry: JournalEntry): void {
    this.#entries.push(entry);
  }

  write(writer: ByteWriter): void {
    writer.whole(this.#entries.length);
    for (const entry of this.#entries) {
      writer.byte(KINDS.indexOf(entry.kind));
      if (entry.kind === "gap") {
        writer.text(JSON.stringify(entry.gap));
        continue;
      }
      if (entry.kind === "heard") writer.text(entry.venue);
      if ("listing" in entry) writer.whole(entry.listing);
      writer.whole(entry.minute);
      if (entry.kind === "resumed" || entry.kind === "wentBack") writer.float(entry.timeUs);
      if (entry.kind === "wentBack") writeWentBack(entry, writer);
    }
    this.#entries = [];
  }

  static read(reader: ByteReader): readonly JournalEntry[] {
    return Array.from({ length: reader.whole() }, () => readEntry(reader));
  }
}

function readEntry(reader: ByteReader): JournalEntry {
  const kind = KINDS[reader.byte()];
  switch (kind) {
    case "heard":
      return { kind, venue: reader.text(), minute: reader.whole() };
    case "told":
      return { kind, minute: reader.whole() };
    case "resumed":
      return { kind, minute: reader.whole(), timeUs: reader.float() };
    case "wentBack":
      return readWentBack(reader);
    case "duplicate":
    case "refused":
    case "late":
      return { kind, listing: reader.whole(), minute: reader.whole() };
    default:
      return { kind: "gap", gap: JSON.parse(reader.text()) as GapNote };
  }
}

function writeWentBack({ forgotten, told }: WentBack, writer: ByteWriter): void {
  writer.whole(forgotten.length);
  for (let listing = 0; listing < forgotten.length; listing += 1) writer.whole(forgotten[listing] ?? 0);
  writer.bytes(told);
}

function readWentBack(reader: ByteReader): WentBack {
  const [minute, timeUs] = [reader.whole(), reader.float()];
  const forgotten = Array.from({ length: reader.whole() }, () => reader.whole());
  return { kind: "wentBack", minute, timeUs, forgotten, told: reader.bytes() };
}
