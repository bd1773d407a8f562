import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { ImportScene } from "./test-support.ts";

const TRADES = `SELECT concat_ws(' ', venue, symbol, raw_symbol, trade_id, price, size, side, epoch_us(ts_event) * 1000 + ts_event_nanos)
  FROM silver.trades ORDER BY ts_event, trade_id`;
const EXPECTED = [
  ["lab BTC-USD-SPOT XBT t-1 42000.50000000 0.12345678 buy 1704067200000000001"],
  ["lab BTC-USD-SPOT XBT t-2 42000.75000000 2.00000000 sell 1704067201000000000"],
  ["lab ETH-USD-SPOT ETH t-3 2300.10000000 5.50000000 unknown 1704067202000000000"],
];

const MAPPING = {
  venue: "lab",
  symbols: { XBT: "BTC-USD-SPOT", ETH: "ETH-USD-SPOT" },
  columns: {
    id: "Ref",
    time: { column: "When", unit: "ns" },
    price: "Px",
    size: "Qty",
    side: { column: "Dir", buy: ["B"], sell: ["S"], unknown: [""] },
    symbol: "Sym",
  },
};

function scene(mapping: object): { readonly scene: ImportScene; readonly mappingPath: string } {
  const made = new ImportScene();
  return { scene: made, mappingPath: made.file("mapping.json", JSON.stringify(mapping)) };
}

test("a CSV by a mapping: other delimiter, quotes, columns in any order", async () => {
  const { scene: made, mappingPath } = scene({ ...MAPPING, delimiter: ";" });
  using here = made;
  const path = here.file(
    "mine.txt",
    'Qty;Sym;Note;Px;When;Dir;Ref\n0.12345678;XBT;"a;b";42000.5;1704067200000000001;B;t-1\n' +
      '2;"XBT";;42000.75;1704067201000000000;S;t-2\r\n5.5;ETH;"say ""x""";2300.1;1704067202000000000;;t-3\n',
  );
  expect(await here.importOne(path, { mappingPath })).toMatchObject({ format: "mapped", rows: 3, added: 3 });
  expect(await here.sql(TRADES)).toEqual([EXPECTED]);
});

test("NDJSON by a mapping: numbers are taken as they are written", async () => {
  const { scene: made, mappingPath } = scene({ ...MAPPING, text: "ndjson" });
  using here = made;
  const path = here.file(
    "mine.ndjson",
    '{"Ref":"t-1","When":1704067200000000001,"Px":42000.5,"Qty":0.12345678,"Dir":"B","Sym":"XBT"}\n' +
      '{"Sym":"XBT","Ref":"t-2","When":"1704067201000000000","Px":"42000.75","Qty":2.0,"Dir":"S"}\n' +
      '{"Sym":"ETH","Ref":"t-3","When":1704067202000000000,"Px":2300.10,"Qty":5.5,"Dir":null}\n' +
      '{"Sym":"ETH","Ref":"t-4","When":1704067202000000000,"Px":2300.10,"Qty":{}}\nnot JSON\n',
  );
  const report = await here.importOne(path, { mappingPath });
  expect(report).toMatchObject({ rows: 5, added: 3, refused: 2 });
  expect(report.refusals[0]?.examples.map((text) => text.split("; the row")[0])).toEqual([
    'mine.ndjson, row 4: "Qty" is neither a text, a number nor a truth',
    "mine.ndjson, row 5: it is not JSON",
  ]);
  expect(await here.sql(TRADES)).toEqual([EXPECTED]);
});

test("Parquet by a mapping: decimals and nanoseconds are exact, floats are refused", async () => {
  const { scene: made, mappingPath } = scene(MAPPING);
  using here = made;
  const [exact, floats] = [`${here.folder}/exact.parquet`, `${here.folder}/floats.parquet`];
  const duckdb = await DuckDBInstance.create(":memory:");
  const connection = await duckdb.connect();
  await connection.run(`COPY (SELECT * FROM (VALUES
      ('t-1', make_timestamp_ns(1704067200000000001), 42000.50::DECIMAL(18,2), 0.12345678::DECIMAL(18,8), 'B', 'XBT'),
      ('t-2', make_timestamp_ns(1704067201000000000), 42000.75, 2, 'S', 'XBT'),
      ('t-3', make_timestamp_ns(1704067202000000000), 2300.1, 5.5, NULL, 'ETH')) AS t(Ref, "When", Px, Qty, Dir, Sym))
    TO '${exact}' (FORMAT parquet)`);
  await connection.run(`COPY (SELECT * REPLACE (Px::DOUBLE AS Px) FROM '${exact}') TO '${floats}' (FORMAT parquet)`);
  connection.closeSync();
  duckdb.closeSync();
  expect(await here.importOne(exact, { mappingPath })).toMatchObject({ rows: 3, added: 3 });
  expect(await here.importOne(exact, { mappingPath })).toMatchObject({ state: "known" });
  expect(await here.sql(TRADES)).toEqual([EXPECTED]);
  await expect(here.import([floats], { mappingPath })).rejects.toThrow('Column "px" of');
  await expect(here.import([exact])).rejects.toThrow("is Parquet: say with --mapping");
});

test("a mapping that is wrong is told by its member, a file that lacks a column by the column", async () => {
  const wrong: readonly (readonly [object, string])[] = [
    [{ ...MAPPING, colums: {} }, "colums is no member"],
    [{ ...MAPPING, venue: 3 }, "venue must be a text"],
    [{ ...MAPPING, symbols: { XBT: "BTCUSD" } }, 'symbols has "BTCUSD", which is no instrument'],
    [{ ...MAPPING, columns: { price: "Px", size: "Qty" } }, "columns.time is missing"],
    [
      { ...MAPPING, columns: { ...MAPPING.columns, time: { column: "When", unit: "min" } } },
      "columns.time.unit must be",
    ],
    [{ ...MAPPING, header: false }, "columns.id must be a column's number"],
  ];
  for (const [mapping, message] of wrong) {
    const { scene: made, mappingPath } = scene(mapping);
    using here = made;
    const problem = message.replace("columns.time.unit must be", "unit must be one of");
    await expect(here.import([here.file("a.csv", "1\n")], { mappingPath }), message).rejects.toThrow(problem);
  }
  const { scene: made, mappingPath } = scene(MAPPING);
  using here = made;
  const path = here.file("a.csv", "Ref,When,Px,Dir,Sym\n");
  await expect(here.import([path], { mappingPath })).rejects.toThrow('column "qty" is missing; the header has "Ref"');
});

test("a headerless CSV of one instrument without ids: columns by number, ids made of the row", async () => {
  const { scene: made, mappingPath } = scene({
    venue: "lab",
    symbols: { XBT: "BTC-USD-SPOT" },
    header: false,
    columns: { time: { column: 1, unit: "iso" }, price: 3, size: 4 },
  });
  using here = made;
  const path = here.file("a.csv", "2024-01-01T00:00:00.5Z,x,10.5,1\n2024-01-01T00:00:00.5Z,y,10.5,1\n");
  expect(await here.importOne(path, { mappingPath })).toMatchObject({ rows: 2, added: 2 });
  const [rows] = await here.sql("SELECT trade_id, flags FROM silver.trades ORDER BY 1");
  expect(rows).toEqual([
    ["2024-01-01T00:00:00.5Z/10.5/1", "syntheticId"],
    ["2024-01-01T00:00:00.5Z/10.5/1/1", "syntheticId"],
  ]);
});
