import { describe, expect, test } from "vitest";
import type { Frame } from "../../domain/index.ts";
import { BareClient } from "../testing/bare-client.ts";
import {
  BOTH,
  heardTotals,
  isTrade,
  recorded,
  sentTotals,
  settled,
  subscribe,
  tape,
  textOf,
} from "../testing/fixtures.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { startVenueServer } from "../venue-server.ts";

describe("a recording", () => {
  test("is played byte for byte and in order to who subscribed", async () => {
    const frames = recorded(300);
    await using server = await startVenueServer({ source: tape(frames), speed: "max" });
    await using client = await BareClient.connect(server.url("binance"));
    client.say(subscribe(...BOTH));
    await server.finished;
    expect(await client.hear(300, isTrade)).toEqual(frames.map(textOf));
  });

  test("respects subscriptions: by symbol, and bare on raw streams", async () => {
    const frames = recorded(100);
    await using server = await startVenueServer({ source: tape(frames), speed: "max", paused: true });
    await using bitcoin = await BareClient.connect(server.url("binance"));
    await using raw = await BareClient.connect(`${server.url("binance").replace("/stream", "")}/ws/ethusdt@trade`);
    bitcoin.say(subscribe("btcusdt@trade"));
    await bitcoin.next();
    server.resume();
    await server.finished;
    expect(await bitcoin.hear(50, isTrade)).toEqual(frames.map(textOf).filter((text) => text.includes("BTCUSDT")));
    const bare = frames
      .map(textOf)
      .filter((text) => text.includes("ETHUSDT"))
      .map((text) => JSON.stringify((JSON.parse(text) as { data: unknown }).data));
    expect(await raw.hear(50)).toEqual(bare);
  });

  test("verbatim without answers: the recording alone speaks, from the first moment, also what is no trade", async () => {
    const [first, ...rest] = recorded(20);
    const frames = [
      { ...(first as Frame), payload: Buffer.from('{"result":null,"id":1}') },
      ...rest,
      { ...(first as Frame), payload: Buffer.from("not even JSON") },
    ];
    await using server = await startVenueServer({
      source: tape(frames, { mode: "verbatim", answers: false, onEnd: "close" }),
      speed: "max",
    });
    await using client = await BareClient.connect(server.url("binance"));
    client.webSocket.once("open", () => client.say(subscribe("btcusdt@trade")));
    expect(await client.closed).toEqual({ code: 1000, reason: "end of recording" });
    expect(client.heard).toEqual(frames.map(textOf));
  });

  test("verbatim with answers: begins with the first subscription, and answers it", async () => {
    const frames = recorded(20);
    await using server = await startVenueServer({ source: tape(frames, { mode: "verbatim" }), speed: "max" });
    await using client = await BareClient.connect(server.url("binance"));
    client.say(subscribe("solusdt@trade"));
    await server.finished;
    await client.hear(21);
    expect(client.heard).toEqual(['{"result":null,"id":1}', ...frames.map(textOf)]);
  });

  test("stands while nobody listens, and goes on where a client was cut off", async () => {
    const frames = recorded(1000);
    await using server = await startVenueServer({
      source: tape(frames),
      speed: "max",
      faults: { seed: 1, rules: [{ kind: "disconnect", at: [399] }] },
    });
    const client = await BareClient.connect(server.url("binance"));
    client.say(subscribe(...BOTH));
    expect((await client.closed).code).toBe(1006);
    await using again = await BareClient.connect(server.url("binance"));
    again.say(subscribe(...BOTH));
    await server.finished;
    expect([...client.heard.filter(isTrade), ...(await again.hear(600, isTrade))]).toEqual(frames.map(textOf));
  });

  test("a rewind sends frames again, without a hole, before it goes on", async () => {
    const frames = recorded(1000);
    await using server = await startVenueServer({
      source: tape(frames),
      speed: "max",
      faults: { seed: 1, rules: [{ kind: "disconnect", at: [399] }] },
    });
    server.rewind({ feed: "binance", frames: 150 });
    const client = await BareClient.connect(server.url("binance"));
    client.say(subscribe(...BOTH));
    await client.closed;
    await using again = await BareClient.connect(server.url("binance"));
    again.say(subscribe(...BOTH));
    await server.finished;
    const heard = await again.hear(750, isTrade);
    expect(heard).toEqual(frames.slice(250).map(textOf));
    const rows = server.ledger().trades;
    expect(rows.map(({ trades, repeats }) => [trades, repeats])).toEqual([
      [500, 75],
      [500, 75],
    ]);
  });

  test("loops, its bytes the same each time", async () => {
    const frames = recorded(10);
    await using server = await startVenueServer({ source: tape(frames, { onEnd: "loop" }), speed: "max" });
    await using client = await BareClient.connect(server.url("binance"));
    client.say(subscribe(...BOTH));
    const heard = await client.hear(35, isTrade);
    expect(heard.slice(0, 30)).toEqual([...frames, ...frames, ...frames].map(textOf));
  });

  test("the ledger equals what the client summed", async () => {
    await using server = await startVenueServer({ source: tape(recorded(500)), speed: "max" });
    await using client = await BareClient.connect(server.url("binance"));
    client.say(subscribe(...BOTH));
    await server.finished;
    await client.hear(500, isTrade);
    const report = server.ledger();
    expect(sentTotals(report, "binance")).toEqual(heardTotals("binance", client.heard));
    expect(report.trades[0]).toMatchObject({ symbol: "BTCUSDT", firstId: "100", lastId: "349", trades: 250 });
    expect(report.feeds).toEqual([{ feed: "binance", connections: 1, frames: 500, refusals: 0, slowClients: 0 }]);
  });
});

test("a price that is no number is played as it was recorded, and not counted", async () => {
  const frames = recorded(4).map((frame, index) =>
    index === 2 ? { ...frame, payload: Buffer.from(textOf(frame).replace('"3.50"', '"NaN"')) } : frame,
  );
  await using server = await startVenueServer({ source: tape(frames), speed: "max" });
  await using client = await BareClient.connect(server.url("binance"));
  client.say(subscribe(...BOTH));
  await server.finished;
  expect((await client.hear(4, isTrade)).filter((text) => text.includes('"NaN"'))).toHaveLength(1);
  const counted = server.ledger().trades.map(({ symbol, trades }) => ({ symbol, trades }));
  expect(counted).toEqual([
    { symbol: "BTCUSDT", trades: 1 },
    { symbol: "ETHUSDT", trades: 2 },
  ]);
});

describe("speed", () => {
  test.each([
    [1, 1000],
    [10, 100],
    [0.1, 10_000],
  ])("at ×%d, one second of recording takes %d ms", async (speed, wallMs) => {
    const clock = new ManualClock();
    await using server = await startVenueServer({ source: tape(recorded(101)), speed, clock, paused: true });
    await using client = await BareClient.connect(server.url("binance"));
    client.say(subscribe(...BOTH));
    await client.next();
    server.resume();
    await clock.advance(wallMs * 0.5, wallMs / 1000);
    const half = (await settled(client)).filter(isTrade).length;
    expect(half).toBeGreaterThanOrEqual(45);
    expect(half).toBeLessThanOrEqual(51);
    await clock.advance(wallMs * 0.55, wallMs / 1000);
    await client.hear(101, isTrade);
  });

  test("a pause stops it, and no frame is lost or hurried", async () => {
    const clock = new ManualClock();
    await using server = await startVenueServer({ source: tape(recorded(101)), clock, paused: true });
    await using client = await BareClient.connect(server.url("binance"));
    client.say(subscribe(...BOTH));
    await client.next();
    server.resume();
    await clock.advance(300);
    server.pause();
    const before = (await settled(client)).length;
    await clock.advance(5000, 10);
    expect((await settled(client)).length).toBe(before);
    server.resume();
    await clock.advance(300);
    const after = (await settled(client)).filter(isTrade).length;
    expect(after).toBeGreaterThanOrEqual(55);
    expect(after).toBeLessThanOrEqual(62);
    server.setSpeed("max");
    await client.hear(101, isTrade);
  });
});
