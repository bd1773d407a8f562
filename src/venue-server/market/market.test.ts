import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseUnitExponent, formatShortest, parseDecimal } from "../../domain/index.ts";
import { Checkpoints, fixed, MARKET_LISTINGS, MarketModel, type Order, shortest } from "./index.ts";

const OPTIONS = { seed: 42, tradesPerSecond: 200, startTimeUs: 1_786_309_548_000_000 };

function orders(count: number, options: Partial<typeof OPTIONS> = {}): readonly Order[] {
  const model = new MarketModel({ ...OPTIONS, ...options });
  return Array.from({ length: count }, () => model.next());
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (const [index, value] of a.entries()) {
    const [x, y] = [value - meanA, (b[index] ?? 0) - meanB];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}

/** Log returns of an asset's last price over steps of `stepUs`. */
function returns(all: readonly Order[], symbol: string, stepUs: number): readonly number[] {
  const prices: number[] = [];
  let last = Number.NaN;
  let next = (all[0]?.fills[0]?.timeUs ?? 0) + stepUs;
  for (const { listing, fills } of all) {
    while ((fills[0]?.timeUs ?? 0) >= next) {
      prices.push(Math.log(last));
      next += stepUs;
    }
    if (listing.symbols["binance"] === symbol) last = fills.at(-1)?.price ?? last;
  }
  return prices
    .slice(1)
    .map((price, index) => price - (prices[index] ?? 0))
    .filter(Number.isFinite);
}

describe("MarketModel", () => {
  const many = orders(200_000);
  const fills = many.flatMap(({ listing, fills: own }) => own.map((fill) => ({ listing, ...fill })));

  test("the same options give the same orders; another seed others", () => {
    expect(orders(5000)).toEqual(many.slice(0, 5000));
    expect(orders(50, { seed: 43 })).not.toEqual(many.slice(0, 50));
  });

  test("goes on from a checkpoint exactly as it did", () => {
    const model = new MarketModel(OPTIONS);
    const checkpoints = new Checkpoints();
    for (let count = 0; count < 30_000; count += 1) {
      checkpoints.observe(model);
      model.next();
    }
    const other = new MarketModel(OPTIONS);
    const checkpoint = checkpoints.latest(({ number }) => number <= 13_000);
    expect(checkpoint?.number).toBe(12_288);
    if (checkpoint !== undefined) other.restore(checkpoint);
    for (let number = 12_288; number < 20_000; number += 1) expect(other.next()).toEqual(many[number]);
  });

  test("checkpoints stay bounded and reach back to the beginning", () => {
    const checkpoints = new Checkpoints();
    const model = new MarketModel(OPTIONS);
    // Only the number counts here: blocks go by without their orders.
    for (let number = 0; number < 5000 * 4096; number += 4096) {
      checkpoints.observe(
        Object.create(model, {
          number: { value: number },
          checkpoint: { value: () => ({ number, state: new Float64Array(0) }) },
        }),
      );
    }
    expect(checkpoints.count).toBeLessThanOrEqual(1024);
    expect(checkpoints.latest(({ number }) => number <= 0)?.number).toBe(0);
    const found = checkpoints.latest(({ number }) => number <= 10_000_000)?.number ?? 0;
    expect(10_000_000 - found).toBeLessThan(8 * 4096);
  });

  test("every listing trades, with ordinals that leave none out", () => {
    const next = new Map<number, number>();
    for (const { listing, ordinal } of fills) {
      if (ordinal !== (next.get(listing.index) ?? 0) + 1) expect(ordinal).toBe((next.get(listing.index) ?? 0) + 1);
      next.set(listing.index, ordinal);
    }
    expect(next.size).toBe(MARKET_LISTINGS.length);
  });

  test("prices and sizes are above zero and on the venue's grid", () => {
    for (const { listing, price, size } of fills) {
      if (!(price > 0 && size > 0) || price % listing.tick !== 0 || size % listing.lot !== 0 || size > 2 ** 52) {
        expect({ listing: listing.symbols, price, size }).toBe("on the grid");
      }
    }
  });

  test("every number can be stored exactly, the smallest price and the largest sizes too", () => {
    const checked = new Set<number>();
    for (const { listing, price, size } of fills) {
      if (checked.has(listing.index) && listing.asset.name !== "PICO") continue;
      checked.add(listing.index);
      const exponent = chooseUnitExponent(
        parseDecimal(fixed(price, listing.priceScale)),
        parseDecimal(fixed(size, listing.sizeScale)),
      );
      expect(exponent).toBeDefined();
    }
    const pico = fills.filter(({ listing }) => listing.asset.name === "PICO");
    const middle = pico.map(({ size }) => size).sort((a, b) => a - b)[pico.length >> 1] ?? 0;
    expect(middle).toBeGreaterThan(1e12);
    expect(middle).toBeLessThan(1e14);
    expect((pico[0]?.price ?? 0) / 1e17).toBeCloseTo(1.2345e-13, 15);
  });

  test("trades come at the rate that was asked for, in bursts, and time never runs back", () => {
    const [first, last] = [fills[0]?.timeUs ?? 0, fills.at(-1)?.timeUs ?? 0];
    expect(fills.length / ((last - first) / 1e6)).toBeGreaterThan(180);
    expect(fills.length / ((last - first) / 1e6)).toBeLessThan(220);
    const perTenth = new Map<number, number>();
    let before = 0;
    for (const { timeUs } of fills) {
      if (timeUs < before) expect(timeUs).toBeGreaterThanOrEqual(before);
      before = timeUs;
      const slot = Math.floor(timeUs / 100_000);
      perTenth.set(slot, (perTenth.get(slot) ?? 0) + 1);
    }
    const counts = [...perTenth.values()];
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
    expect(variance / mean).toBeGreaterThan(1.5); // 1 where arrivals know nothing of each other.
  });

  test("takers keep their side more often than not, and prices bounce between bid and ask", () => {
    const own = fills.filter(({ listing }) => listing.symbols["binance"] === "BTCUSDT");
    const orderSides = many
      .filter(({ listing }) => listing.symbols["binance"] === "BTCUSDT")
      .map(({ fills: [fill] }) => fill?.isBuy);
    const kept = orderSides.filter((side, index) => side === orderSides[index - 1]).length / orderSides.length;
    expect(kept).toBeGreaterThan(0.7);
    expect(kept).toBeLessThan(0.8);
    const turns = own.slice(1).flatMap((fill, index) => {
      const before = own[index];
      return before === undefined || before.isBuy === fill.isBuy
        ? []
        : [(fill.price - before.price) * (fill.isBuy ? 1 : -1)];
    });
    const towardsTaker = turns.filter((move) => move > 0).length / turns.length;
    expect(towardsTaker).toBeGreaterThan(0.65); // A half where trades ignore bid and ask.
    expect(many.filter(({ fills: { length } }) => length > 1).length / many.length).toBeGreaterThan(0.2);
  });

  test("assets move together, and not as one", () => {
    const long = orders(400_000, { tradesPerSecond: 20 });
    const [bitcoin, ether] = [returns(long, "BTCUSDT", 60_000_000), returns(long, "ETHUSDT", 60_000_000)];
    expect(bitcoin.length).toBeGreaterThan(100);
    expect(correlation(bitcoin, ether)).toBeGreaterThan(0.5);
    expect(correlation(bitcoin, ether)).toBeLessThan(0.99);
  });

  test("sizes have a heavy tail: the largest hundredth of trades is a large share of the volume", () => {
    const sizes = fills
      .filter(({ listing }) => listing.symbols["binance"] === "BTCUSDT")
      .map(({ size }) => size)
      .sort((a, b) => b - a);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const top = sizes.slice(0, Math.ceil(sizes.length / 100)).reduce((sum, size) => sum + size, 0);
    expect(top / total).toBeGreaterThan(0.15);
  });

  test("refuses a market without trades", () => {
    expect(() => new MarketModel({ ...OPTIONS, tradesPerSecond: 0 })).toThrow(/0 trades a second/);
    expect(() => new MarketModel({ ...OPTIONS, listings: [] })).toThrow(/0 listings/);
  });
});

describe("numbers as text", () => {
  test("fixed() and shortest() are what the decimals print", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 52 }), fc.integer({ min: 0, max: 18 }), (mantissa, scale) => {
        const exact = parseDecimal(`${mantissa}e-${scale}`);
        expect(fixed(mantissa, scale)).toBe(scale === 0 ? String(mantissa) : fixedText(BigInt(mantissa), scale));
        expect(shortest(mantissa, scale)).toBe(mantissa === 0 ? "0" : formatShortest(exact));
      }),
    );
  });
});

function fixedText(mantissa: bigint, scale: number): string {
  const digits = mantissa.toString().padStart(scale + 1, "0");
  return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
