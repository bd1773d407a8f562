import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ASK, BID, type BookReader } from "../../domain/index.ts";
import { KeepingContext } from "./test-book-context.ts";
import { BOOK_FORMATS } from "./test-book-formats.ts";
import { mutations, spoiled } from "./test-mutations.ts";
import { frame } from "./test-support.ts";

const UNIT_EXPONENTS = [0, 0, 0, 3, 6, 9];
const RUNS = 300;
const OUTCOMES = ["book", "other", "refused"];

type Case = (typeof BOOK_FORMATS)[number];

/** A reader that has taken the snapshot, if the venue's is fetched, and the frames before. */
class Primed {
  readonly context: KeepingContext;
  reader: BookReader;

  constructor(
    { create, snapshot, plain, symbols }: Case,
    options: { readonly onlySlowly: boolean; readonly unitExponent: number | undefined },
  ) {
    const { unitExponent } = options;
    this.context = new KeepingContext({ symbols, ...(unitExponent === undefined ? {} : { unitExponent }) });
    this.context.isCollecting = true;
    this.reader = create(options);
    if (snapshot !== undefined) this.reader.fetched?.(snapshot.url, frame(snapshot.body), this.context);
    for (const text of plain) this.reader.read(frame(text), this.context);
  }

  /** A new reader that goes on from what this one saved, for the same listings. */
  again(format: Case): Primed {
    const again = new Primed({ ...format, plain: [] }, { onlySlowly: false, unitExponent: 0 });
    again.context.shareListings(this.context);
    const reader = format.create({ onlySlowly: false });
    reader.restore?.(this.reader.save?.() ?? "");
    again.reader = reader;
    return again;
  }

  /** What the answer with the snapshot gives, where the venue's is fetched. */
  answered({ snapshot }: Case): unknown {
    if (snapshot === undefined) return undefined;
    return this.#seen(() => this.reader.fetched?.(snapshot.url, frame(snapshot.body), this.context) ?? "other");
  }

  /** What a frame gives, and what another after it. */
  take(payload: Uint8Array): { readonly outcome: string; readonly seen: unknown } {
    return this.#seen(() => this.reader.read(payload, this.context));
  }

  #seen(read: () => string): { readonly outcome: string; readonly seen: unknown } {
    const { messages, refusals, losses } = this.context;
    for (const list of [messages, refusals, losses]) list.length = 0;
    const outcome = read();
    const seen = messages.map(({ checksum, listing, ...rest }) => ({ ...rest, expected: checksum?.expected }));
    return { outcome, seen: [seen, [...refusals], [...losses]] };
  }
}

function bothPaths(format: Case, unitExponent: number): readonly [quick: Primed, slow: Primed] {
  return [
    new Primed(format, { onlySlowly: false, unitExponent }),
    new Primed(format, { onlySlowly: true, unitExponent }),
  ];
}

/** The fast path need not read to its end a frame that is of another channel. */
function expectSame(quick: ReturnType<Primed["take"]>, slow: ReturnType<Primed["take"]>): boolean {
  if (quick.outcome === "other" && slow.outcome !== "book") return false;
  expect(quick).toEqual(slow);
  return true;
}

describe.each(BOOK_FORMATS)("$name", (format) => {
  const { plain, unusual } = format;
  const frames = [...plain, ...unusual];

  test("what the venue sends all day takes the fast path, and gives what the slow path gives", () => {
    const [quick, slow] = bothPaths(format, 0);
    expect([quick.context.refusals, quick.context.losses]).toEqual([[], []]);
    expect(quick.context.messages.length).toBeGreaterThanOrEqual(plain.length);
    for (const text of frames) {
      const taken = quick.take(frame(text));
      expect(taken).toEqual(slow.take(frame(text)));
      expect(taken.outcome).toBe(text.includes("heartbeats") ? "other" : "book");
      expect(quick.context.refusals).toEqual([]);
    }
  });

  test("a listing's first message gives the same on both paths, its unit included, and so does what follows", () => {
    for (const unitExponent of [undefined, 0, 3, 6, 9]) {
      const [quick, slow] = [false, true].map((onlySlowly) => new Primed(format, { onlySlowly, unitExponent }));
      expect(quick?.context.seen()).toEqual(slow?.context.seen());
      expect(quick?.reader.save?.()).toBe(slow?.reader.save?.());
    }
  });

  test("a reader that is given what another saved goes on as that one would, after any frames", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...frames, "{"), { maxLength: 8 }),
        fc.array(fc.constantFrom(...frames), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        (before, after, isPrimed) => {
          const going = new Primed(isPrimed ? format : { ...format, plain: [] }, {
            onlySlowly: false,
            unitExponent: 0,
          });
          for (const text of before) going.take(frame(text));
          const again = going.again(format);
          for (const text of after) expect(again.take(frame(text))).toEqual(going.take(frame(text)));
          expect(again.answered(format)).toEqual(going.answered(format));
          expect(again.reader.save?.()).toBe(going.reader.save?.());
        },
      ),
      { numRuns: RUNS },
    );
  });

  test("frames with other numbers, strings, keys, orders and white space give the same on both paths, and so does the next", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...frames),
        fc.constantFrom(...UNIT_EXPONENTS),
        mutations([...format.symbols, "XRPUSDT"]),
        (text, unit, changes) => {
          const payload = frame(changes.reduce((changed, change) => change(changed), text));
          const [quick, slow] = bothPaths(format, unit);
          if (!expectSame(quick.take(payload), slow.take(payload))) return;
          for (const next of plain) expect(quick.take(frame(next))).toEqual(slow.take(frame(next)));
        },
      ),
      { numRuns: RUNS },
    );
  });

  test("any bytes have an outcome, never an exception, and what cannot be read is refused with its reason", () => {
    const any = fc.oneof(fc.uint8Array({ maxLength: 64 }), spoiled(frames), fc.json().map(frame));
    fc.assert(
      fc.property(any, (payload) => {
        const [quick, slow] = bothPaths(format, 0);
        const taken = quick.take(payload);
        expect(OUTCOMES).toContain(taken.outcome);
        if (taken.outcome === "refused") expect(quick.context.refusals).not.toEqual([]);
        for (const { reason, detail } of quick.context.refusals) expect([reason, detail]).not.toContain("");
        expectSame(taken, slow.take(payload));
      }),
      { numRuns: RUNS },
    );
  });

  test("a level that is no number, is negative, too large or too fine is refused, and its book not proven until the next snapshot", () => {
    for (const wrong of ["NaN", "-1", "Infinity", "1e40", "1e-30", "", "0x10", "99999999999999999999"]) {
      for (const text of plain) {
        const [quick] = bothPaths(format, 0);
        // The size of a level: what stands after its price.
        const spoilt = text.replace(/(85012\.\d+"?(?:,"qty":|,"new_quantity":"|,"[BA]":"|,"))[0-9.]+/, `$1${wrong}`);
        if (spoilt === text) continue;
        const { outcome } = quick.take(frame(spoilt));
        expect([spoilt, outcome === "other"]).toEqual([spoilt, false]);
        expect(quick.context.refusals).toHaveLength(1);
        expect(
          quick.context.messages.filter(({ channel, verdict }) => channel === "quote" || verdict !== "gap"),
        ).toEqual([]);
        for (const next of plain.slice(1)) {
          quick.take(frame(next));
          const unproven = quick.context.messages.filter(({ channel }) => channel === "book");
          if (unproven.some(({ verdict }) => verdict === "replace")) break;
          expect(unproven.map(({ verdict }) => verdict)).not.toContain("apply");
        }
      }
    }
  });

  test("a symbol that is not configured is refused, and the books of the others go on", () => {
    const [symbol = ""] = format.symbols;
    const { create, plain: all, snapshot } = format;
    const context = new KeepingContext({ symbols: ["OTHER"] });
    const reader = create({ onlySlowly: false });
    if (snapshot !== undefined) reader.fetched?.(snapshot.url, frame(snapshot.body), context);
    for (const text of all) reader.read(frame(text), context);
    expect(new Set(context.refusals.map(({ reason }) => reason))).toEqual(new Set(["unknown_symbol"]));
    expect(context.refusals[0]?.rawSymbol).toBe(symbol);
    expect([context.counts, context.losses]).toEqual([{}, []]);
  });

  test("a snapshot or a quote whose bid is at or above its ask is refused", () => {
    for (const text of [...plain, ...(format.snapshot === undefined ? [] : [format.snapshot.body])]) {
      const [quick] = bothPaths(format, 0);
      const { messages } = quick.context;
      if (text !== format.snapshot?.body) quick.take(frame(text));
      const [whole] = messages.filter(({ verdict }) => verdict === "replace");
      if (text !== format.snapshot?.body && (whole === undefined || whole.levels.length < 2)) continue;
      // Every ask is as low as one: below all bids.
      const crossed = text
        .replace(
          /(asks?"?:\[\[?\{?"?(?:price":)?|"as?":\[\["|"a":"|"ask":|\["sell","|"offer",[^}]*"price_level":")85012\.\d+/g,
          "$11.5",
        )
        .replace(/"85012\.50"(?=,"symbol":"BTCUSD","id":\d+,"side":"Sell")/g, '"1.5"')
        .replace('"lastUpdateId":160', '"lastUpdateId":9999999')
        .replace('"lastUpdateId":1027024', '"lastUpdateId":9999999');
      expect(crossed).not.toBe(text);
      const refusals = quick.context.refusals;
      refusals.length = 0;
      if (text === format.snapshot?.body) quick.reader.fetched?.(format.snapshot.url, frame(crossed), quick.context);
      else quick.take(frame(crossed));
      expect(refusals.map(({ reason, detail }) => [reason, detail.slice(0, 7)])).toEqual([["malformed", "crossed"]]);
    }
  });

  test("a frame that is nested deeper than the stack is refused", () => {
    const [quick] = bothPaths(format, 0);
    const deep = "[".repeat(200_000) + "]".repeat(200_000);
    expect(quick.take(frame(deep)).outcome).toBe("refused");
  });
});

test("levels are stored mantissas of the listing's unit, sides as they stand", () => {
  const format = BOOK_FORMATS.find(({ name }) => name === "bybit");
  const [quick] = bothPaths(format as Case, 3);
  quick.take(frame(format?.plain[0] ?? ""));
  expect(quick.context.messages[0]).toMatchObject({
    verdict: "replace",
    channel: "book",
    depth: 50,
    sequence: 24_042_997,
    eventTimeUs: 1_763_712_000_349_000,
    levels: [
      [BID, 8_501_220_000_000_000n, 100_000n],
      [BID, 8_501_210_000_000_000n, 400n],
      [ASK, 8_501_230_000_000_000n, 250_000n],
    ],
  });
});
