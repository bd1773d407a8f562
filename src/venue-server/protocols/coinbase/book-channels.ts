import { bookChanges, type MarketLevelChange, shortest } from "../../market/index.ts";
import type { BookChannel, BookFrame, BookMoment } from "../protocol.ts";
import { isoShortest } from "../time-text.ts";

/** The venue stamps a frame about this long after its changes. */
const STAMPED_AFTER_US = 200;

/** `level2`: the whole book, then its changes; frames say "l2_data" and are numbered with all others. */
export const level2: BookChannel = {
  name: "level2",
  topic: (symbol) => `level2|${symbol}`,
  snapshot: (moment) => level2Frame("snapshot", moment, bookChanges(undefined, moment.book)),
  change: (before, moment) => level2Frame("update", moment, bookChanges(before, moment.book)),
};

function level2Frame(
  type: "snapshot" | "update",
  { book, listing }: BookMoment,
  changes: readonly MarketLevelChange[],
): BookFrame {
  const { priceScale, sizeScale } = listing.market;
  const time = isoShortest(book.last.timeUs);
  const updates = changes.map(
    ({ isBid, price, size }) =>
      `{"side":"${isBid ? "bid" : "offer"}","event_time":"${time}","price_level":"${shortest(price, priceScale)}","new_quantity":"${size === 0 ? "0" : shortest(size, sizeScale)}"}`,
  );
  return {
    head: `{"channel":"l2_data","timestamp":"${isoShortest(book.last.timeUs + STAMPED_AFTER_US)}","sequence_num":`,
    tail: `,"events":[{"type":"${type}","product_id":"${listing.symbol}","updates":[${updates.join(",")}]}]}`,
  };
}
