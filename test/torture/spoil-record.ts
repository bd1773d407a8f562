import type { Random } from "../../src/base/index.ts";
import { type Field, type Grammar, type ModelTrade, type Role, recordJson } from "./grammars.ts";

/** A record of a frame as JSON, and what must become of it. */
export interface WrittenRecord {
  readonly json: string;
  /** The trade that must be stored; undefined: the record must be refused. */
  readonly trade: ModelTrade | undefined;
  /** Any one of these, where it must be refused. */
  readonly reasons: readonly string[];
}

type Fields = readonly Field[];
/** undefined: does not apply to this venue. */
type Spoiler = (fields: Fields, trade: ModelTrade, grammar: Grammar, random: Random) => WrittenRecord | undefined;

/** The record as the venue sends it. */
export function plainRecord(trade: ModelTrade, grammar: Grammar): WrittenRecord {
  return good(grammar.fields(trade), trade);
}

/** The record in a strange but valid form, or made invalid in one way. */
export function spoiledRecord(trade: ModelTrade, grammar: Grammar, random: Random): WrittenRecord {
  const fields = grammar.fields(trade);
  for (;;) {
    const written = pick(SPOILERS, random)(fields, trade, grammar, random);
    if (written !== undefined) return written;
  }
}

export function pick<Value>(values: readonly Value[], random: Random): Value {
  const value = values[random.int(values.length)];
  if (value === undefined) throw new RangeError("nothing to pick from");
  return value;
}

function good(fields: Fields, trade: ModelTrade): WrittenRecord {
  return { json: recordJson(fields), trade, reasons: [] };
}

function bad(fields: Fields, ...reasons: readonly string[]): WrittenRecord {
  return { json: recordJson(fields), trade: undefined, reasons };
}

/** The same fields with another value for a role. */
function withJson(fields: Fields, role: Role, json: string): Fields {
  return fields.map((field) => (field.role === role ? { ...field, json } : field));
}

function has(fields: Fields, role: Role): boolean {
  return fields.some((field) => field.role === role);
}

/** A number as this venue would write it. */
function number(text: string, grammar: Grammar): string {
  return grammar.numericPrice ? text : JSON.stringify(text);
}

const numbers =
  (role: "price" | "size", reason: string, texts: readonly string[]): Spoiler =>
  (fields, _trade, grammar, random) =>
    bad(withJson(fields, role, number(pick(texts, random), grammar)), reason);

const NOT_NUMBERS = [
  "NaN",
  "Infinity",
  "-Infinity",
  "",
  " 1",
  "1,5",
  "0x10",
  "1.",
  ".5",
  "٣",
  "1e",
  "--1",
  "9".repeat(300),
];
const NOT_TEXTS = ["null", "true", "[]", "{}", "12.5", '["85012.3"]'];
const NO_JSON_NUMBERS = ["null", "true", "[]", "{}", '"85012.3"', '""'];
const PROTOTYPE_KEYS = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "then", "length", ""];
const BAD_TIMES = [
  "null",
  "true",
  '"yesterday"',
  '""',
  "[]",
  "-5",
  "1e400",
  "12.5",
  '"2025-02-30T00:00:00Z"',
  '"2300-01-01T00:00:00Z"',
];
/** The years 1970 and 2200 as each venue would write them. */
const WRONG_TIMES: Readonly<Record<string, readonly string[]>> = {
  milliseconds: ["0", "1", "86400000", "7258118400000"],
  text: ['"0"', '"86400000"', '"7258118400000"'],
  iso: ['"1970-01-01T00:00:00Z"', '"2008-12-31T23:59:59.999Z"', '"2200-01-01T00:00:00Z"'],
  seconds: ['"0"', '"1.5"', '"7258118400.000001"'],
};

/** Fields of a role that the venue's own grammar could not do without. */
function isNeeded(role: Role, grammar: Grammar): boolean {
  return role !== "extra" && !(role === "time" && grammar.feed === "bybit-v2"); // Its older `timestamp` says it too.
}

const SPOILERS: readonly Spoiler[] = [
  numbers("price", "non_positive_price", ["0", "0.00", "-1", "-85012.34", "0e5", "-0.00000001"]),
  numbers("size", "non_positive_size", ["0", "0.000", "-1", "-0.5", "-1e3"]),
  numbers("price", "inexact_price", ["85012.123456789", "0.000000001", "1e-9", "85012.340000000000000000001"]),
  numbers("size", "inexact_size", ["0.123456789", "1e-30", "1.000000000000001"]),
  numbers("price", "out_of_range_price", ["1e30", "10000000000", "99999999999999999999.5", "1e9999"]),
  numbers("size", "out_of_range_size", ["1e10", "123456789012345678901234567890", "1e300"]),
  // A value that is no number at all.
  (fields, _trade, grammar, random) => {
    const role = pick(["price", "size"] as const, random);
    if (grammar.numericPrice) return bad(withJson(fields, role, pick(NO_JSON_NUMBERS, random)), "malformed");
    const json = random.int(2) === 0 ? JSON.stringify(pick(NOT_NUMBERS, random)) : pick(NOT_TEXTS, random);
    return bad(withJson(fields, role, json), "malformed");
  },
  // The side of nobody.
  (fields, _trade, _grammar, random) =>
    bad(withJson(fields, "side", pick(['"up"', "null", "1", '""', "[]", '"BUY "'], random)), "malformed"),
  // A time that is none, or of another century.
  (fields, _trade, _grammar, random) => bad(withJson(fields, "time", pick(BAD_TIMES, random)), "malformed"),
  (fields, _trade, grammar, random) => {
    const json = fields.find(({ role }) => role === "time")?.json ?? "";
    const notation =
      grammar.feed === "kraken-v1"
        ? "seconds"
        : json.includes("T")
          ? "iso"
          : json.startsWith('"')
            ? "text"
            : "milliseconds";
    return bad(withJson(fields, "time", pick(WRONG_TIMES[notation] ?? [], random)), "time_out_of_range");
  },
  // An id that is none.
  (fields, _trade, grammar, random) => {
    if (!has(fields, "id")) return undefined;
    const json = grammar.numericId
      ? pick(["null", "true", "1.5", '"7"', "[]", "{}", "1e3"], random)
      : pick(["null", "7", "true", '""', "[]", JSON.stringify("x".repeat(300)), '"\\ud800"', '"a\\udfffb"'], random);
    return bad(withJson(fields, "id", json), "malformed");
  },
  // An id that is no number of 64 bits, and still an id.
  (fields, trade, grammar, random) => {
    if (!has(fields, "id")) return undefined;
    const id = grammar.numericId
      ? pick([`-${trade.id}`, `99${trade.id.padStart(18, "0")}`], random)
      : pick(
          [`é€\u{1f680}${trade.id}`, `00${trade.id}`, `a0${trade.id}`, `tab\t${trade.id}`, `"${trade.id}\\`],
          random,
        );
    return good(withJson(fields, "id", grammar.numericId ? id : JSON.stringify(id)), { ...trade, id });
  },
  // Symbols that nobody asked for.
  (fields, _trade, _grammar, random) =>
    has(fields, "symbol")
      ? bad(
          withJson(fields, "symbol", pick(['"ZZZZZZ"', '"__proto__"', '"constructor"', '""', '"\\ud800"'], random)),
          "unknown_symbol",
        )
      : undefined,
  (fields, _trade, _grammar, random) =>
    has(fields, "symbol")
      ? bad(withJson(fields, "symbol", pick(["null", "7", "[]", "{}"], random)), "malformed")
      : undefined,
  // A field is missing, or has another name.
  (fields, _trade, grammar, random) => {
    const { role } = pick(fields, random);
    return isNeeded(role, grammar)
      ? bad(
          fields.filter((field) => field.role !== role),
          "malformed",
        )
      : undefined;
  },
  (fields, _trade, grammar, random) => {
    const { role, key } = pick(fields, random);
    if (key === undefined || !isNeeded(role, grammar)) return undefined;
    return bad(
      fields.map((field) => (field.role === role ? { ...field, key: `${key}_v2` } : field)),
      "malformed",
    );
  },
  // Fields that nobody knows, of any name and any value.
  (fields, trade, _grammar, random) => {
    const value = pick(
      [
        '{"p":"1","price":"1","s":"X"}',
        "null",
        "[[[[]]]]",
        JSON.stringify("y".repeat(5000)),
        `${"[".repeat(300)}${"]".repeat(300)}`,
      ],
      random,
    );
    if (fields[0]?.key === undefined) return good([...fields, { role: "extra", json: '"more"' }], trade);
    const extra: Field = { role: "extra", key: pick(PROTOTYPE_KEYS, random), json: value };
    const at = random.int(fields.length + 1);
    return good([...fields.slice(0, at), extra, ...fields.slice(at)], trade);
  },
  // The same fields in another order.
  (fields, trade, _grammar, random) => {
    if (fields[0]?.key === undefined) return undefined;
    const at = random.int(fields.length);
    return good([...fields.slice(at), ...fields.slice(0, at)], trade);
  },
  // A key twice: the last counts, as everywhere in JavaScript.
  (fields, trade, _grammar, random) => {
    const field = pick(fields, random);
    if (field.key === undefined || field.role === "extra") return undefined;
    const bogus = { ...field, json: "[]" };
    return random.int(2) === 0 ? good([bogus, ...fields], trade) : bad([...fields, bogus], "malformed");
  },
  // The same in other characters.
  (fields, trade, _grammar, random) => {
    const field = pick(fields, random);
    const [first = ""] = field.key ?? "";
    if (first === "") return undefined;
    const escaped = `\\u${first.charCodeAt(0).toString(16).padStart(4, "0")}`;
    const json = recordJson(fields).replace(`"${field.key}":`, `"${escaped}${field.key?.slice(1)}" : `);
    return { json, trade, reasons: [] };
  },
  (fields, trade) => ({ json: recordJson(fields).replaceAll('","', '" ,\n\t"'), trade, reasons: [] }),
  // The same number in another notation.
  (fields, trade, grammar, random) => {
    if (grammar.feed === "kraken-v1") return undefined; // Its texts are in its ids.
    const role = pick(["price", "size"] as const, random);
    const text = trade[role];
    const other = text.includes(".")
      ? `${text.replace(".", "")}e-${text.length - text.indexOf(".") - 1}`
      : `${text}.000000000000`;
    const isNumber = /^(?:0|[1-9]\d*)(?:[.e]|$)/.test(other);
    return good(withJson(fields, role, number(isNumber ? other : `${text}0000000000`, grammar)), trade);
  },
  // What is no record at all.
  (_fields, _trade, grammar, random) =>
    grammar.recordsMax === 1
      ? undefined
      : {
          json: pick(["null", "7", '"x"', "[]", "{}", "true", "[[]]"], random),
          trade: undefined,
          reasons: ["malformed"],
        },
];
