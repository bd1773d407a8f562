import { expect } from "vitest";

type Row = Readonly<Record<string, unknown>>;
type Level = { readonly price: string; readonly size: string };

/** A book as a client of the channel `book_changes` keeps it. */
interface FollowedBook {
  /** undefined where it is not proven. */
  levels: { readonly bids: Map<string, string>; readonly asks: Map<string, string> } | undefined;
  position: string;
  time: string;
}

/** Does with the rows of `book_changes` what docs/api.md says. */
export class FollowedBooks {
  readonly books: Map<string, FollowedBook> = new Map();
  changes = 0;
  losses = 0;

  take(row: Row): void {
    const key = `${row["venue"]} ${row["rawSymbol"]} ${row["connection"]}`;
    if (row["action"] === "unproven") {
      this.losses += 1;
      this.books.set(key, { levels: undefined, position: "", time: "" });
      return;
    }
    const known = this.books.get(key);
    const isWhole = row["action"] === "snapshot";
    if (!isWhole) {
      expect(known?.levels, "a change comes after the whole book").toBeDefined();
      expect(row["previous"], "no change is missing").toBe(known?.position);
      this.changes += 1;
    }
    const levels = isWhole ? undefined : known?.levels;
    const depth = Number(row["subscribedDepth"] ?? Number.POSITIVE_INFINITY);
    this.books.set(key, {
      levels: {
        bids: side(levels?.bids, row["bids"] as readonly Level[], depth, -1),
        asks: side(levels?.asks, row["asks"] as readonly Level[], depth, 1),
      },
      position: String(row["position"]),
      time: String(row["time"]),
    });
  }
}

function side(
  before: ReadonlyMap<string, string> | undefined,
  changed: readonly Level[],
  depth: number,
  direction: 1 | -1,
): Map<string, string> {
  const levels = new Map(before);
  for (const { price, size } of changed) {
    if (size === "0") levels.delete(price);
    else levels.set(price, size);
  }
  const sorted = [...levels].sort(([a], [b]) => direction * (Number(a) - Number(b)));
  return new Map(sorted.slice(0, depth));
}
