import type { ImportFormat } from "../format.ts";

/*
 * Bybit's archive of order books, https://www.bybit.com/derivatives/en/history-data (2023-01-18_BTCUSDT_ob500.data.zip):
 * one message of the WebSocket channel orderbook.500 (spot: orderbook.200) a line, a snapshot first. Read by the reader of
 * the live feed: https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook
 *
 * The archive does not say when a message was received: books lie by the matching engine's time (cts, else ts).
 */
function format(market: {
  readonly id: string;
  readonly name: string;
  readonly spelling: readonly string[];
}): ImportFormat {
  return {
    id: `bybit-${market.id}-books`,
    name: `Bybit ${market.name}: archive of order books`,
    documentation: "https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook",
    venue: undefined,
    spelling: market.spelling,
    fileName: /^(?<date>\d{4}-\d{2}-\d{2})_(?<symbol>[A-Z0-9-]+)_ob(?:50|200|500|1000)\.data(?:\.(?:gz|zip))?$/,
    books: { rows: "messages", channel: "book" },
    text: "ndjson",
    delimiter: ",",
    header: "none",
    columns: [],
    flags: 0,
  };
}

export const BYBIT_BOOK_FORMATS: readonly ImportFormat[] = [
  format({ id: "contracts", name: "contracts", spelling: ["bybit-linear", "bybit-inverse"] }),
  format({ id: "spot", name: "spot", spelling: ["bybit"] }),
];
