import { type Random, seededRandom } from "../../src/base/index.ts";
import { packed, type SceneFrame } from "./scene-frame.ts";

const DAY_MS = 1_763_683_200_000;
/** Of a tick. */
const MIDDLE = 6_180_000;

export interface MadeDepth {
  readonly symbol: string;
  readonly messages: number;
  /** Changed by each message. */
  readonly levels: number;
  /** Levels a side at the start. */
  readonly depth: number;
}

/** Binance spot's depth of a book that moves as books do: most changes near the best, one in four takes a level away. */
export function madeDepth({ symbol, messages, levels, depth }: MadeDepth): readonly SceneFrame[] {
  const random = seededRandom(1);
  const sides = (isBid: boolean): string =>
    Array.from({ length: depth }, (_, index) => pair(priceAt(isBid, index, MIDDLE), random)).join(",");
  const texts = [
    { text: `{"lastUpdateId":1000,"bids":[${sides(true)}],"asks":[${sides(false)}]}`, snapshotOf: symbol },
  ];
  let middle = MIDDLE;
  return packed([
    ...texts,
    ...Array.from({ length: messages }, (_, index) => {
      const changed = { bids: [] as string[], asks: [] as string[] };
      const moved = moveOf(middle, random);
      // The level that the other side moves onto has gone before.
      if (moved > middle) changed.asks.push(gone(priceAt(false, 0, middle)));
      if (moved < middle) changed.bids.push(gone(priceAt(true, 0, middle)));
      middle = moved;
      while (changed.bids.length + changed.asks.length < levels) change(changed, middle, random);
      return { text: depthText(symbol, index, changed) };
    }),
  ]);
}

function moveOf(middle: number, random: Random): number {
  return middle + random.int(3) - 1;
}

interface Changed {
  readonly bids: string[];
  readonly asks: string[];
}

function change({ bids, asks }: Changed, middle: number, random: Random): void {
  const isBid = random.int(2) === 0;
  // The product of two draws is small mostly.
  const price = priceAt(isBid, Math.floor((random.int(400) * random.int(1000)) / 1000), middle);
  (isBid ? bids : asks).push(random.int(4) === 0 ? gone(price) : pair(price, random));
}

function depthText(symbol: string, index: number, { bids, asks }: Changed): string {
  const number = 1001 + index;
  const data = `"e":"depthUpdate","E":${DAY_MS + index * 100},"s":"${symbol}","U":${number},"u":${number},"b":[${bids.join(",")}],"a":[${asks.join(",")}]`;
  return `{"stream":"${symbol.toLowerCase()}@depth@100ms","data":{${data}}}`;
}

/** Ticks: a bid is below the middle, an ask at it or above. */
function priceAt(isBid: boolean, distance: number, middle: number): number {
  return isBid ? middle - 1 - distance : middle + distance;
}

function pair(ticks: number, random: Random): string {
  return `["${(ticks / 100).toFixed(2)}000000","${((1 + random.int(5_000_000)) / 1e5).toFixed(5)}000"]`;
}

function gone(ticks: number): string {
  return `["${(ticks / 100).toFixed(2)}000000","0.00000000"]`;
}

/** A whole book of Coinbase's Advanced feed, best levels first, some of whose prices are left out. */
export function madeCoinbaseSnapshot({
  symbol,
  levels,
}: {
  readonly symbol: string;
  readonly levels: number;
}): readonly SceneFrame[] {
  const random = seededRandom(1);
  const time = new Date(DAY_MS).toISOString().replace("Z", "123Z");
  const side = (isBid: boolean): string => {
    let distance = 0;
    return Array.from({ length: levels }, () => {
      distance += 1 + random.int(100);
      const price = (priceAt(isBid, distance, MIDDLE) / 100).toFixed(2);
      const size = String((1 + random.int(50_000_000)) / 1e8);
      return `{"side":"${isBid ? "bid" : "offer"}","event_time":"${time}","price_level":"${price}","new_quantity":"${size.includes("e") ? "0.00000001" : size}"}`;
    }).join(",");
  };
  const text = `{"channel":"l2_data","timestamp":"${time}","sequence_num":0,"events":[{"type":"snapshot","product_id":"${symbol}","updates":[${side(true)},${side(false)}]}]}`;
  return packed([{ text }]);
}
