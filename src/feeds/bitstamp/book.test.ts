import { describe, expect, test } from "vitest";
import { ASK, BID, type BookReader } from "../../domain/index.ts";
import { KeepingContext } from "../decode/test-book-context.ts";
import { frame } from "../decode/test-support.ts";
import { createBitstampBookReader } from "./book-reader.ts";
import * as fixtures from "./fixtures.ts";

function started(channel: string): { readonly reader: BookReader; readonly context: KeepingContext } {
  const context = new KeepingContext();
  context.isCollecting = true;
  return { context, reader: createBitstampBookReader({ channels: ["live_trades", channel] }) };
}

function snapshotAt(microtimestamp: string): Uint8Array {
  return frame(fixtures.SNAPSHOT.body.replace("1763712000200000", microtimestamp));
}

const verdicts = ({ messages }: KeepingContext) => messages.map(({ verdict, sequence }) => [verdict, sequence]);

describe("diff_order_book", () => {
  test("changes wait for the snapshot; those after its time go on from it, orders at one price summed", () => {
    const { context, reader } = started("diff_order_book");
    for (const text of [fixtures.TRADE, fixtures.DIFFERENCE, fixtures.DIFFERENCE_NEXT])
      reader.read(frame(text), context);
    reader.fetched?.(fixtures.SNAPSHOT.url, frame(fixtures.SNAPSHOT.body), context);
    expect(verdicts(context)).toEqual([
      ["early", 1_763_712_000_100_000],
      ["early", 1_763_712_000_250_000],
      ["replace", 1_763_712_000_200_000],
      ["old", 1_763_712_000_100_000],
      ["apply", 1_763_712_000_250_000],
    ]);
    // Each has a place of its own, behind the snapshot's.
    expect(context.messages.slice(2).map(({ frameIndex }) => frameIndex)).toEqual([0, 1, 2]);
    const book = context.books.get("book btcusd");
    expect(book?.isProven).toBe(true);
    expect([book?.book.bids.price(0), book?.book.bids.size(0), book?.book.bids.size(1)]).toEqual([
      8_501_231_000_000n,
      25_000_000n,
      50_000_000n,
    ]);
    expect([context.refusals, context.losses]).toEqual([[], []]);
  });

  test("a snapshot from before the first change that was kept proves nothing, nor one before any came", () => {
    const { context, reader } = started("diff_order_book");
    reader.fetched?.(fixtures.SNAPSHOT.url, frame(fixtures.SNAPSHOT.body), context);
    reader.read(frame(fixtures.DIFFERENCE), context);
    reader.fetched?.(fixtures.SNAPSHOT.url, snapshotAt("1763712000099999"), context);
    expect(verdicts(context).map(([verdict]) => verdict)).toEqual(["gap", "early", "gap"]);
    expect(context.messages[2]?.detail).toMatch(/before the first change that was kept/);
    reader.fetched?.(fixtures.SNAPSHOT.url, snapshotAt("1763712000100000"), context);
    expect(
      verdicts(context)
        .slice(3)
        .map(([verdict]) => verdict),
    ).toEqual(["replace", "old"]);
  });

  test("a time that falls breaks the book, and an old snapshot does not mend it", () => {
    const { context, reader } = started("diff_order_book");
    reader.read(frame(fixtures.DIFFERENCE), context);
    reader.fetched?.(fixtures.SNAPSHOT.url, frame(fixtures.SNAPSHOT.body), context);
    reader.read(frame(fixtures.DIFFERENCE_NEXT), context);
    reader.read(frame(fixtures.DIFFERENCE_NEXT.replace("250000", "240000")), context);
    reader.fetched?.(fixtures.SNAPSHOT.url, frame(fixtures.SNAPSHOT.body), context);
    expect(
      verdicts(context)
        .slice(3)
        .map(([verdict]) => verdict),
    ).toEqual(["apply", "gap", "gap"]);
  });

  test("a frame that cannot be read loses the books, for nothing tells what it held", () => {
    const { context, reader } = started("diff_order_book");
    reader.read(frame(fixtures.DIFFERENCE), context);
    reader.fetched?.(fixtures.SNAPSHOT.url, frame(fixtures.SNAPSHOT.body), context);
    expect(reader.read(frame('{"data":'), context)).toBe("refused");
    reader.read(frame(fixtures.DIFFERENCE_NEXT), context);
    expect([context.losses.length, context.messages.at(-1)?.verdict]).toEqual([1, "early"]);
    expect(reader.fetched?.(fixtures.SNAPSHOT.url, frame('{"error":"none"}'), context)).toBe("refused");
    expect(reader.fetched?.("https://venue.example/api/v2/ticker/btcusd/", frame("{}"), context)).toBe("other");
  });
});

test("order_book is a whole book each time", () => {
  const { context, reader } = started("order_book");
  for (const text of [fixtures.BEST_LEVELS, fixtures.BEST_LEVELS, fixtures.DIFFERENCE])
    reader.read(frame(text), context);
  expect(context.messages.map(({ verdict, depth }) => [verdict, depth])).toEqual([
    ["replace", 100],
    ["replace", 100],
  ]);
});

describe("live_orders", () => {
  const begin = fixtures.ORDER_CREATED.replace("210000", "190000").replaceAll("106", "102").replaceAll("0.75", "0.3");

  test("orders make the book's levels: created, changed, deleted", () => {
    const { context, reader } = started("live_orders");
    reader.read(frame(begin), context);
    reader.fetched?.(fixtures.SNAPSHOT.url, frame(fixtures.SNAPSHOT.body), context);
    for (const text of [fixtures.ORDER_CREATED, fixtures.ORDER_CHANGED, fixtures.ORDER_DELETED])
      reader.read(frame(text), context);
    expect(verdicts(context).map(([verdict]) => verdict)).toEqual([
      "early",
      "replace",
      "old",
      "apply",
      "apply",
      "apply",
    ]);
    expect(context.messages.slice(3).map(({ levels }) => levels)).toEqual([
      [[BID, 8_501_230_000_000n, 125_000_000n]],
      [[ASK, 8_501_240_000_000n, 150_000_000n]],
      [[BID, 8_501_220_000_000n, 0n]],
    ]);
    expect([context.refusals, context.losses]).toEqual([[], []]);
  });

  test("events of dead orders, and of orders that never rested, change nothing", () => {
    const { context, reader } = started("live_orders");
    reader.read(frame(begin), context);
    reader.fetched?.(fixtures.SNAPSHOT.url, frame(fixtures.SNAPSHOT.body), context);
    const gone = fixtures.ORDER_CREATED.replace("order_created", "order_deleted");
    const market = fixtures.ORDER_CREATED.replaceAll("106", "107").replace("85012.30", "0.00");
    for (const text of [gone, fixtures.ORDER_CREATED, market]) reader.read(frame(text), context);
    expect(
      verdicts(context)
        .slice(3)
        .map(([verdict]) => verdict),
    ).toEqual(["old", "old", "old"]);
    expect(context.books.get("book btcusd")?.book.bids.size(0)).toBe(50_000_000n);
  });

  test("a reader that is given what another saved goes on as that one would: orders and the dead", () => {
    const gone = fixtures.ORDER_CREATED.replace("order_created", "order_deleted");
    const frames = [begin, fixtures.ORDER_CREATED, fixtures.ORDER_CHANGED, gone, fixtures.ORDER_CREATED];
    const seenOf = (restoredAt: number): unknown => {
      const { context, reader } = started("live_orders");
      let going = reader;
      for (const [index, text] of frames.entries()) {
        going.read(frame(text), context);
        if (index === 1) going.fetched?.(fixtures.SNAPSHOT.url, frame(fixtures.SNAPSHOT.body), context);
        if (index !== restoredAt) continue;
        const saved = going.save?.() ?? "";
        going = createBitstampBookReader({ channels: ["live_orders"] });
        going.restore?.(saved);
        expect(going.save?.()).toBe(saved);
      }
      return context.seen();
    };
    const whole = seenOf(-1);
    for (const index of frames.keys()) expect(seenOf(index)).toEqual(whole);
    expect(JSON.stringify(whole, (_, value) => (typeof value === "bigint" ? String(value) : value))).toContain(
      "replace",
    );
  });

  test("events of before the snapshot wait for it, and a snapshot without ids proves nothing", () => {
    const { context, reader } = started("live_orders");
    expect(reader.fetched?.(fixtures.SNAPSHOT.url, frame(fixtures.SNAPSHOT.body), context)).toBe("other");
    for (const text of [begin, fixtures.ORDER_CHANGED]) reader.read(frame(text), context);
    const nameless = fixtures.SNAPSHOT.body.replace(',"101"', "");
    reader.fetched?.(fixtures.SNAPSHOT.url, frame(nameless), context);
    expect(context.messages.at(-1)).toMatchObject({ verdict: "gap", detail: /without an id/ });
    reader.fetched?.(fixtures.SNAPSHOT.url, frame(fixtures.SNAPSHOT.body), context);
    expect(
      verdicts(context)
        .slice(3)
        .map(([verdict]) => verdict),
    ).toEqual(["replace", "old", "apply"]);
    expect(context.books.get("book btcusd")?.book.asks.size(0)).toBe(150_000_000n);
  });

  test.each([
    fixtures.ORDER_CHANGED.replace('"id_str":"104"', '"id_str":"x"'),
    fixtures.ORDER_CHANGED.replace('"order_type":1', '"order_type":7'),
    fixtures.ORDER_CHANGED.replace('"1.50000000"', '"much"'),
    fixtures.ORDER_CHANGED.replace("1763712000220000", "1763712000"),
    fixtures.ORDER_CHANGED.replace('"1.50000000"', '"1.123456789"'),
  ])("%s is refused, and its book is not proven without it", (text) => {
    const { context, reader } = started("live_orders");
    reader.read(frame(begin), context);
    reader.fetched?.(fixtures.SNAPSHOT.url, frame(fixtures.SNAPSHOT.body), context);
    reader.read(frame(text), context);
    reader.read(frame(fixtures.ORDER_DELETED), context);
    expect(context.refusals).toHaveLength(1);
    expect(
      verdicts(context)
        .slice(3)
        .map(([verdict]) => verdict),
    ).toEqual(["gap", "early"]);
  });
});
