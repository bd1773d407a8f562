import { formatInstant, formatShortest } from "../../domain/index.ts";
import type { Column, ImportFormat } from "../format.ts";
import type { TextSource } from "../text/text-source.ts";
import { type DbnRecord, PRICE_SCALE } from "./dbn-record.ts";
import { definedInstrument } from "./definition-instrument.ts";
import { type DefinitionField, definitionFields } from "./definition-layout.ts";
import { readDefinition } from "./read-records.ts";
import { recordText } from "./record-text.ts";
import { RECORD_TYPES } from "./record-types.ts";

/*
 * Definitions of instruments of Databento's DBN files (versions 1 to 3) and CSV, as rows of text: what the raw log keeps of
 * them. A row has what silver.status holds, and in `definition` every field of the record by its name, as JSON: prices as
 * decimals, times and all other numbers as they are; a field that is not there (UNDEF_PRICE, UNDEF_TIMESTAMP, an empty
 * text) is left out.
 *
 * https://databento.com/docs/schemas-and-data-formats/instrument-definitions
 */
const HEADER =
  "ts_event,ts_recv,symbol,instrument,state,raw_state,tick_size,lot_size,min_size,max_size,contract_size,detail,definition\n";
const UNDEFINED_I32 = "2147483647";
const UNDEFINED_U32 = "4294967295";
/** What `raw_state` and `detail` call these. */
const ACTIONS: Readonly<Record<string, string>> = { A: "added", M: "modified", D: "deleted" };
/** What people ask for; the rest stands in the raw log. */
const TOLD = [
  "exchange",
  "asset",
  "currency",
  "settl_currency",
  "underlying",
  "unit_of_measure",
  "security_type",
] as const;
const TOLD_LENGTH_MAX = 500;

function optional(name: string, isText = false): Column {
  return { names: [name], role: { kind: "field", name, isOptional: true, ...(isText ? { isText } : {}) } };
}

export const databentoDefinitions: ImportFormat = {
  id: "databento-definitions",
  name: "Databento: definitions of instruments, DBN files and CSV",
  documentation: "docs/order-books-l3.md",
  venue: undefined,
  spelling: [],
  fileName: undefined,
  venueData: "status",
  namesInstruments: true,
  text: "csv",
  delimiter: ",",
  header: "required",
  columns: [
    { names: ["ts_event"], role: { kind: "time", unit: "ns" } },
    { names: ["ts_recv"] },
    { names: ["symbol"], role: { kind: "symbol" } },
    optional("instrument", true),
    optional("state", true),
    optional("raw_state", true),
    ...["tick_size", "lot_size", "min_size", "max_size", "contract_size"].map((name) => optional(name)),
    optional("detail", true),
    { names: ["definition"] },
  ],
  flags: 0,
};

/** The definitions of a file as text with a header; the same file always gives the same text. */
export function databentoDefinitionsText(file: TextSource): TextSource {
  return recordText(file, () => ({
    header: HEADER,
    row: (record, { version }) => (record.type === RECORD_TYPES.definition ? rowOf(record, version) : undefined),
  }));
}

function rowOf(record: DbnRecord, version: number): string {
  const definition = readDefinition(record, version);
  const fields = fieldsOf(record, version);
  const { eventTimeNs, receiveTimeNs, updateAction, rawSymbol } = definition;
  const count = (name: string): string => positive(fields[name]);
  const cells = [
    (eventTimeNs === 0n ? undefined : eventTimeNs) ?? receiveTimeNs ?? "",
    receiveTimeNs ?? "",
    rawSymbol,
    definedInstrument(definition) ?? "",
    updateAction === "D" ? "closed" : "",
    ACTIONS[updateAction] ?? updateAction,
    positive(fields["min_price_increment"]),
    count("min_lot_size_round_lot"),
    count("min_trade_vol"),
    count("max_trade_vol"),
    positive(fields["unit_of_measure_qty"]),
    detailOf(fields, definition.instrumentClass),
    JSON.stringify(fields),
  ];
  return `${cells.map(cell).join(",")}\n`;
}

type Fields = Readonly<Record<string, string>>;

/** Every field that is there, by its name. */
function fieldsOf(record: DbnRecord, version: number): Fields {
  const { eventTimeNs } = record;
  const fields: Record<string, string> = {
    dbn_version: String(version),
    publisher_id: String(record.publisher),
    instrument_id: String(record.instrument),
    ...(eventTimeNs === undefined ? {} : { ts_event: String(eventTimeNs) }),
  };
  for (const field of definitionFields(version)) {
    const text = textOf(record, field);
    if (text !== "") fields[field.name] = text;
  }
  return fields;
}

function textOf(record: DbnRecord, { kind, at }: DefinitionField): string {
  switch (kind) {
    case "px": {
      const price = record.price(at);
      return price === undefined ? "" : formatShortest({ mantissa: price, scale: PRICE_SCALE });
    }
    case "ts":
      return String(record.time(at) ?? "");
    case "u64":
      return String(record.u64(at));
    case "u32":
      return String(record.u32(at));
    case "i32":
      return String(record.i32(at));
    case "u16":
      return String(record.u16(at));
    case "i16":
      return String((record.u16(at) << 16) >> 16);
    case "u8":
      return String(record.u8(at));
    case "i8":
      return String((record.u8(at) << 24) >> 24);
    case "char":
      return record.u8(at) === 0 ? "" : record.letter(at);
    default:
      return record.text(at, kind);
  }
}

/** Empty where there is none, or it is of no use. */
function positive(text = ""): string {
  return text === UNDEFINED_I32 || text === UNDEFINED_U32 || text.startsWith("-") || Number(text) === 0 ? "" : text;
}

/** The instrument's terms beyond those that have columns, as JSON, with when they were told: each definition is a statement. */
function detailOf(fields: Fields, instrumentClass: string): string {
  const told: Record<string, string | number> = {
    instrument_id: Number(fields["instrument_id"]),
    publisher_id: Number(fields["publisher_id"]),
    class: instrumentClass,
  };
  for (const name of TOLD) if (fields[name] !== undefined) told[name] = fields[name];
  if (fields["strike_price"] !== undefined) told["strike_price"] = fields["strike_price"];
  for (const name of ["activation", "expiration", "ts_recv"]) {
    const text = instantText(fields[name]);
    if (text !== undefined) told[name] = text;
  }
  const text = JSON.stringify(told);
  return text.length <= TOLD_LENGTH_MAX ? text : JSON.stringify({ instrument_id: told["instrument_id"] });
}

function instantText(ns: string | undefined): string | undefined {
  if (ns === undefined || ns === "0") return undefined;
  const value = BigInt(ns);
  try {
    return formatInstant(Number(value / 1000n), Number(value % 1000n));
  } catch {
    return undefined; // Beyond what a calendar has.
  }
}

function cell(value: string | bigint): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""').replaceAll(/[\r\n]+/g, " ")}"` : text;
}
