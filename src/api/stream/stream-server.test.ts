import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { TestClock } from "../../feeds/test-clock.ts";
import type { HealthReport } from "../health.ts";
import { TestApi, TestClient, testHealth, tradeBatch } from "../test-api.ts";

const UPGRADE = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
};

/** A handshake with exactly these headers; the connection stands where it is answered 101. */
async function handshake(
  api: TestApi,
  { path = "/v1/stream", ...headers }: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly text: string; readonly socket: Socket }> {
  const { hostname, port, host } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  const lines = Object.entries({ host, ...UPGRADE, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
  let text = "";
  while (!text.includes("\r\n\r\n")) text += String((await once(socket, "data"))[0]);
  return { status: Number(text.split(" ")[1]), text, socket };
}

test("our own page and programs may open the stream, no other page", async () => {
  await using api = await TestApi.open();
  const { host } = new URL(api.url);
  const status = async (headers: Readonly<Record<string, string>>): Promise<number> => {
    const answer = await handshake(api, headers);
    answer.socket.destroy();
    return answer.status;
  };
  expect(await status({}), "a program").toBe(101);
  expect(await status({ origin: `http://${host}` }), "our page").toBe(101);
  expect(await status({ origin: `https://${host}` }), "our page behind TLS").toBe(101);
  expect(await status({ path: "/v1/stream?x=1" })).toBe(101);
  expect(await status({ connection: "keep-alive, Upgrade", upgrade: "WebSocket" })).toBe(101);
  for (const origin of ["http://example.com", "null", "http://127.0.0.1:1", `http://${host}.example.com`, "file://"]) {
    expect(await status({ origin }), origin).toBe(403);
  }
  const rebound = { host: "example.com:8420", origin: "http://example.com:8420" };
  expect(await status(rebound), "a page whose name was pointed here").toBe(421);
  expect(await status({ "sec-websocket-version": "7" })).toBe(400);
});

test("a refused upgrade is a proper HTTP answer, with the reason", async () => {
  await using api = await TestApi.open();
  const wrongPath = await handshake(api, { path: "/v2/stream" });
  expect(wrongPath.status).toBe(404);
  expect(wrongPath.text).toMatch(/content-type: application\/problem\+json/);
  expect(wrongPath.text).toContain("K2_REQUEST_REFUSED");
  wrongPath.socket.destroy();
  const plain = await api.get("/v1/stream");
  expect([plain.status, plain.headers.get("upgrade")]).toEqual([426, "websocket"]);
  expect(((await plain.json()) as { detail: string }).detail).toContain(`ws://${new URL(api.url).host}/v1/stream`);
});

test("beyond the limit of clients the next is told to come again", async () => {
  await using api = await TestApi.open({ streamLimits: { clientsMax: 2 } });
  const [first] = [await api.connect(), await api.connect()];
  const refused = await handshake(api);
  expect(refused.status).toBe(503);
  expect(refused.text).toMatch(/retry-after: 1/);
  expect(refused.text).toContain("K2_TOO_MANY_CLIENTS");
  refused.socket.destroy();
  first.socket.close();
  await first.closed;
  await expect
    .poll(async () => {
      const { status, socket } = await handshake(api);
      socket.destroy();
      return status;
    })
    .toBe(101);
});

const SUBSCRIBE = '{"op":"subscribe","id":1,"channel":"trades"}';

/** A masked client frame, by hand: a client that then never reads. */
function maskedFrame(text: string): Buffer {
  return Buffer.concat([Buffer.of(0x81, 0x80 | text.length, 0, 0, 0, 0), Buffer.from(text)]);
}

test("a client that does not read is told K2_SLOW_CONSUMER and cut off; what is unread stays bounded; others go on", async () => {
  const unreadBytesMax = 500_000;
  await using api = await TestApi.open({ streamLimits: { unreadBytesMax, closeMsMax: 100 } });
  const reader = await api.connect();
  await reader.ask(SUBSCRIBE);
  const { socket: sleeper } = await handshake(api);
  sleeper.pause();
  sleeper.write(maskedFrame(SUBSCRIBE));
  await expect.poll(() => metric(api, 'k2_stream_subscriptions{channel="trades"}')).toBe(2);
  let published = 0;
  let read = 0;
  while ((await metric(api, "k2_stream_clients_cut_off_total")) === 0) {
    api.server.hub.publishTrades(
      tradeBatch(Array.from({ length: 1000 }, (_, index) => ({ id: BigInt(published + index) }))),
    );
    published += 1000;
    for (const { type, rows = [] } of await reader.drain()) {
      expect(type).toBe("update");
      for (const row of rows) {
        expect(row["tradeId"]).toBe(String(read));
        read += 1;
      }
    }
    expect(published, "what the kernel holds is bounded, so this ends").toBeLessThan(200_000);
  }
  await expect.poll(() => metric(api, 'k2_stream_subscriptions{channel="trades"}')).toBe(1);
  // Reading at last: everything up to the cut, then the reason, then the close.
  const chunks: Buffer[] = [];
  sleeper.on("data", (chunk: Buffer) => chunks.push(chunk));
  sleeper.on("error", () => {});
  sleeper.resume();
  await once(sleeper, "close");
  const tail = Buffer.concat(chunks).subarray(-600).toString("latin1");
  expect(tail).toContain('"code":"K2_SLOW_CONSUMER","remedy":"resync"');
  expect(tail).toContain(`over the ${unreadBytesMax}`);
  expect(tail.slice(-10)).toContain("too slow");
  await expect.poll(() => metric(api, "k2_stream_clients")).toBe(1);
});

async function metric(api: TestApi, name: string): Promise<number> {
  const text = await api.metrics.expose();
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

test("a cut-off client that never reads is gone when its time to close is over", async () => {
  await using api = await TestApi.open({ streamLimits: { unreadBytesMax: 100_000, closeMsMax: 50 } });
  const { socket: sleeper } = await handshake(api);
  sleeper.on("error", () => {});
  sleeper.pause();
  sleeper.write(maskedFrame(SUBSCRIBE));
  await expect.poll(() => metric(api, 'k2_stream_subscriptions{channel="trades"}')).toBe(1);
  const big = tradeBatch(Array.from({ length: 1000 }, (_, index) => ({ id: BigInt(index) })));
  while ((await metric(api, "k2_stream_clients_cut_off_total")) === 0) api.server.hub.publishTrades(big);
  await expect.poll(() => metric(api, "k2_stream_clients"), { timeout: 5000 }).toBe(0);
  sleeper.destroy();
});

test("a client that is cut off in the middle of subscribing leaves no subscription behind", async () => {
  const health = (): HealthReport => testHealth({ problems: ["x".repeat(300_000)] });
  await using api = await TestApi.open({ health, streamLimits: { unreadBytesMax: 500_000, closeMsMax: 50 } });
  const { socket: sleeper } = await handshake(api);
  sleeper.on("error", () => {});
  sleeper.pause();
  for (let id = 0; id < 90; id += 1) sleeper.write(maskedFrame(`{"op":"subscribe","id":${id},"channel":"health"}`));
  await expect.poll(() => metric(api, "k2_stream_clients_cut_off_total"), { timeout: 5000 }).toBe(1);
  expect(await metric(api, 'k2_stream_subscriptions{channel="health"}')).toBe(0);
  sleeper.destroy();
});

test("many clients share the bound of what all may leave unread", async () => {
  const limits = { unreadBytesMax: 10_000_000, unreadBytesTotalMax: 600_000, closeMsMax: 50 };
  await using api = await TestApi.open({ streamLimits: limits });
  const others = [await api.connect(), await api.connect()];
  const { socket: sleeper } = await handshake(api);
  sleeper.on("error", () => {});
  sleeper.pause();
  sleeper.write(maskedFrame(SUBSCRIBE));
  await expect.poll(() => metric(api, 'k2_stream_subscriptions{channel="trades"}')).toBe(1);
  const big = tradeBatch(Array.from({ length: 500 }, (_, index) => ({ id: BigInt(index) })));
  while ((await metric(api, "k2_stream_clients_cut_off_total")) === 0) api.server.hub.publishTrades(big);
  const chunks: Buffer[] = [];
  sleeper.on("data", (chunk: Buffer) => chunks.push(chunk));
  sleeper.resume();
  await once(sleeper, "close");
  expect(Buffer.concat(chunks).subarray(-600).toString("latin1")).toContain(
    `over the ${600_000 / (others.length + 1)}`,
  );
});

test("a client that answers no ping is ended, one that does stays", async () => {
  const clock = new TestClock();
  await using api = await TestApi.open({ clock, streamLimits: { pingEveryMs: 30_000 } });
  const answers = await api.connect();
  const dead = new TestClient(`${api.url.replace("http", "ws")}/v1/stream`);
  await dead.next();
  const pinged = once(answers.socket, "ping");
  const deadPinged = once(dead.socket, "ping");
  dead.socket.pong = () => {}; // Its answer never leaves.
  await clock.advance(30_000);
  await Promise.all([pinged, deadPinged]);
  await answers.drain();
  await clock.advance(30_000);
  expect((await dead.closed).code).toBe(1006);
  expect(await answers.ask({ op: "ping", id: 1 })).toEqual({ type: "pong", id: 1 });
  void clock.advance(10_000); // Closing waits on this clock too.
});

test("when the server stops each client is told 1001, and one that never answers does not hold it up", async () => {
  const api = await TestApi.open({ streamLimits: { closeMsMax: 50 } });
  const client = await api.connect();
  const { socket: silent } = await handshake(api);
  silent.on("error", () => {});
  silent.pause();
  await client.ask(SUBSCRIBE);
  const closing = api.server[Symbol.asyncDispose]();
  expect(await client.closed).toEqual({ code: 1001, reason: "shutdown" });
  await closing;
  await expect(api.get("/livez")).rejects.toThrow();
  silent.destroy();
});
