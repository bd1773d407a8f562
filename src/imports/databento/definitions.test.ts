import { describe, expect, test } from "vitest";
import type { TextSource } from "../text/text-source.ts";
import { databentoDefinitionsText } from "./databento-definitions.ts";
import { dbnRecord, dbnStream, type FixtureField } from "./dbn-fixture.ts";
import { definitionFields } from "./definition-layout.ts";
import { readDefinitionNames, symbolsIn } from "./definition-names.ts";

const BYTES = [360, 400, 520] as const;
const DAY_NS = 86_400_000_000_000n;
const JULY_1_NS = BigInt(Date.UTC(2024, 6, 1)) * 1_000_000n;
const EXPIRATION_NS = BigInt(Date.UTC(2024, 8, 20, 13, 30)) * 1_000_000n;
const NO_TIME = 0xffff_ffff_ffff_ffffn;
const NO_PRICE = 0x7fff_ffff_ffff_ffffn;

type Values = Readonly<Record<string, string | bigint>>;

/** A definition whose fields are written by their names; those not named are none. */
function definition(version: 1 | 2 | 3, instrument: number, values: Values): Uint8Array {
  const all: Values = {
    expiration: NO_TIME,
    activation: NO_TIME,
    strike_price: NO_PRICE,
    ts_recv: JULY_1_NS,
    ...values,
  };
  const fields = definitionFields(version).flatMap(({ name, kind, at }): readonly FixtureField[] => {
    const value = all[name];
    if (value === undefined) return [];
    if (typeof kind === "number") return [[at, "text", value]];
    if (kind === "char") return [[at, "u8", value]];
    if (kind === "px" || kind === "ts" || kind === "u64") return [[at, kind === "px" ? "i64" : "u64", value]];
    return [[at, kind === "u32" || kind === "i32" ? "u32" : kind === "u16" || kind === "i16" ? "u16" : "u8", value]];
  });
  const byteLength = BYTES[version - 1] ?? 0;
  return dbnRecord({ type: 0x13, byteLength, instrument, eventTimeNs: JULY_1_NS - 5n, fields });
}

const FUTURE: Values = {
  raw_symbol: "ESU4",
  instrument_class: "F",
  security_update_action: "A",
  asset: "ES",
  exchange: "XCME",
  currency: "USD",
  min_price_increment: 250_000_000n,
  unit_of_measure_qty: 50_000_000_000n,
  unit_of_measure: "IPNT",
  expiration: EXPIRATION_NS,
  min_trade_vol: 1n,
  max_trade_vol: 3000n,
  min_lot_size_round_lot: 2_147_483_647n,
};

function file(bytes: Uint8Array, name = "test.definition.dbn"): TextSource {
  const read = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 700) yield bytes.subarray(at, at + 700);
  };
  return { name, read };
}

async function textOf(source: TextSource): Promise<readonly string[]> {
  const parts: Uint8Array[] = [];
  for await (const part of source.read()) parts.push(part);
  return Buffer.concat(parts).toString().trimEnd().split("\n");
}

/** Cells of a row; quoted ones are JSON. */
function cells(line = ""): readonly string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
  );
}

describe("definitions", () => {
  test.each([1, 2, 3] as const)("of version %i: terms in columns, and every field by its name", async (version) => {
    const [header, row] = await textOf(
      databentoDefinitionsText(file(dbnStream({ version }, [definition(version, 118, FUTURE)]))),
    );
    expect(header?.split(",").slice(0, 4)).toEqual(["ts_event", "ts_recv", "symbol", "instrument"]);
    const [time, received, symbol, instrument, state, action, tick, lot, least, most, contract, detail, all] =
      cells(row);
    expect([time, received]).toEqual([`${JULY_1_NS - 5n}`, `${JULY_1_NS}`]);
    expect([symbol, instrument, state, action]).toEqual(["ESU4", "ES-USD-FUT-20240920", "", "added"]);
    expect([tick, lot, least, most, contract]).toEqual(["0.25", "", "1", "3000", "50"]);
    expect(JSON.parse(detail ?? "")).toEqual({
      instrument_id: 118,
      publisher_id: 1,
      class: "F",
      exchange: "XCME",
      asset: "ES",
      currency: "USD",
      unit_of_measure: "IPNT",
      expiration: "2024-09-20T13:30:00.000000Z",
      ts_recv: "2024-07-01T00:00:00.000000Z",
    });
    const fields = JSON.parse(all ?? "") as Readonly<Record<string, string>>;
    expect(fields).toMatchObject({
      dbn_version: String(version),
      instrument_id: "118",
      expiration: `${EXPIRATION_NS}`,
    });
    // All that are numbers stand there, whatever their value; texts and prices only where there are some.
    const numbers = definitionFields(version).filter(({ kind }) => typeof kind === "string" && /^[ui]\d/.test(kind));
    expect(numbers.every(({ name }) => fields[name] !== undefined)).toBe(true);
  });

  test.each([1, 2, 3] as const)("the fields of version %i fill the record", (version) => {
    const last = definitionFields(version).at(-1);
    const reserved = [3, 10, 17][version - 1] ?? 0;
    expect((last?.at ?? 0) + 1 + reserved).toBe(BYTES[version - 1]);
  });

  test.each<readonly [string, Values, string]>([
    ["an option", { ...FUTURE, instrument_class: "C", strike_price: 5_500_000_000_000n }, "ES-USD-OPT-20240920-5500-C"],
    [
      "a put of a stock",
      { ...FUTURE, instrument_class: "P", asset: "", underlying: "AAPL", strike_price: 182_500_000_000n },
      "AAPL-USD-OPT-20240920-182.5-P",
    ],
    ["a future that is settled in another currency", { ...FUTURE, settl_currency: "EUR" }, "ES-USD:EUR-FUT-20240920"],
    ["a stock", { raw_symbol: "AAPL", instrument_class: "K", exchange: "XNAS", currency: "USD" }, "AAPL-XNAS-EQ"],
    ["a spread", { ...FUTURE, raw_symbol: "ESU4-ESZ4", instrument_class: "S" }, ""],
    ["a future that never expires", { ...FUTURE, expiration: NO_TIME }, ""],
    ["a product that no id can name", { ...FUTURE, asset: "E-S" }, ""],
  ])("%s has the canonical id of its fields", async (_, values, id) => {
    const stream = dbnStream({ version: 3 }, [definition(3, 1, values)]);
    const [, row] = await textOf(databentoDefinitionsText(file(stream)));
    expect(cells(row)[3]).toBe(id);
  });

  test("what is deleted is closed", async () => {
    const stream = dbnStream({ version: 2 }, [definition(2, 1, { ...FUTURE, security_update_action: "D" })]);
    const [, row] = await textOf(databentoDefinitionsText(file(stream)));
    expect(cells(row).slice(4, 6)).toEqual(["closed", "deleted"]);
  });
});

describe("names of definitions", () => {
  const nsToUs = (ns: bigint): number => Number(ns / 1000n);

  test("a future's number is its own to its end; a stock's for the day; a later definition holds from its day on", async () => {
    const names = await readDefinitionNames(
      file(
        dbnStream({ version: 3 }, [
          definition(3, 118, FUTURE),
          definition(3, 7, { raw_symbol: "AAPL", instrument_class: "K", exchange: "XNAS" }),
          definition(3, 118, { ...FUTURE, raw_symbol: "ESZ4", ts_recv: JULY_1_NS + 3n * DAY_NS + 3_600_000_000_000n }),
        ]),
      ),
      "digest",
    );
    const at = (instrument: number, days: bigint): string | undefined =>
      names.symbols.at(instrument, nsToUs(JULY_1_NS + days * DAY_NS))?.symbol;
    expect([at(118, -1n), at(118, 0n), at(118, 2n), at(118, 3n), at(118, 90n)]).toEqual([
      undefined,
      "ESU4",
      "ESU4",
      "ESZ4",
      undefined,
    ]);
    expect([at(7, 0n), at(7, 1n)]).toEqual(["AAPL", undefined]);
    expect([names.instrument("AAPL"), names.instrument("NONE")]).toEqual(["AAPL-XNAS-EQ", undefined]);
  });

  test("a symbol that stands for two instruments is none", async () => {
    const again = { ...FUTURE, expiration: EXPIRATION_NS + 3650n * DAY_NS };
    const stream = dbnStream({ version: 3 }, [definition(3, 118, FUTURE), definition(3, 119, again)]);
    expect((await readDefinitionNames(file(stream), "digest")).instrument("ESU4")).toBe(undefined);
  });

  test("they name the instruments of a file that has no names", async () => {
    const names = await readDefinitionNames(file(dbnStream({ version: 1 }, [definition(1, 118, FUTURE)])), "digest");
    const trade = dbnRecord({ type: 0, byteLength: 48, instrument: 118, eventTimeNs: JULY_1_NS + 1n });
    expect(await symbolsIn(file(dbnStream({ version: 3 }, [trade]), "trades.dbn"), names)).toEqual(["ESU4"]);
  });

  test("a file without a definition is refused", async () => {
    const trade = dbnRecord({ type: 0, byteLength: 48 });
    await expect(readDefinitionNames(file(dbnStream({ version: 3 }, [trade])), "digest")).rejects.toThrow(
      "defines no instrument",
    );
  });
});
