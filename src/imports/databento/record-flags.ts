import { ORDER_FLAGS } from "../../domain/index.ts";

/**
 * Bits of a record's `flags`.
 *
 * @see https://databento.com/docs/standards-and-conventions/common-fields-enums-types#flags
 */
export const DBN_FLAGS = {
  /** F_LAST: the last record of one event of the venue for this instrument; before it the book is between two states. */
  last: 128,
  /** F_TOB: the venue shows its best prices only; the record stands for one of them. */
  topOfBook: 64,
  /** F_SNAPSHOT: of a snapshot, not something that happened. */
  snapshot: 32,
  /** F_MBP: the record stands for a whole price level. */
  aggregated: 16,
  /** F_BAD_TS_RECV: the receive time is wrong; in snapshots it is when they were made. */
  badReceiveTime: 8,
  /** F_MAYBE_BAD_BOOK: messages of the channel were lost for good. */
  maybeBadBook: 4,
} as const;

/** Every value of `flags`, as bits of ORDER_FLAGS. */
const ORDER_FLAGS_OF: Uint8Array = Uint8Array.from({ length: 256 }, (_, flags) => {
  let bits = 0;
  for (const name of Object.keys(DBN_FLAGS) as (keyof typeof DBN_FLAGS)[]) {
    if ((flags & DBN_FLAGS[name]) !== 0) bits |= ORDER_FLAGS[name];
  }
  return bits;
});

export function orderFlags(flags: number): number {
  return ORDER_FLAGS_OF[flags] ?? 0;
}
