import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { startK2 } from "../../src/app/wire.ts";
import { silentLogger } from "../../src/base/index.ts";
import { askRunning } from "../../src/cli/running-k2.ts";
import type { BookAnswer } from "../../src/query/index.ts";
import { startVenueServer } from "../../src/venue-server/index.ts";
import { FollowedBooks } from "./followed-books.ts";
import { temporaryFolder, testConfig } from "./harness.ts";
import { until } from "./k2-process.ts";

const FEEDS = [
  { feed: "bybit", symbols: ["BTC-USDT-SPOT", "ETH-USDT-SPOT"], channels: ["publicTrade", "orderbook.50"] },
  { feed: "kraken", symbols: ["BTC-USD-SPOT"], channels: ["trade", "book-10"] },
  { feed: "coinbase", symbols: ["BTC-USD-SPOT"], channels: ["market_trades", "level2"] },
];
const BOOKS = FEEDS.flatMap(({ feed, symbols }) => symbols.map((symbol) => `venue=${feed}&symbol=${symbol}`));

const COMPARED = 40;

test("on a market with faults a book without a time is the one that the tables have at that position, refusals and all; who follows it has it too", {
  timeout: 120_000,
}, async () => {
  using folder = temporaryFolder();
  await using server = await startVenueServer({
    source: { kind: "market", seed: 9, tradesPerSecond: 60, feeds: FEEDS.map(({ feed }) => feed) },
    faults: {
      seed: 1,
      rules: [
        { kind: "corrupt", at: [60, 61, 90, 140] },
        { kind: "disconnect", at: [120] },
      ],
    },
  });
  const config = testConfig(folder.path, {
    mode: "live",
    feeds: FEEDS.map((feed) => ({ ...feed, url: server.url(feed.feed), source: "replay" })),
    lake: { commitAgeMs: 300, firstCommitAgeMs: 100 },
    books: { snapshotEveryMs: 500, snapshotDepth: 1000 },
  });
  await using k2 = await startK2(config, { logger: silentLogger });
  const followed = new FollowedBooks();
  const socket = new WebSocket(`${k2.url.replace("http", "ws")}/v1/stream`);
  socket.on("open", () => {
    for (const [id, symbol] of ["BTC-USDT-SPOT", "ETH-USDT-SPOT", "BTC-USD-SPOT"].entries())
      socket.send(JSON.stringify({ op: "subscribe", id, channel: "book_changes", symbol }));
  });
  const failures: unknown[] = [];
  socket.on("message", (data) => {
    try {
      const { rows = [] } = JSON.parse(String(data)) as { readonly rows?: readonly Record<string, unknown>[] };
      for (const row of rows) followed.take(row);
    } catch (error) {
      failures.push(error);
    }
  });
  const answers: BookAnswer[] = [];
  let refusals = 0;
  await until("all books were answered and refused often", async () => {
    for (const book of BOOKS) {
      const response = await fetch(`${k2.url}/v1/book?${book}&depth=5000`);
      if (response.status === 409) refusals += 1;
      else if (response.ok) answers.push((await response.json()) as BookAnswer);
    }
    return answers.length > 4 * COMPARED && refusals > 3 && followed.changes > 300 && followed.losses > 3;
  });
  // All of them came from memory: each says up to which frame of the raw log it goes.
  expect(
    answers.filter(({ receipt }) => Object.keys(receipt.tailOffsets).some((name) => name.startsWith("raw."))),
  ).toEqual(answers);
  // The time of an answer, asked for at once, is answered alike, though the tables come later.
  const [newest] = answers.slice(-1);
  const again = await fetch(
    `${k2.url}/v1/book?venue=${newest?.venue}&symbol=${newest?.symbol}&at=${newest?.time}&depth=5000`,
  );
  if (again.ok) expect(((await again.json()) as BookAnswer).time).toBe(newest?.time);
  // `k2 book` asks the K2 that runs with its data.
  const running = { ...config, http: { ...config.http, port: Number(new URL(k2.url).port) } };
  const unknown = "/v1/book?symbol=XYZ-USD-SPOT";
  await expect(askRunning(running, unknown)).rejects.toMatchObject({ code: "K2_BOOK_NOT_FOUND", remedy: "fix-input" });
  expect(await askRunning({ ...running, folder: "/elsewhere" }, unknown)).toBeUndefined();
  await until("a book is answered to the command line", async () => {
    const answer = await askRunning<BookAnswer>(running, `/v1/book?${BOOKS[0]}&depth=1`).catch(() => undefined);
    return answer?.venue === "bybit" && answer.bids.length === 1;
  });
  server.pause();
  await k2.settled();
  let compared = 0;
  for (const answer of answers.filter((_, index) => index % Math.floor(answers.length / COMPARED) === 0)) {
    const { venue, symbol, time, proof } = answer;
    const stored = await fetch(`${k2.url}/v1/book?venue=${venue}&symbol=${symbol}&at=${time}&depth=5000`);
    const { receipt: _, ...book } = (await stored.json()) as BookAnswer;
    // Several frames may have come within one microsecond, and a gap may begin in it.
    if (!stored.ok || book.proof.position !== proof.position) continue;
    expect(book).toEqual({ ...answer, receipt: undefined });
    compared += 1;
  }
  expect(compared).toBeGreaterThan(COMPARED / 2);
  // A moment for what is on its way to the client.
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.terminate();
  expect(failures).toEqual([]);
  for (const book of BOOKS) {
    const response = await fetch(`${k2.url}/v1/book?${book}&depth=5000`);
    const [venue, symbol] = book.split("&").map((part) => part.split("=")[1]);
    const own = [...followed.books].filter(([key]) => key.startsWith(`${venue} `)).map(([, one]) => one);
    if (!response.ok) continue;
    const { bids, proof } = (await response.json()) as BookAnswer;
    const same = own.find(({ position }) => position === proof.position);
    expect(same?.levels && [...same.levels.bids], `${symbol} at ${venue}`).toEqual(
      bids.map(({ price, size }) => [price, size]),
    );
  }
});
