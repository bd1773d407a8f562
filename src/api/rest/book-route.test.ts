import { expect, test } from "vitest";
import { BookNotFoundError, BookNotProvenError, type BookRequest } from "../../query/index.ts";
import { NO_ROWS, TestApi } from "../test-api.ts";

const ANSWER = {
  venue: "kraken",
  symbol: "BTC-USD-SPOT",
  rawSymbol: "BTC/USD",
  time: "2026-11-21T08:30:00.000001Z",
  bids: [{ price: "61800.1", size: "0.5" }],
  asks: [],
  proof: {
    connection: "kraken/0",
    epoch: 3,
    snapshotTime: "2026-11-21T08:29:00.000000Z",
    snapshotCause: "replace",
    checksum: "ok" as const,
    changes: 7,
    sequence: null,
    position: "0:1234.0",
    subscribedDepth: 10,
    complete: true,
  },
  receipt: { snapshots: {}, lakeOffsets: {}, tailOffsets: {} },
};

test("a book is asked for by symbol, venue, time and depth, and answered whole with its proof", async () => {
  const asked: BookRequest[] = [];
  const query = {
    ...NO_ROWS,
    book: async (request: BookRequest) => {
      asked.push(request);
      return ANSWER;
    },
  };
  await using api = await TestApi.open({ query });
  const url = "/v1/book?symbol=BTC-USD-SPOT&venue=kraken&at=2026-11-21T08:30:00Z&depth=5";
  expect(await api.json(url)).toEqual(ANSWER);
  await api.get("/v1/book?symbol=BTC-USD-SPOT");
  expect(asked).toEqual([
    { symbol: "BTC-USD-SPOT", venue: "kraken", atUs: 1_795_249_800_000_000, depth: 5 },
    { symbol: "BTC-USD-SPOT", venue: undefined, atUs: undefined, depth: 20 },
  ]);
  expect((await api.get("/v1/book")).status).toBe(400);
  expect((await api.get("/v1/book?symbol=BTCUSD")).status).toBe(400);
  expect((await api.get("/v1/book?symbol=BTC-USD-SPOT&depth=5001")).status).toBe(400);
});

test("a book that is not proven is a conflict that names its gap, one that is not known is not found", async () => {
  const of = { venue: "kraken", symbol: "BTC-USD-SPOT", when: "at 2026-11-21T08:30:00Z" };
  const why = { gapId: "kraken/0#3/BTC/USD@17.0", cause: "checksum", since: "2026-11-21T08:29:00Z" };
  const errors = [new BookNotProvenError(of, why), new BookNotFoundError("No book")];
  const query = {
    ...NO_ROWS,
    book: async () => {
      throw errors.shift() ?? new Error("asked too often");
    },
  };
  await using api = await TestApi.open({ query });
  const unproven = await api.get("/v1/book?symbol=BTC-USD-SPOT");
  expect([unproven.status, await unproven.json()]).toMatchObject([
    409,
    { code: "K2_BOOK_NOT_PROVEN", remedy: "resync" },
  ]);
  const unknown = await api.get("/v1/book?symbol=BTC-USD-SPOT");
  expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: "K2_BOOK_NOT_FOUND", detail: "No book" }]);
});
