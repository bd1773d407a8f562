import { SIDE_BUY, SIDE_SELL, TRADE_FLAGS } from "../../domain/index.ts";
import type { FrameIds } from "../decode/frame-ids.ts";
import { decimalSeconds } from "../decode/times-in-text.ts";
import type { ReadTrade } from "../decode/trade-fields.ts";

/*
 * Channel "trade" of v1: [channelID, [record, …], "trade", "XBT/USD"].
 * https://docs.kraken.com/api/docs/websocket-v1/trade
 *
 *   record[0]  price, decimal text          record[3]  the taker's side: "b" or "s"
 *   record[1]  volume in base, decimal text record[4]  the taker's order type: "m" or "l"
 *   record[2]  Unix seconds, microseconds   record[5]  miscellaneous, may be empty
 *              as decimals
 *
 * There is no trade id. K2 makes one of what the venue wrote, byte for byte:
 *
 *   <time>/<price>/<volume>/<side><order type>        1618678142.557535/354.11000000/0.89594024/sl
 *   the same and /<n>, n from 1, for records of one frame that are the same so far, in their order
 *
 * So the same bytes give the same ids, on every machine and at every replay. What it cannot do: two executions equal
 * in all five that come in different frames become one; a trade seen on v2 as well is not recognised as the same.
 */
export function readV1Trade(record: unknown, pair: string, ids: FrameIds): ReadTrade {
  if (!Array.isArray(record) || record.length < 5 || !record.every((part) => typeof part === "string"))
    return { problem: "a trade is not an array of at least five texts", rawSymbol: pair };
  const [price = "", size = "", seconds = "", side = "", orderType = ""] = record as readonly string[];
  const time = decimalSeconds(seconds);
  if (time === undefined) return { problem: "the time is not Unix seconds", rawSymbol: pair };
  if (side !== "b" && side !== "s") return { problem: "the side is neither b nor s", rawSymbol: pair };
  return {
    rawSymbol: pair,
    price,
    size,
    side: side === "b" ? SIDE_BUY : SIDE_SELL,
    time,
    id: ids.idOf(`${seconds}/${price}/${size}/${side}${orderType}`),
    flags: TRADE_FLAGS.syntheticId,
  };
}
