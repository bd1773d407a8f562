import type { Column, ImportFormat } from "../format.ts";
import { TARDIS_MARKETS } from "./markets.ts";

/*
 * Tardis' normalised CSV of books and quotes, `<exchange>_<kind>_<date>_<symbol>.csv.gz`, with a header. Times in Unix
 * microseconds: `timestamp` is the exchange's (Tardis' own where it gave none), `local_timestamp` when Tardis received the
 * message. Books lie by the latter, as captured ones do by K2's clock.
 *
 *   incremental_book_L2  a changed level a row, amount 0 where it is gone; rows of one message have one local_timestamp;
 *                        is_snapshot: the row is of a whole book, before whose first row all that was known is dropped
 *   book_snapshot_5, _25 the best levels, whenever one of them changed: asks[0].price, asks[0].amount, bids[0].price, …
 *   quotes               the best bid and ask, whenever they changed; empty where there is none
 *
 * https://docs.tardis.dev/downloadable-csv-files
 */
const EXCHANGE: Column = { names: ["exchange"], role: { kind: "market" } };
const SYMBOL: Column = { names: ["symbol"], role: { kind: "symbol" } };
const TIME: Column = { names: ["timestamp"], role: { kind: "time", unit: "us" } };
const RECORDED: Column = { names: ["local_timestamp"], role: { kind: "recordedTime", unit: "us" } };

type Shape = Pick<ImportFormat, "books" | "columns">;

function format(kind: string, anchor: string, { books, columns }: Shape): ImportFormat {
  return {
    id: `tardis-${kind.toLowerCase().replaceAll("_", "-")}`,
    name: `Tardis: CSV of ${kind}`,
    documentation: `https://docs.tardis.dev/downloadable-csv-files#${anchor}`,
    venue: undefined,
    spelling: [],
    markets: TARDIS_MARKETS,
    fileName: new RegExp(`^(?:[a-z0-9-]+)_${kind}_(?<date>\\d{4}-\\d{2}-\\d{2})_(?<symbol>.+?)\\.csv(?:\\.gz)?$`),
    ...(books === undefined ? {} : { books }),
    text: "csv",
    delimiter: ",",
    header: "required",
    columns,
    flags: 0,
  };
}

const changes = format("incremental_book_L2", "incremental_book_l2", {
  books: { rows: "levels", channel: "book" },
  columns: [
    EXCHANGE,
    SYMBOL,
    TIME,
    { ...RECORDED, isTie: true },
    { names: ["is_snapshot"], role: { kind: "isSnapshot", when: ["true"] } },
    { names: ["side"], role: { kind: "side", buy: ["bid"], sell: ["ask"] } },
    { names: ["price"], role: { kind: "price" } },
    { names: ["amount"], role: { kind: "size" } },
  ],
});

function snapshots(depth: number): ImportFormat {
  const levels = Array.from({ length: depth }, (_, rank) =>
    (["ask", "bid"] as const).flatMap((side): readonly Column[] => [
      { names: [`${side}s[${rank}].price`], role: { kind: "level", side, of: "price", rank } },
      { names: [`${side}s[${rank}].amount`], role: { kind: "level", side, of: "size", rank } },
    ]),
  );
  return format(`book_snapshot_${depth}`, "book_snapshot_25", {
    books: { rows: "ladder", channel: "book", depth },
    columns: [EXCHANGE, SYMBOL, TIME, RECORDED, ...levels.flat()],
  });
}

const quotes = format("quotes", "quotes", {
  books: { rows: "ladder", channel: "quote" },
  columns: [
    EXCHANGE,
    SYMBOL,
    TIME,
    RECORDED,
    { names: ["ask_amount"], role: { kind: "level", side: "ask", of: "size", rank: 0 } },
    { names: ["ask_price"], role: { kind: "level", side: "ask", of: "price", rank: 0 } },
    { names: ["bid_price"], role: { kind: "level", side: "bid", of: "price", rank: 0 } },
    { names: ["bid_amount"], role: { kind: "level", side: "bid", of: "size", rank: 0 } },
  ],
});

export const TARDIS_BOOK_FORMATS: readonly ImportFormat[] = [changes, snapshots(5), snapshots(25), quotes];
