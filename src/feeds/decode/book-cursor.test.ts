import fc from "fast-check";
import { expect, test } from "vitest";
import { BID, BookLevels } from "../../domain/index.ts";
import { BookCursor } from "./book-cursor.ts";
import { decimalsOf, fillLevels, finestOf, type LevelText } from "./book-levels-text.ts";

const digits = (lengths: fc.Arbitrary<number>): fc.Arbitrary<string> =>
  lengths.chain((length) =>
    fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: length, maxLength: length }),
  );
const whole = fc.oneof(
  fc.constant("0"),
  digits(fc.integer({ min: 1, max: 9 })).map((text) => text.replace(/^0+(?=.)/, "")),
);
/** Most have eight digits after the point, so that runs of such begin and end anywhere. */
const decimal = fc
  .tuple(whole, fc.oneof({ weight: 8, arbitrary: digits(fc.constant(8)) }, digits(fc.integer({ min: 1, max: 10 }))))
  .map(([before, after]) => `${before}.${after}`);
const number = fc.oneof({ weight: 20, arbitrary: decimal }, whole, fc.constant("0.00000000"));
const pairs = fc.array(fc.tuple(number, number), { maxLength: 12 });
const OTHER_BYTES = [...'0123456789.,[]"-e: x\\'];

/** What the fast path makes of the text; undefined where it gives up. */
function readFast(text: string): unknown {
  const cursor = new BookCursor();
  const levels = new BookLevels(4);
  cursor.begin(new TextEncoder().encode(`<${text}`).subarray(1));
  cursor.useUnit(0);
  if (!cursor.pairs(levels, BID) || !cursor.atEnd) return undefined;
  const finest = levels.length === 0 ? undefined : { price: cursor.finestPrice, size: cursor.finestSize };
  return { levels: shown(levels), finest, decimals: [cursor.priceDecimals, cursor.sizeDecimals] };
}

/** What the text says, by way of JSON and BigInt; undefined where it is no list of levels that can be stored. */
function readSlowly(text: string): unknown {
  const texts = levelTexts(text);
  const levels = new BookLevels(4);
  if (texts === undefined || fillLevels(texts, { index: 0, unitExponent: 0 }, levels) !== undefined) return undefined;
  const most = (of: (level: LevelText) => string): number =>
    Math.max(0, ...texts.map((level) => decimalsOf(of(level))));
  return {
    levels: shown(levels),
    finest: finestOf(texts),
    decimals: [most(({ price }) => price), most(({ size }) => size)],
  };
}

function levelTexts(text: string): readonly LevelText[] | undefined {
  try {
    const list = JSON.parse(text) as readonly (readonly string[])[];
    return list.map(([price, size, ...more]) => {
      const isPair = /^(0|[1-9]\d*)(\.\d+)?$/;
      if (more.length > 0 || !isPair.test(price ?? "") || !isPair.test(size ?? "")) throw new Error("no pair");
      return { side: BID, price: price ?? "", size: size ?? "" };
    });
  } catch {
    return undefined;
  }
}

function shown({ length, side, price, size }: BookLevels): readonly string[] {
  return Array.from({ length }, (_, row) => `${side[row]} ${price.get(row)} ${size.get(row)}`);
}

test("levels are read as JSON and BigInt read them, whatever their digits", () => {
  fc.assert(
    fc.property(pairs, (levels) => {
      const text = JSON.stringify(levels);
      const fast = readFast(text);
      if (fast !== undefined) expect(fast).toEqual(readSlowly(text));
    }),
    { numRuns: 1000 },
  );
});

test("levels of eight decimals are never left to the slow path, up to seven digits before the point", () => {
  const plain = fc
    .tuple(fc.integer({ min: 0, max: 9_999_999 }), digits(fc.constant(8)))
    .map(([before, after]) => `${before}.${after}`);
  const price = plain.filter((text) => Number(text) > 0);
  fc.assert(
    fc.property(fc.array(fc.tuple(price, plain), { maxLength: 12 }), (levels) => {
      const fast = readFast(JSON.stringify(levels));
      expect(fast).toBeDefined();
      expect(fast).toEqual(readSlowly(JSON.stringify(levels)));
    }),
    { numRuns: 1000 },
  );
});

test("a spoiled byte is never read as a level", () => {
  const spoiled = fc
    .tuple(pairs, fc.nat(), fc.constantFrom(...OTHER_BYTES), fc.constantFrom(0, 1))
    .map(([levels, place, byte, length]) => {
      const text = JSON.stringify(levels);
      const at = place % (text.length + 1);
      return text.slice(0, at) + byte + text.slice(at + length);
    });
  fc.assert(
    fc.property(spoiled, (text) => {
      const fast = readFast(text);
      if (fast !== undefined) expect(fast).toEqual(readSlowly(text));
    }),
    { numRuns: 2000 },
  );
});
