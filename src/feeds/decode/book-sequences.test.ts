import fc from "fast-check";
import { expect, test } from "vitest";
import { ASK, BID, BookLevels, OrderBook } from "../../domain/index.ts";
import { DepthSequence } from "../binance/book-sequence.ts";
import { BookSequence as BybitSequence } from "../bybit/book-sequence.ts";
import { BookSequence as OkxSequence } from "../okx/book-sequence.ts";

/*
 * However messages are lost, repeated and overtaken by snapshots: a book that its sequence vouches for is the venue's.
 * The venue is a list of updates, each of one level; its book after any of them is known.
 */
interface Update {
  /** Grows; on Binance's futures ids of other symbols lie between. */
  readonly id: number;
  readonly side: number;
  readonly price: number;
  readonly size: number;
}

/** Updates that one message tells together. */
type Message = readonly [Update, ...Update[]];

interface Scenario {
  readonly messages: readonly Message[];
  /** For each message: how often it comes, and the snapshot that comes before it, if any: how many ids off. */
  readonly deliveries: readonly { readonly copies: number; readonly snapshotOff: number | undefined }[];
}

const update = fc.record({
  side: fc.constantFrom(BID, ASK),
  price: fc.integer({ min: 1, max: 9 }),
  size: fc.integer({ min: 0, max: 5 }),
  /** How far the id is from the one before. */
  step: fc.integer({ min: 1, max: 4 }),
});

const delivery = fc.record({
  copies: fc.constantFrom(0, 1, 1, 1, 1, 1, 1, 2),
  snapshotOff: fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.integer({ min: -9, max: 9 }) },
  ),
});

/** @param hasHoles whether ids grow by more than one */
function scenarios(hasHoles: boolean): fc.Arbitrary<Scenario> {
  const messages = fc.array(fc.array(update, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 25 });
  return messages.chain((groups) => {
    let id = 100;
    const numbered = groups.map((group) =>
      group.map(({ step, ...rest }) => {
        id += hasHoles ? step : 1;
        return { ...rest, id };
      }),
    );
    return fc.record({
      messages: fc.constant(numbered as unknown as readonly Message[]),
      deliveries: fc.array(delivery, { minLength: groups.length, maxLength: groups.length }),
    });
  });
}

/** The venue's book after the updates up to an id, as columns. */
function snapshotAt({ messages }: Scenario, id: number): BookLevels {
  return columns(messages.flat().filter((each) => each.id <= id));
}

function columns(updates: readonly Update[]): BookLevels {
  const last = new Map(updates.map((each) => [`${each.side} ${each.price}`, each]));
  const levels = new BookLevels();
  for (const { side, price, size } of last.values()) levels.push(side, { price: BigInt(price), size: BigInt(size) });
  return levels;
}

function expectEqual(book: OrderBook, truth: BookLevels): void {
  const expected = new OrderBook();
  expected.replace(truth);
  for (const side of ["bids", "asks"] as const) {
    const levels = ({ [side]: each }: OrderBook): readonly (readonly [number, number])[] =>
      Array.from({ length: each.length }, (_, rank) => [each.priceNumber(rank), each.sizeNumber(rank)]);
    expect(levels(book)).toEqual(levels(expected));
  }
}

const idsOf = (message: Message): { readonly first: number; readonly last: number } => ({
  first: message[0].id,
  last: message.at(-1)?.id ?? 0,
});

/** @returns how many messages were applied */
function playBinance(scenario: Scenario, isFutures: boolean): number {
  const sequence = new DepthSequence();
  const book = new OrderBook();
  let early: { readonly message: Message; readonly previous: number | undefined }[] = [];
  let applied = 0;
  const take = (event: (typeof early)[number]): void => {
    const verdict = sequence.take({ ...idsOf(event.message), previous: event.previous });
    if (verdict === "early") early.push(event);
    if (verdict !== "apply") return;
    applied += 1;
    book.apply(columns(event.message));
    expectEqual(book, snapshotAt(scenario, idsOf(event.message).last));
  };
  for (const [index, message] of scenario.messages.entries()) {
    const { copies, snapshotOff } = scenario.deliveries[index] ?? { copies: 1, snapshotOff: undefined };
    if (snapshotOff !== undefined) {
      const at = idsOf(message).first + snapshotOff;
      book.replace(snapshotAt(scenario, at));
      sequence.startFrom(at);
      const waiting = early;
      early = [];
      for (const event of waiting) take(event);
    }
    const before = scenario.messages[index - 1];
    const previous = isFutures ? (before === undefined ? 99 : idsOf(before).last) : undefined;
    for (let copy = 0; copy < copies; copy += 1) take({ message, previous });
  }
  return applied;
}

test.each([
  ["spot", false],
  ["futures", true],
] as const)("Binance %s", (_market, isFutures) => {
  let applied = 0;
  fc.assert(
    fc.property(scenarios(isFutures), (scenario) => {
      applied += playBinance(scenario, isFutures);
    }),
    { numRuns: 500 },
  );
  expect(applied).toBeGreaterThan(500);
});

/** Messages numbered one by one, snapshots in the same stream: Bybit and OKX. */
function playStream(
  scenario: Scenario,
  take: (message: { readonly isSnapshot: boolean; readonly number: number }) => string,
): number {
  const book = new OrderBook();
  let applied = 0;
  for (const [index, message] of scenario.messages.entries()) {
    const { copies, snapshotOff } = scenario.deliveries[index] ?? { copies: 1, snapshotOff: undefined };
    const before = scenario.messages[index - 1];
    if (
      snapshotOff !== undefined &&
      before !== undefined &&
      take({ isSnapshot: true, number: index - 1 }) === "replace"
    )
      book.replace(snapshotAt(scenario, idsOf(before).last));
    for (let copy = 0; copy < copies; copy += 1) {
      if (take({ isSnapshot: false, number: index }) !== "apply") continue;
      applied += 1;
      book.apply(columns(message));
      expectEqual(book, snapshotAt(scenario, idsOf(message).last));
    }
  }
  return applied;
}

test("Bybit", () => {
  let applied = 0;
  fc.assert(
    fc.property(scenarios(false), (scenario) => {
      const sequence = new BybitSequence();
      applied += playStream(scenario, ({ isSnapshot, number }) =>
        sequence.take({ type: isSnapshot ? "snapshot" : "delta", u: number + 1 }),
      );
    }),
    { numRuns: 500 },
  );
  expect(applied).toBeGreaterThan(500);
});

test("OKX", () => {
  let applied = 0;
  fc.assert(
    fc.property(scenarios(false), (scenario) => {
      const sequence = new OkxSequence();
      const seqId = (number: number): number => 1000 + number * 7;
      applied += playStream(scenario, ({ isSnapshot, number }) =>
        sequence.take({
          action: isSnapshot ? "snapshot" : "update",
          seqId: seqId(number),
          prevSeqId: isSnapshot ? -1 : seqId(number - 1),
        }),
      );
    }),
    { numRuns: 500 },
  );
  expect(applied).toBeGreaterThan(500);
});
