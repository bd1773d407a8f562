import { describe, expect, test } from "vitest";
import { ASK, BID, BookLevels, ORDER_ACTIONS, OrderEvents } from "../../domain/index.ts";
import { decodeText, type ImportContext } from "../test-support.ts";
import { LobsterMessages, LobsterReplay, LobsterRows, parseLobsterFileName } from "./index.ts";
import { lobsterTradesText } from "./lobster-trades.ts";

const MIDNIGHT_US = 1_340_251_200_000_000;

function eventsOf(text: string): { readonly events: OrderEvents; readonly refused: (readonly [number, string])[] } {
  const events = new OrderEvents(1);
  const refused: (readonly [number, string])[] = [];
  const refuse = (line: number, detail: string): number => refused.push([line, detail]);
  const messages = new LobsterMessages(MIDNIGHT_US);
  messages.write(Buffer.from(text), events, refuse);
  messages.end(events, refuse);
  return { events, refused };
}

describe("parseLobsterFileName()", () => {
  test("tells the day in New York, in summer and in winter", () => {
    expect(parseLobsterFileName("AAPL_2012-06-21_34200000_57600000_orderbook_10.csv")).toEqual({
      kind: "orderbook",
      ticker: "AAPL",
      date: 20_120_621,
      levels: 10,
      midnightUs: Date.parse("2012-06-21T04:00:00Z") * 1000,
    });
    expect(parseLobsterFileName("BRK.B_2024-01-03_34200000_57600000_message_5.csv.gz")?.midnightUs).toBe(
      Date.parse("2024-01-03T05:00:00Z") * 1000,
    );
    expect(parseLobsterFileName("trades.csv")).toBeUndefined();
  });
});

describe("LobsterMessages", () => {
  test("reads each kind of message, its time exact", () => {
    const { events, refused } = eventsOf(
      [
        "34200.18960767,1,11885113,21,2238100,1",
        "34200.2,2,11885113,5,2238100,1",
        "34200.3,3,11885113,16,2238100,1",
        "34201.000000001,4,5,16,2238100,-1",
        "34202,5,0,1,2238200,-1",
        "34203,6,-1,500,2238200,1",
        "34204,7,0,0,-1,-1",
      ].join("\n"),
    );
    expect(refused).toEqual([]);
    expect(
      Array.from({ length: events.length }, (_, row) => [ORDER_ACTIONS[events.action[row] ?? 0], events.side[row]]),
    ).toEqual([
      ["add", BID],
      ["reduce", BID],
      ["reduce", BID],
      ["execute", ASK],
      ["trade", ASK],
      ["trade", BID],
      ["status", 2],
    ]);
    expect([events.eventTimeUs[0], events.eventTimeNanos[0], events.eventTimeNanos[3]]).toEqual([
      MIDNIGHT_US + 34_200_189_607,
      670,
      1,
    ]);
    expect([events.price.get(0), events.size.get(0), events.order.get(0), events.sequence.get(2)]).toEqual([
      2_238_100n,
      21n,
      11_885_113n,
      3n,
    ]);
  });

  test.each([
    "34200.1,1,1,1,1",
    "34200.1,1,1,1,1,1,1",
    "34200.1234567890,1,1,1,1,1",
    "34200.1,1,1,1.5,1,1",
    "34200.1,1,,1,1,1",
    "34200.1,8,1,1,1,1",
    "34200.1,1,1,1,1,0",
    "34200.1,1,1,-1,1,1",
    "x,1,1,1,1,1",
    "34200.1,1,1234567890123456,1,1,1",
  ])("refuses %s, and the next line goes on", (line) => {
    const { events, refused } = eventsOf(`${line}\n34200.2,1,2,3,4,1\n`);
    expect([events.length, refused.map(([at]) => at)]).toEqual([1, [1]]);
  });
});

test("LobsterReplay learns levels from rows of several, and forgets what they do not show", () => {
  const rows: BookLevels[] = [];
  const reader = new LobsterRows(2);
  const refuse = (): never => expect.fail("no row is wrong");
  reader.write(
    Buffer.from("103,5,100,7,104,6,99,8\n103,5,100,7,104,6,99,8\n104,6,99,8,9999999999,0,-9999999999,0\n"),
    (levels) => {
      const copy = new BookLevels();
      for (let row = 0; row < levels.length; row += 1)
        copy.push(levels.side[row] ?? 0, { price: levels.price.get(row), size: levels.size.get(row) });
      rows.push(copy);
    },
    refuse,
  );
  expect(rows.map(({ length }) => length)).toEqual([4, 4, 2]);
  const { events } = eventsOf("1,1,1,7,100,1\n2,5,0,1,101,1\n3,4,9,5,103,-1\n");
  const replay = new LobsterReplay();
  expect(rows.map((levels, row) => replay.apply(events, row, levels))).toEqual([false, true, false]);
  expect([replay.book.levels.depth(BID), replay.book.levels.price(BID, 0), replay.book.levels.price(ASK, 0)]).toEqual([
    1,
    99n,
    104n,
  ]);
});

describe("trades of a message file", () => {
  async function tradesOf(name: string, lines: readonly string[]): Promise<ImportContext> {
    const file = parseLobsterFileName(name);
    if (file === undefined) expect.fail("the name is LOBSTER's");
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      for (const byte of Buffer.from(lines.join("\n"))) yield Uint8Array.of(byte);
    };
    const parts: Uint8Array[] = [];
    for await (const part of lobsterTradesText({ name, read: chunks }, file).read()) parts.push(part);
    return decodeText(Buffer.concat(parts), {
      format: "lobster-trades",
      listings: [{ venue: "nasdaq", rawSymbol: "AMZN", symbol: "AMZN-XNAS-EQ" }],
    });
  }

  const LINES = [
    "34200.5,4,77,10,2238100,1",
    "34200.5,4,77,11,2238100,1",
    "34200.5,5,0,12,2238150,-1",
    "34200.5,6,-1,900,2238100,1",
    "34200.5,1,78,12,2238100,1",
    "34200.5,4,79,0,2238100,1",
    "nonsense",
  ];

  test("executions make rows, crosses and all else do not", async () => {
    const context = await tradesOf("AMZN_2012-06-21_34200000_57600000_message_1.csv", LINES);
    expect(context.lines()).toEqual([
      "nasdaq AMZN 1340285400500000000/77/0 223.81 × 10 sell 1340285400500000000 syntheticId",
      "nasdaq AMZN 1340285400500000000/77/1 223.81 × 11 sell 1340285400500000000 syntheticId",
      "nasdaq AMZN 1340285400500000000/0/0 223.815 × 12 buy 1340285400500000000 syntheticId",
    ]);
    expect(context.refusals.map(({ reason }) => reason)).toEqual(["non_positive_size", "malformed"]);
  });

  test("from 14 July 2014 on nobody knows who a hidden order was", async () => {
    const context = await tradesOf("AMZN_2014-07-14_34200000_57600000_message_1.csv", LINES);
    expect(context.rows().map(({ takerSide }) => takerSide)).toEqual(["sell", "sell", "unknown"]);
  });
});
