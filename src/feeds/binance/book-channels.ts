import type { BookChannel } from "../../domain/index.ts";

/**
 * Streams of books and quotes, by the part of the stream's name after the symbol. `depth` tells each change of the whole
 * book and needs a snapshot over HTTP; `depth<levels>` sends the best levels anew each time.
 *
 * @param speeds how often, beside the default: "@100ms"
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#diff-depth-stream
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Diff-Book-Depth-Streams
 */
export function bookChannels(speeds: readonly string[]): readonly BookChannel[] {
  const depths = [undefined, 5, 10, 20];
  return [
    ...depths.flatMap((depth) =>
      ["", ...speeds].map((speed) => ({
        name: `depth${depth ?? ""}${speed}`,
        channel: "book" as const,
        ...(depth === undefined ? {} : { depth }),
      })),
    ),
    { name: "bookTicker", channel: "quote" },
  ];
}

/** Spot: every second, or every 100 ms. */
export const SPOT_BOOK_CHANNELS: readonly BookChannel[] = bookChannels(["@100ms"]);

/** Futures: every 250 ms, or as named; 0 ms is what recordings of 2023 and 2024 have. */
export const FUTURES_BOOK_CHANNELS: readonly BookChannel[] = bookChannels(["@500ms", "@100ms", "@0ms"]);
