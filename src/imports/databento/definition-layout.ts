import { HEADER_BYTES } from "./dbn-record.ts";

/** How a field of a definition is written. px: a price at 1e-9. ts: nanoseconds. A number: a text of so many bytes. */
export type FieldKind = "px" | "ts" | "u64" | "u32" | "i32" | "u16" | "i16" | "u8" | "i8" | "char" | number;

/** A field of a definition, as Databento's CSV and documentation name it. */
export interface DefinitionField {
  readonly name: string;
  readonly kind: FieldKind;
  /** In the record. */
  readonly at: number;
}

const BYTES: Readonly<Record<Exclude<FieldKind, number>, number>> = {
  ...{ px: 8, ts: 8, u64: 8, u32: 4, i32: 4, u16: 2, i16: 2, u8: 1, i8: 1, char: 1 },
};

/*
 * The record's fields behind its header, in their order, `name:kind`; `_` are bytes that mean nothing.
 *
 * https://github.com/databento/dbn: rust/dbn/src/record.rs (version 3), v2.rs, v1.rs (compat.rs before)
 * https://databento.com/docs/schemas-and-data-formats/instrument-definitions
 */
const TIMES = "ts_recv:ts min_price_increment:px display_factor:px expiration:ts activation:ts";
const LIMITS = "high_limit_price:px low_limit_price:px max_price_variation:px";
const UNITS = "unit_of_measure_qty:px min_price_increment_amount:px price_ratio:px";
const DEPTHS = "market_depth_implied:i32 market_depth:i32 market_segment_id:u32 max_trade_vol:u32 min_lot_size:i32";
const LOTS = "min_lot_size_block:i32 min_lot_size_round_lot:i32 min_trade_vol:u32";
const CONTRACT = "contract_multiplier:i32 decay_quantity:i32 original_contract_size:i32";
const DATES = "appl_id:i16 maturity_year:u16 decay_start_date:u16 channel_id:u16";
const CURRENCIES = "currency:4 settl_currency:4 secsubtype:6";
const CODES = "cfi:7 security_type:7 unit_of_measure:31 underlying:21 strike_price_currency:4";
const MATURITY = "maturity_month:u8 maturity_day:u8 maturity_week:u8 user_defined_instrument:char";
const RULES = "contract_multiplier_unit:i8 flow_schedule_type:i8 tick_rule:u8";
const FRACTIONS_OLD =
  "match_algorithm:char md_security_trading_status:u8 main_fraction:u8 price_display_format:u8 settl_price_type:u8 " +
  "sub_fraction:u8 underlying_product:u8 security_update_action:char";

const LAYOUTS: readonly (readonly string[])[] = [
  [
    ...[TIMES, LIMITS, "trading_reference_price:px", UNITS],
    ...["inst_attrib_value:i32 underlying_id:u32 raw_instrument_id:u32", DEPTHS, LOTS, "_:4", CONTRACT, "_:4"],
    ...["trading_reference_date:u16", DATES, CURRENCIES, "raw_symbol:22 group:21 exchange:5 asset:7", CODES],
    ...["instrument_class:char _:2 strike_price:px _:6", FRACTIONS_OLD, MATURITY, RULES, "_:3"],
  ],
  [
    ...[TIMES, LIMITS, "trading_reference_price:px", UNITS, "strike_price:px"],
    ...["inst_attrib_value:i32 underlying_id:u32 raw_instrument_id:u32", DEPTHS, LOTS, CONTRACT],
    ...["trading_reference_date:u16", DATES, CURRENCIES, "raw_symbol:71 group:21 exchange:5 asset:7", CODES],
    ...["instrument_class:char", FRACTIONS_OLD, MATURITY, RULES, "_:10"],
  ],
  [
    ...[TIMES, LIMITS, UNITS, "strike_price:px raw_instrument_id:u64 leg_price:px leg_delta:px"],
    ...["inst_attrib_value:i32 underlying_id:u32", DEPTHS, LOTS, CONTRACT],
    ...["leg_instrument_id:u32 leg_ratio_price_numerator:i32 leg_ratio_price_denominator:i32"],
    ...["leg_ratio_qty_numerator:i32 leg_ratio_qty_denominator:i32 leg_underlying_id:u32"],
    ...[DATES, "leg_count:u16 leg_index:u16", CURRENCIES, "raw_symbol:71 group:21 exchange:5 asset:11", CODES],
    ...["leg_raw_symbol:71 instrument_class:char match_algorithm:char main_fraction:u8 price_display_format:u8"],
    ...["sub_fraction:u8 underlying_product:u8 security_update_action:char", MATURITY, RULES],
    ...["leg_instrument_class:char leg_side:char _:17"],
  ],
];

function placed(parts: readonly string[]): readonly DefinitionField[] {
  const fields: DefinitionField[] = [];
  let at = HEADER_BYTES;
  for (const part of parts.join(" ").split(" ")) {
    const [name = "", written = ""] = part.split(":");
    const kind = /^\d+$/.test(written) ? Number(written) : (written as Exclude<FieldKind, number>);
    if (name !== "_") fields.push({ name, kind, at });
    at += typeof kind === "number" ? kind : BYTES[kind];
  }
  return fields;
}

const FIELDS: readonly (readonly DefinitionField[])[] = LAYOUTS.map(placed);

/** The fields of a definition record of a version of DBN, 1 to 3. */
export function definitionFields(version: number): readonly DefinitionField[] {
  return FIELDS[version - 1] ?? FIELDS[FIELDS.length - 1] ?? [];
}
