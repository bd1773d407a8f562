import { inverseSymbol } from "../bybit/inverse-symbol.ts";
import { createWireDecoder, limitedTo } from "../decode/wire-decoder.ts";
import type { Feed } from "../feed.ts";
import { BOOK_CHANNELS } from "./book-channels.ts";
import { createBybitV2BookReader } from "./book-reader.ts";
import { BYBIT_V2_FORMAT } from "./messages.ts";
import { readAnswer, renewalFrames, subscribeFrames } from "./subscription.ts";

const PING_MS = 30_000;

/**
 * Bybit inverse contracts over v2, which the venue has retired: for captures of that time, served by `k2 replay`.
 * Live, use `bybit-inverse`, which is the same market. Sizes count contracts of 1 USD.
 *
 * Ids of both protocols are name-based UUIDs of 36 characters. No recording has one execution on both, so that it is
 * not known whether they would agree; their times do not overlap in what K2 can capture.
 */
export const bybitV2: Feed = {
  id: "bybit-v2",
  venue: "bybit-inverse",
  name: "Bybit inverse contracts (v2, retired)",
  url: undefined,
  retired: "Use bybit-inverse, which is the same market",
  documentation: "https://bybit-exchange.github.io/docs/v5/intro",
  channels: ["trade"],
  rawSymbol: inverseSymbol,
  subscribe: subscribeFrames,
  readAnswer,
  limits: {
    symbolsPerConnectionMax: 100,
    sendsPerSecondMax: 5,
    silenceMsMax: 3 * PING_MS,
    connectionAgeMsMax: undefined,
  },
  ping: { everyMs: PING_MS, frame: () => '{"op":"ping"}' },
  createDecoder: ({ channels }) => createWireDecoder(limitedTo(channels, "trade", BYBIT_V2_FORMAT)),
  books: { channels: BOOK_CHANNELS, createBookReader: createBybitV2BookReader, renewal: renewalFrames },
};
