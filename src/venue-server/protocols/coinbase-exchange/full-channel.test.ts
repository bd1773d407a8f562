import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BareClient } from "../../testing/bare-client.ts";
import { has } from "../../testing/dialogues.ts";
import { startVenueServer, type VenueServer } from "../../venue-server.ts";

const FEED = "coinbase-exchange";
const ASK_FULL = { type: "subscribe", product_ids: ["BTC-USD"], channels: ["full"] };

let server: VenueServer;
beforeAll(async () => {
  server = await startVenueServer({
    source: { kind: "market", seed: 5, tradesPerSecond: 40, firstTradeId: 1000, feeds: [FEED], assets: ["BTC"] },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

interface Message {
  readonly type: string;
  readonly sequence: number;
  readonly side: "buy" | "sell";
  readonly [field: string]: unknown;
}

interface Answer {
  readonly sequence: number;
  readonly bids: readonly (readonly [string, string, string])[];
  readonly asks: readonly (readonly [string, string, string])[];
}

const book = async (level: number): Promise<Answer> =>
  (await (await fetch(`${server.restUrl(FEED)}/products/BTC-USD/book?level=${level}`)).json()) as Answer;

/** Orders by id, as a client that follows the documented procedure keeps them; sizes × 10^8. */
class Orders {
  readonly orders = new Map<string, { side: string; price: number; size: number }>();

  constructor({ bids, asks }: Answer) {
    for (const [side, list] of [["buy", bids] as const, ["sell", asks] as const])
      for (const [price, size, id] of list) this.orders.set(id, { side, price: Number(price), size: units(size) });
  }

  take(message: Message): void {
    const id = String(message["order_id"] ?? message["maker_order_id"]);
    const order = this.orders.get(id);
    const price = Number(message["new_price"] ?? message["price"]);
    if (message.type === "open") {
      expect(order).toBeUndefined();
      this.orders.set(id, { side: message.side, price, size: units(message["remaining_size"]) });
    } else if (message.type === "match") {
      expect(order).toMatchObject({ side: message.side, price });
      if (order !== undefined) order.size -= units(message["size"]);
      expect(order?.size).toBeGreaterThanOrEqual(0);
    } else if (message.type === "change" && order !== undefined) {
      Object.assign(order, { price, size: units(message["new_size"]) });
    } else if (message.type === "done" && order !== undefined) {
      expect(order.size).toBe(units(message["remaining_size"]));
      this.orders.delete(id);
    }
    const prices = (side: string) =>
      [...this.orders.values()].filter((one) => one.side === side).map((one) => one.price);
    expect(Math.max(0, ...prices("buy"))).toBeLessThan(Math.min(1e12, ...prices("sell")));
  }
}

function units(size: unknown): number {
  return Math.round(Number(size) * 1e8);
}

test("every order's life is told, numbered without a hole, and leads from one answered book to the next", async () => {
  await using client = await BareClient.connect(server.url(FEED));
  client.say(ASK_FULL);
  expect(await client.json()).toMatchObject({ type: "subscriptions", channels: [{ name: "full" }] });
  await client.next(has('"type":"match"'));
  server.pause();
  const first = await book(3);
  server.resume();
  await client.hear(20, has('"type":"match"'));
  server.pause();
  const last = await book(3);
  await client.next(has(`"sequence":${last.sequence}}`)).catch(() => undefined);
  const told = client.heard.filter(has('"product_id":"BTC-USD"')).map((text) => JSON.parse(text) as Message);
  expect(told.map(({ sequence }) => sequence)).toEqual(told.map((_, index) => (told[0]?.sequence ?? 0) + index));
  const orders = new Orders(first);
  for (const message of told) if (message.sequence > first.sequence) orders.take(message);
  expect(orders.orders).toEqual(new Orders(last).orders);
  expect(new Set(told.map(({ type }) => type))).toEqual(new Set(["received", "open", "match", "done", "change"]));
  const reasons = new Set(told.filter(({ type }) => type === "change").map((message) => message["reason"]));
  expect(reasons).toEqual(new Set(["STP", "modify_order"]));
  server.resume();
});

test("the book is answered in three depths, of one and the same state", async () => {
  await using client = await BareClient.connect(server.url(FEED));
  client.say(ASK_FULL);
  await client.next(has('"type":"match"'));
  server.pause();
  const [best, levels, orders] = [await book(1), await book(2), await book(3)];
  server.resume();
  expect([levels.sequence, orders.sequence]).toEqual([best.sequence, best.sequence]);
  for (const side of ["bids", "asks"] as const) {
    expect(best[side]).toEqual(levels[side].slice(0, 1));
    for (const [price, size, count] of levels[side]) {
      const there = orders[side].filter((order) => order[0] === price);
      expect([there.length, there.reduce((sum, order) => sum + units(order[1]), 0)]).toEqual([count, units(size)]);
    }
  }
  const status = async (path: string) => (await fetch(`${server.restUrl(FEED)}/products/${path}`)).status;
  expect([await status("NO-USD/book?level=3"), await status("BTC-USD/book?level=4")]).toEqual([404, 400]);
});

test("what happened while nobody listened has left its mark on the numbers", async () => {
  const subscribed = async (): Promise<number> => {
    await using client = await BareClient.connect(server.url(FEED));
    client.say(ASK_FULL);
    await client.next(has('"type":"match"'));
    return (JSON.parse(client.heard.at(-1) ?? "{}") as Message).sequence;
  };
  await subscribed();
  server.pause();
  const before = (await book(3)).sequence;
  server.resume();
  while ((await book(3)).sequence < before + 2) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await subscribed()).toBeGreaterThan(before + 2);
});

test("of a recording, who subscribes full gets its matches too", async () => {
  const folder = mkdtempSync(join(tmpdir(), "k2-full-"));
  const line = (fields: string, second: number): string =>
    JSON.stringify({
      t: "recv",
      conn: "0",
      ts: 1_763_712_000 + second,
      data: `{${fields},"side":"sell","product_id":"BTC-USD","time":"2025-11-21T08:00:0${second}.000000Z"}`,
    });
  const path = join(folder, "full.jsonl");
  writeFileSync(
    path,
    [
      '{"t":"header","conn":"0"}',
      line('"type":"open","sequence":1,"order_id":"a","price":"5","remaining_size":"1"', 0),
      line(
        '"type":"match","sequence":2,"trade_id":7,"maker_order_id":"a","taker_order_id":"b","price":"5","size":"1"',
        1,
      ),
    ].join("\n"),
  );
  try {
    await using replay = await startVenueServer({
      source: { kind: "captures", captures: [{ feed: FEED, paths: [path] }] },
      speed: "max",
      paused: true,
    });
    await using client = await BareClient.connect(replay.url(FEED));
    client.say(ASK_FULL);
    await client.next(has("subscriptions"));
    replay.resume();
    await replay.finished;
    await client.next(has('"type":"match"'));
    expect(client.heard.filter(has('"sequence"'))).toHaveLength(2);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
