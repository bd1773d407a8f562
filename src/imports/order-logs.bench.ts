import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { sharedData } from "../../test/shared-data.ts";
import { type Random, seededRandom } from "../base/index.ts";
import {
  ASK,
  BID,
  L3Book,
  ORDER_ADD,
  ORDER_EXECUTE,
  ORDER_MODIFY,
  ORDER_REDUCE,
  ORDER_REMOVE,
  OrderEvents,
} from "../domain/index.ts";
import { dbnStream, mboRecord } from "./databento/dbn-fixture.ts";
import { appendMboEvent, DbnDecoder, DbnTradeRows, MboBooks } from "./databento/index.ts";
import { LobsterMessages } from "./lobster/index.ts";

export interface OrderLogsBenchOptions {
  /** Events of the made MBO stream. */
  readonly events?: number;
  readonly rounds?: number;
}

/**
 * Order-level books: events a second with the best bid and ask read after each, against two that keep objects in Maps.
 * The floor keeps orders and level sizes alone, and no order of prices at all: it cannot tell a best price. The peer keeps
 * sorted prices and a queue a level, as books in JavaScript mostly do. Doubles in both; K2's numbers are 64 bits.
 */
export async function run({ events = 1_000_000, rounds = 3 }: OrderLogsBenchOptions = {}): Promise<void> {
  console.log(`order logs: best of ${rounds} rounds`);
  const stream = madeStream(events);
  const megabytes = stream.byteLength / 1e6;
  const batch = new OrderEvents(events);
  const decode = (): void => {
    batch.clear();
    new DbnDecoder().write(stream, { record: (record) => appendMboEvent(record, batch) });
  };
  const decodeMs = best(rounds, decode);
  const countMs = best(rounds, () => new DbnDecoder().write(stream, { record: () => true }));
  const rows = new DbnTradeRows();
  const tradeMs = best(rounds, () => {
    new DbnDecoder().write(stream, { record: (record, metadata) => rows.row(record, metadata) !== undefined });
  });
  console.log(
    `DBN, MBO ${megabytes.toFixed(0)} MB: records ${((megabytes / countMs) * 1000).toFixed(0)} MB/s, ` +
      `to columns ${((megabytes / decodeMs) * 1000).toFixed(0)} MB/s (${(events / decodeMs / 1000).toFixed(1)} M/s), ` +
      `searched for trades ${((megabytes / tradeMs) * 1000).toFixed(0)} MB/s`,
  );
  report("made MBO, 20,000 orders", batch, rounds);
  const books = best(rounds, () => replayBooks(batch));
  console.log(`  with a book an instrument and flags: ${(events / books / 1000).toFixed(1)} M/s`);
  const lobster = lobsterEvents();
  if (lobster !== undefined) report("LOBSTER, AMZN 2012-06-21", lobster, rounds);
}

function report(name: string, events: OrderEvents, rounds: number): void {
  const passes = Math.max(1, Math.ceil(300_000 / events.length));
  const time = (step: () => void): number =>
    best(rounds, () => {
      for (let pass = 0; pass < passes; pass += 1) step();
    });
  const k2 = time(() => replay(events));
  const floor = time(() => replayFloor(events));
  const peer = time(() => replayPeer(events));
  const rate = (ms: number): string => ((events.length * passes) / ms / 1000).toFixed(1);
  console.log(
    `${name.padEnd(28)} K2 ${rate(k2)} M/s; floor ${rate(floor)} (${(floor / k2).toFixed(1)}×), ` +
      `peer ${rate(peer)} (${(peer / k2).toFixed(1)}×)`,
  );
}

function replay(events: OrderEvents): void {
  const book = new L3Book();
  let sum = 0;
  for (let row = 0; row < events.length; row += 1) {
    book.apply(events, row);
    if (book.levels.depth(BID) > 0 && book.levels.depth(ASK) > 0)
      sum += book.levels.priceNumber(ASK, 0) - book.levels.priceNumber(BID, 0);
  }
  if (Number.isNaN(sum)) throw new Error("a price is beyond 2^53");
}

function replayBooks(events: OrderEvents): void {
  const books = new MboBooks();
  for (let row = 0; row < events.length; row += 1) books.apply(events, row);
}

interface PlainOrder {
  readonly id: number;
  side: number;
  price: number;
  size: number;
}

/** Orders and level sizes in Maps, prices in no order. */
function replayFloor(events: OrderEvents): void {
  const orders = new Map<number, PlainOrder>();
  const sides = [new Map<number, number>(), new Map<number, number>()] as const;
  const change = (order: PlainOrder, by: number): void => {
    const levels = sides[order.side === BID ? 0 : 1];
    const size = (levels.get(order.price) ?? 0) + by;
    if (size > 0) levels.set(order.price, size);
    else levels.delete(order.price);
  };
  for (let row = 0; row < events.length; row += 1) {
    applyPlain(events, row, orders, change);
  }
}

/** Applies an event to orders in a Map, and tells each change of a level. */
function applyPlain(
  events: OrderEvents,
  row: number,
  orders: Map<number, PlainOrder>,
  change: (order: PlainOrder, by: number, isEnd: boolean) => void,
): void {
  const id = events.order.getNumber(row);
  const size = events.size.getNumber(row);
  const order = orders.get(id);
  const action = events.action[row];
  if (action === ORDER_ADD || (action === ORDER_MODIFY && order !== undefined)) {
    if (order !== undefined) change(order, -order.size, true);
    const next = { id, side: events.side[row] ?? BID, price: events.price.getNumber(row), size };
    orders.set(id, next);
    change(next, size, false);
  } else if (order !== undefined && (action === ORDER_REDUCE || action === ORDER_EXECUTE || action === ORDER_REMOVE)) {
    const taken = action === ORDER_REMOVE ? order.size : Math.min(size, order.size);
    order.size -= taken;
    if (order.size === 0) orders.delete(id);
    change(order, -taken, order.size === 0);
  }
}

interface PlainLevel {
  readonly price: number;
  size: number;
  queue: PlainOrder[];
}

/** Sorted levels with a queue each, best first. */
function replayPeer(events: OrderEvents): void {
  const orders = new Map<number, PlainOrder>();
  const sides: readonly [PlainLevel[], PlainLevel[]] = [[], []];
  let sum = 0;
  const change = (order: PlainOrder, by: number, isEnd: boolean): void => {
    const levels = sides[order.side === BID ? 0 : 1];
    const sign = order.side === BID ? -1 : 1;
    let from = 0;
    let to = levels.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (((levels[middle] as PlainLevel).price - order.price) * sign < 0) from = middle + 1;
      else to = middle;
    }
    let level = levels[from];
    if (level?.price !== order.price) {
      level = { price: order.price, size: 0, queue: [] };
      levels.splice(from, 0, level);
    }
    level.size += by;
    if (by > 0) level.queue.push(order);
    else if (isEnd) level.queue.splice(level.queue.indexOf(order), 1);
    if (level.size <= 0) levels.splice(from, 1);
  };
  for (let row = 0; row < events.length; row += 1) {
    applyPlain(events, row, orders, change);
    sum += (sides[1][0]?.price ?? 0) - (sides[0][0]?.price ?? 0);
  }
  if (Number.isNaN(sum)) throw new Error("a price is no number");
}

/** A seeded stream: some 20,000 resting orders, most changes near the best price, a tenth of them modifications. */
function madeStream(count: number): Uint8Array {
  const random = seededRandom(3);
  const live: Made[] = [];
  const records: Uint8Array[] = [];
  for (let index = 0; index < count; index += 1) {
    const dice = random.int(100);
    const place = random.int(Math.max(1, live.length));
    const order = live[place];
    if (order === undefined || dice < (live.length < 20_000 ? 60 : 44)) {
      live.push(madeOrder(6_412_777_000_000n + BigInt(index) * 3n, random));
      records.push(mboRecord({ action: "A", ...(live.at(-1) as Made) }));
    } else if (dice < 90) {
      records.push(mboRecord({ action: "C", ...order }));
      const last = live.pop() as Made;
      if (place < live.length) live[place] = last;
    } else {
      live[place] = madeOrder(order.order, random, order.side);
      records.push(mboRecord({ action: "M", ...(live[place] as Made) }));
    }
  }
  return dbnStream({ version: 3 }, records);
}

interface Made {
  readonly order: bigint;
  readonly side: string;
  readonly price: bigint;
  readonly size: number;
}
const MIDDLE = 5_528_000_000_000n;
const TICK = 250_000_000n;

function madeOrder(order: bigint, random: Random, side: string = random.int(2) === 0 ? "B" : "A"): Made {
  // The product of two draws is small mostly: most orders rest near the best price.
  const distance = BigInt(Math.floor((random.int(2000) * random.int(1000)) / 1000));
  const price = side === "B" ? MIDDLE - distance * TICK : MIDDLE + TICK + distance * TICK;
  return { order, side, price, size: 1 + random.int(50) };
}

function lobsterEvents(): OrderEvents | undefined {
  const path = sharedData("book-l3/lobster/AMZN_2012-06-21_34200000_57600000_message_1.csv.gz");
  if (path === undefined) return undefined;
  const events = new OrderEvents();
  new LobsterMessages(0).write(gunzipSync(readFileSync(path)), events, () => undefined);
  return events;
}

/** In processor time of this program: what else runs on the machine takes no part in it. */
function best(rounds: number, step: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round <= rounds; round += 1) {
    const start = process.cpuUsage();
    step();
    const { user } = process.cpuUsage(start);
    if (round > 0) least = Math.min(least, user / 1000); // The first round warms up.
  }
  return least;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run();
