import { afterEach, beforeEach, expect, test } from "vitest";
import { type Message, NO_ROWS, TestApi, TestClient, tradeBatch } from "../test-api.ts";

let api: TestApi;
let client: TestClient;
beforeEach(async () => {
  api = await TestApi.open({ streamLimits: { subscriptionsPerClientMax: 3 } });
  client = await api.connect();
});
afterEach(async () => {
  await api[Symbol.asyncDispose]();
});

const trades = (id: number): object => ({ op: "subscribe", id, channel: "trades" });
const publish = (...ids: number[]): void =>
  api.server.hub.publishTrades(tradeBatch(ids.map((id) => ({ id: BigInt(id) }))));

/*
 * The states of a subscription and what each request does in each. `none`: not there. `live`: its snapshot is out.
 * (`waiting`, between the two, exists for bars: below.)
 */
const table: readonly (readonly [state: "none" | "live", request: object, answer: object, after: "none" | "live"])[] = [
  ["none", trades(1), { type: "snapshot", id: 1, sequence: 0, rows: [] }, "live"],
  ["none", { op: "unsubscribe", id: 1 }, { type: "unsubscribed", id: 1 }, "none"],
  ["none", { op: "ping", id: 1 }, { type: "pong", id: 1 }, "none"],
  ["live", trades(1), { type: "error", id: 1, code: "K2_INVALID_INPUT", remedy: "fix-input" }, "live"],
  ["live", { op: "unsubscribe", id: 1 }, { type: "unsubscribed", id: 1 }, "none"],
  ["live", { op: "ping", id: 1 }, { type: "pong", id: 1 }, "live"],
  ["live", { op: "subscribe", id: 1, channel: "bars" }, { type: "error", id: 1, code: "K2_INVALID_INPUT" }, "live"],
  ["live", { op: "subscribe", id: 1 }, { type: "error", id: 1, code: "K2_INVALID_INPUT" }, "live"],
];

test.each(table)("in state %s %o is answered %o, and then it is %s", async (state, request, answer, after) => {
  if (state === "live") await client.ask(trades(1));
  expect(await client.ask(request)).toMatchObject(answer);
  publish(7);
  const messages = await client.drain();
  expect(messages.map(({ type, id, sequence, rows }) => [type, id, sequence, rows?.[0]?.["tradeId"]])).toEqual(
    after === "live" ? [["update", 1, 1, "7"]] : [],
  );
});

test("the welcome says the mode and the version", async () => {
  const fresh = new TestClient(`${api.url.replace("http", "ws")}/v1/stream`);
  expect(await fresh.next()).toEqual({ type: "welcome", mode: "simulated", version: "9.9.9" });
  fresh.socket.terminate();
});

const EXAMPLE = '{"op":"subscribe","id":1,"channel":"trades","symbol":"BTC-USDT-SPOT"}';

test.each([
  ["not JSON", "{", `Not a JSON object: "{". Write for example ${EXAMPLE}`, undefined],
  ["a list", "[1]", `Not a JSON object: "[1]". Write for example ${EXAMPLE}`, undefined],
  ["null", "null", `Not a JSON object: "null". Write for example ${EXAMPLE}`, undefined],
  ["no op", '{"id":4}', "op is undefined; write subscribe, unsubscribe or ping", 4],
  ["another op", '{"op":"halt","id":4}', 'op is "halt"; write subscribe, unsubscribe or ping', 4],
  ["an op of another type", '{"op":["ping"],"id":4}', 'op is ["ping"]; write subscribe, unsubscribe or ping', 4],
  ["no id", '{"op":"ping"}', "The field id is missing", undefined],
  ["a text as id", '{"op":"ping","id":"1"}', 'id is "1"; write a whole number', undefined],
  ["a negative id", '{"op":"ping","id":-1}', "id is -1; the least is 0", undefined],
  ["no channel", '{"op":"subscribe","id":1}', "The field channel is missing", 1],
  [
    "another channel",
    '{"op":"subscribe","id":1,"channel":"books"}',
    'channel is "books"; write trades or bars or quotes or book or book_changes or health',
    1,
  ],
  [
    "several wrong fields",
    '{"op":"subscribe","id":1,"channel":"bars","symbol":"btc","venue":"X","interval":"2m","snapshot":5001,"depth":1}',
    'No field is called "depth"; there are op, id, channel, symbol, venue, snapshot, interval. ' +
      'symbol: Not an instrument id: "btc". Write for example BTC-USDT-SPOT, BTC-USDT-PERP, BTC-USD:BTC-FUT-20261225 or AAPL-XNAS-EQ. ' +
      'venue: Not a venue: "X". Write it as /v1/instruments does, for example binance or bybit-linear. ' +
      'snapshot is 5001; the most is 5000. interval is "2m"; write 1s or 1m or 5m or 15m or 30m or 1h or 4h or 1d',
    1,
  ],
  [
    "an interval of trades",
    '{"op":"subscribe","id":1,"channel":"trades","interval":"1m"}',
    'No field is called "interval"; there are op, id, channel, symbol, venue, snapshot',
    1,
  ],
])("%s is answered with all that is wrong, and the connection goes on", async (_name, text, detail, id) => {
  const answer = await client.ask(text);
  expect(answer).toMatchObject({ type: "error", code: "K2_INVALID_INPUT", remedy: "fix-input" });
  const sorted = (whole = ""): readonly string[] => whole.split(". ").sort();
  expect(sorted(answer.detail)).toEqual(sorted(detail));
  expect(answer.id).toBe(id);
  expect(await client.ask({ op: "ping", id: 1 })).toEqual({ type: "pong", id: 1 });
});

test("a binary frame ends the connection with 1003, a frame beyond 64 KiB with 1009", async () => {
  client.socket.send(Buffer.from(JSON.stringify(trades(1))), { binary: true });
  expect(await client.next()).toMatchObject({ type: "error", code: "K2_INVALID_INPUT" });
  expect(await client.closed).toEqual({ code: 1003, reason: "text frames only" });
  const another = await api.connect();
  another.send("x".repeat(64 * 1024 + 1));
  expect((await another.closed).code).toBe(1009);
});

test("a client holds so many subscriptions and no more; ending one makes room", async () => {
  for (const id of [1, 2, 3]) expect((await client.ask(trades(id))).type).toBe("snapshot");
  const refused = await client.ask(trades(4));
  expect(refused).toMatchObject({ type: "error", id: 4, code: "K2_INVALID_INPUT" });
  expect(refused.detail).toContain("A client may hold 3 subscriptions");
  await client.ask({ op: "unsubscribe", id: 2 });
  expect((await client.ask(trades(4))).type).toBe("snapshot");
});

test("sequences count each subscription's messages from 0 without a hole, and start anew", async () => {
  const messages: Message[] = [];
  client.send(trades(1));
  messages.push(...(await client.drain()));
  publish(1);
  client.send({ ...trades(2), snapshot: 1 });
  messages.push(...(await client.drain()));
  for (const id of [2, 3, 4]) {
    publish(id);
    messages.push(...(await client.drain()));
  }
  const of = (id: number): readonly Message[] => messages.filter((message) => message.id === id);
  const tradeIds = (id: number): readonly unknown[] =>
    of(id).flatMap(({ rows = [] }) => rows.map((row) => row["tradeId"]));
  // The last of a burst may wait for its pause.
  while (tradeIds(1).length < 4 || tradeIds(2).length < 4) messages.push(await client.next());
  for (const id of [1, 2]) {
    expect(of(id).map(({ sequence }) => sequence)).toEqual(of(id).map((_, index) => index));
    expect(of(id).map(({ type }) => type)).toEqual(of(id).map((_, index) => (index === 0 ? "snapshot" : "update")));
    expect(tradeIds(id)).toEqual(["1", "2", "3", "4"]);
  }
  await client.ask({ op: "unsubscribe", id: 1 });
  expect(await client.ask({ ...trades(1), snapshot: 2 })).toMatchObject({
    type: "snapshot",
    id: 1,
    sequence: 0,
    rows: [{ tradeId: "3" }, { tradeId: "4" }],
  });
});

test("health comes with its snapshot and each publishing", async () => {
  expect(await client.ask({ op: "subscribe", id: 9, channel: "health" })).toMatchObject({
    type: "snapshot",
    id: 9,
    sequence: 0,
    rows: [{ ready: true, mode: "simulated" }],
  });
  api.server.hub.publishHealth();
  expect(await client.next()).toMatchObject({ type: "update", id: 9, sequence: 1, rows: [{ ready: true }] });
});

test("bars: while the snapshot is waited for, unsubscribing ends it and the id is free at once", async () => {
  const answers: (() => void)[] = [];
  const query = {
    ...NO_ROWS,
    bars: async (...given: Parameters<typeof NO_ROWS.bars>) => {
      await new Promise<void>((resolve, reject) => {
        answers.push(resolve);
        given[1]?.signal?.addEventListener("abort", () => reject(given[1]?.signal?.reason));
      });
      return await NO_ROWS.bars(...given);
    },
  };
  await using other = await TestApi.open({ query });
  const waiting = await other.connect();
  const bars = { op: "subscribe", id: 1, channel: "bars" };
  waiting.send(bars);
  expect(await waiting.ask(bars), "a second of the same id").toMatchObject({ type: "error", id: 1 });
  expect(await waiting.ask({ op: "unsubscribe", id: 1 })).toEqual({ type: "unsubscribed", id: 1 });
  waiting.send(bars);
  expect(await waiting.drain()).toEqual([]);
  expect(answers.length).toBe(2);
  answers[0]?.();
  answers[1]?.();
  expect(await waiting.next()).toEqual({ type: "snapshot", id: 1, sequence: 0, rows: [] });
});

test("a subscription that fails says why, K2's own errors with their code, and its id is free", async () => {
  const errors = [new TypeError("a secret")];
  const query = { ...NO_ROWS, bars: () => Promise.reject(errors[0]) };
  await using other = await TestApi.open({ query });
  const failing = await other.connect();
  const answer = await failing.ask({ op: "subscribe", id: 1, channel: "bars" });
  expect(answer).toMatchObject({ type: "error", id: 1, code: "K2_INTERNAL", remedy: "report" });
  expect(answer.detail).not.toContain("secret");
  expect(other.logged.at(-1)).toMatchObject({ error: "a secret", id: 1 });
  expect((await failing.ask(trades(1))).type).toBe("snapshot");
});
