import { expect, test } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import { verify } from "../verify.ts";
import { ImportScene } from "./test-support.ts";

const NAME = "AMZN_2024-01-03_34200000_57600000_message_1.csv";
const AMZN = { symbols: ["AMZN-XNAS-EQ"], format: "lobster-orders" };
const ROWS = `SELECT order_id, action, side, price::VARCHAR, size::VARCHAR, flags, epoch_us(ts_event)::VARCHAR || '.' || ts_event_nanos, source
  FROM silver.orders ORDER BY ts_recv, ts_recv_nanos, _offset`;

test("orders of a LOBSTER file are events in silver.orders, once, beside its trades", async () => {
  using scene = new ImportScene();
  const text = `34200.000000001,1,11,100,1500000,1
34200.1,4,11,40,1500000,1
34200.2,3,11,60,1500000,1
34200.3,5,0,7,1500100,-1
not a message
34201,7,0,0,-1,-1
`;
  const path = scene.file(NAME, text);
  expect(await scene.importOne(path, { ...AMZN, dryRun: true })).toMatchObject({ rows: 6, added: 5, refused: 1 });
  const report = await scene.importOne(path, AMZN);
  expect(report).toMatchObject({ format: "lobster-orders", rows: 6, added: 5, repeated: 0, refused: 1 });
  expect(report.refusals[0]?.examples[0]).toContain("line 5");
  const start = `${(Date.UTC(2024, 0, 3, 5) + 34_200_000) * 1000}`;
  const [rows] = await scene.sql(ROWS);
  expect(rows?.map(([id, action, side, price, size]) => [id, action, side, price, size])).toEqual([
    ["11", "add", "bid", "150.00000000", "100.00000000"],
    ["11", "execute", "bid", "150.00000000", "40.00000000"],
    ["11", "reduce", "bid", "150.00000000", "60.00000000"],
    ["0", "trade", "ask", "150.01000000", "7.00000000"],
    ["0", "status", null, null, null],
  ]);
  expect(rows?.[0]?.slice(6)).toEqual([`${start}.1`, "import"]);
  expect(await scene.importOne(path, { ...AMZN, format: "lobster-trades" })).toMatchObject({ added: 2 });
  expect(await scene.importOne(scene.file(NAME, `${text}34202,1,12,5,1500000,1\n`), AMZN)).toMatchObject({
    added: 1,
    repeated: 5,
    refused: 1,
  });
  expect((await verify(scene.config)).checks.flatMap(({ differences }) => differences)).toEqual([]);
});

const LOBSTER = sharedData("book-l3/lobster/AMZN_2012-06-21_34200000_57600000_message_1.csv.gz");

test.skipIf(LOBSTER === undefined)(
  "AMZN of 2012-06-21: 57,515 events, as many of each kind as the file's readme counts",
  async () => {
    using scene = new ImportScene();
    const report = await scene.importOne(LOBSTER ?? "", AMZN);
    expect(report).toMatchObject({ rows: 57_515, added: 57_515, repeated: 0, refused: 0 });
    const [kinds] = await scene.sql("SELECT action, count(*)::INTEGER FROM silver.orders GROUP BY ALL ORDER BY 2 DESC");
    expect(kinds).toEqual([
      ["add", 27_845],
      ["reduce", 18_251],
      ["execute", 8_974],
      ["trade", 2_445],
    ]);
  },
);

const BITSTAMP = sharedData("book-l3/bitstamp-20150501/2015-05-01.part1.log.gz");

test.skipIf(BITSTAMP === undefined)(
  "Bitstamp of 2015-05-01: the orders of 28,000 lines, with the two that are born after their death",
  async () => {
    using scene = new ImportScene();
    const report = await scene.importOne(BITSTAMP ?? "", {
      symbols: ["BTCUSD=BTC-USD-SPOT"],
      format: "bitstamp-orders",
    });
    expect(report.refused).toBe(0);
    expect(report.added).toBe(report.rows);
    const [kinds, late] = await scene.sql(
      "SELECT venue, count(DISTINCT action), count(*) FROM silver.orders GROUP BY venue",
      "SELECT order_id, action FROM silver.orders WHERE order_id IN ('65600610', '65606361') ORDER BY order_id, _offset",
    );
    expect(kinds).toEqual([["bitstamp", "3", String(report.rows)]]);
    expect(late?.map(([, action]) => action)).toEqual(["remove", "add", "remove", "add"]);
  },
);

const MBO = sharedData("book-l3/databento/esh4-glbx-mdp3-20231224.mbo.dbn.zst");
const MBP = sharedData("book-l3/databento/futures_mbp-1_2024-07-01T23-58_2024-07-02T00-02.dbn.zst");

test.skipIf(MBO === undefined)(
  "ESH4 of 2023-12-24: the 8,725 orders of Databento's snapshot rest in silver.orders",
  async () => {
    using scene = new ImportScene();
    const report = await scene.importOne(MBO ?? "", {
      symbols: ["ESH4=ES-USD-FUT-20240315"],
      venue: "cme",
      format: "databento-orders",
    });
    expect(report).toMatchObject({ repeated: 0, refused: 0 });
    const [adds] = await scene.sql(
      "SELECT side, count(*)::INTEGER, count(DISTINCT order_id)::INTEGER FROM silver.orders WHERE action = 'add' GROUP BY side ORDER BY 1",
    );
    expect(adds).toEqual([
      ["ask", 3533, 3533],
      ["bid", 5192, 5192],
    ]);
  },
);

test.skipIf(MBP === undefined)(
  "ES of 2024-07-01: 2,288 MBP-1 records are quotes whose best prices never cross",
  async () => {
    using scene = new ImportScene();
    const report = await scene.importOne(MBP ?? "", {
      symbols: ["ESU4=ES-USD-FUT-20240920"],
      venue: "cme",
      format: "databento-quotes",
    });
    expect(report).toMatchObject({ rows: 2288, added: 2288, repeated: 0, refused: 0 });
    const [quotes] = await scene.sql(
      "SELECT count(*) > 1000, count(*) FILTER (bid_price >= ask_price)::INTEGER, min(epoch_us(ts_event)) <= min(epoch_us(ts_recv)) FROM silver.quotes",
    );
    expect(quotes).toEqual([[true, 0, true]]);
  },
);
