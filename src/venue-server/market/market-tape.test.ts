import { expect, test } from "vitest";
import { type Fill, MarketModel, type Order } from "./market-model.ts";
import { MarketTape } from "./market-tape.ts";

const MINUTE_US = 60_000_000;
const START_US = 1_786_309_790_000_000;

/** Orders of the busiest listing. */
function ordersOf(count: number, tradesPerSecond: number): readonly Order[] {
  const model = new MarketModel({ seed: 3, tradesPerSecond, startTimeUs: START_US });
  const orders = Array.from({ length: count * 40 }, () => model.next());
  const [{ listing } = orders[0] as Order] = orders;
  return orders.filter((order) => order.listing === listing).slice(0, count);
}

const ORDERS = ordersOf(300, 200);
const MARKET = (ORDERS[0] as Order).listing;
const fillsOf = (orders: readonly Order[]): readonly Fill[] => orders.flatMap(({ fills }) => fills);
const minuteOf = ({ timeUs }: Fill): number => Math.floor(timeUs / MINUTE_US) * MINUTE_US;

test("MarketTape: a candle is what its trades add up to, from its first to the last that came", () => {
  const [begin, ...rest] = ORDERS;
  expect(new MarketTape(MARKET, () => []).candle(MINUTE_US)).toBeUndefined();
  const seen: Fill[] = [...(begin?.fills ?? [])];
  const whole = new MarketTape(MARKET, () => seen);
  expect(whole.candle(MINUTE_US)).toMatchObject({ trades: seen.length, first: seen[0]?.ordinal });
  let ended = 0;
  for (const { fills } of rest) {
    whole.take(fills);
    const before = minuteOf(seen.at(-1) as Fill);
    seen.push(...fills);
    const now = minuteOf(fills[0] as Fill);
    const within = (startUs: number): readonly Fill[] => seen.filter((fill) => minuteOf(fill) === startUs);
    expect(whole.candle(MINUTE_US)).toMatchObject(summed(within(now)));
    if (now !== before) {
      ended += 1;
      expect(whole.ended(MINUTE_US)).toMatchObject(summed(within(before)));
    } else expect(whole.ended(MINUTE_US)).toBeUndefined();
  }
  expect(ended).toBeGreaterThan(0);
});

function summed(fills: readonly Fill[]) {
  const prices = fills.map(({ price }) => price);
  return {
    startUs: minuteOf(fills[0] as Fill),
    open: prices[0],
    high: Math.max(...prices),
    low: Math.min(...prices),
    close: prices.at(-1),
    lots: fills.reduce((sum, { size }) => sum + size / MARKET.lot, 0),
    buyLots: fills.filter(({ isBuy }) => isBuy).reduce((sum, { size }) => sum + size / MARKET.lot, 0),
    notional: fills.reduce((sum, { price, size }) => sum + BigInt(price) * BigInt(size), 0n),
    trades: fills.length,
    last: fills.at(-1)?.ordinal,
  };
}

test("MarketTape: a candle whose first trades are forgotten is passed over, the next one is whole", () => {
  const all = fillsOf(ORDERS);
  const middle = ORDERS.findIndex(({ fills }) => minuteOf(fills[0] as Fill) !== minuteOf(all[0] as Fill)) + 5;
  // The last two fills are known, and they begin in the midst of a minute.
  const known = fillsOf(ORDERS.slice(0, middle)).slice(-2);
  const tape = new MarketTape(MARKET, () => known);
  expect(tape.candle(MINUTE_US)).toBeUndefined();
  const running = minuteOf(known.at(-1) as Fill);
  for (const { fills } of ORDERS.slice(middle)) {
    tape.take(fills);
    const now = minuteOf(fills[0] as Fill);
    if (now === running) expect([tape.candle(MINUTE_US), tape.ended(MINUTE_US)]).toEqual([undefined, undefined]);
    else
      expect(tape.candle(MINUTE_US)).toMatchObject(
        summed(all.filter((fill) => minuteOf(fill) === now && fill.ordinal <= (fills.at(-1)?.ordinal ?? 0))),
      );
  }
});

test("MarketTape: the last 24 hours are whole hours, and forget what is older", () => {
  const hourUs = 60 * MINUTE_US;
  const at = (hour: number, ordinal: number): Fill => ({
    ...((ORDERS[0] as Order).fills[0] as Fill),
    timeUs: START_US + hour * hourUs,
    ordinal,
  });
  const tape = new MarketTape(MARKET, () => []);
  for (let hour = 0; hour < 30; hour += 1) tape.take([at(hour, hour + 1)]);
  expect(tape.day).toMatchObject({ trades: 24, first: 7, last: 30 });
});
