import type { DbnRecord } from "./dbn-record.ts";
import { type DefinitionField, definitionFields } from "./definition-layout.ts";
import { RECORD_TYPES } from "./record-types.ts";

const SYMBOL_BYTES_V1 = 22;
const SYMBOL_BYTES = 71;

/** A bar as Databento made it; prices are mantissas at PRICE_SCALE. */
export interface DbnBar {
  readonly instrument: number;
  /** Begin of the bar, nanoseconds since the Unix epoch. */
  readonly startNs: bigint | undefined;
  readonly open: bigint | undefined;
  readonly high: bigint | undefined;
  readonly low: bigint | undefined;
  readonly close: bigint | undefined;
  readonly volume: bigint;
}

/** The terms of an instrument, as far as K2 uses them; prices are mantissas at PRICE_SCALE. */
export interface DbnDefinition {
  readonly instrument: number;
  readonly rawSymbol: string;
  /** Such as F for a future, S for a future spread, K for a stock, C and P for options. */
  readonly instrumentClass: string;
  readonly exchange: string;
  /** The product code, such as ES. */
  readonly asset: string;
  readonly currency: string;
  /** Empty where it is the same. */
  readonly settleCurrency: string;
  /** The symbol of what an option is on. */
  readonly underlying: string;
  readonly tickSize: bigint | undefined;
  readonly expirationNs: bigint | undefined;
  readonly activationNs: bigint | undefined;
  readonly strikePrice: bigint | undefined;
  /** A added, M modified, D deleted. */
  readonly updateAction: string;
  readonly eventTimeNs: bigint | undefined;
  /** When Databento's capture server had it: what definitions are ordered by. */
  readonly receiveTimeNs: bigint | undefined;
}

export interface DbnStatus {
  readonly instrument: number;
  readonly eventTimeNs: bigint | undefined;
  /** Databento's numbers, see their documentation of the status schema. */
  readonly action: number;
  readonly reason: number;
  readonly tradingEvent: number;
  /** Y, N, or ~ where it is not known. */
  readonly isTrading: string;
  readonly isQuoting: string;
}

export interface DbnSymbolMapping {
  readonly instrument: number;
  readonly symbolIn: string;
  readonly symbolOut: string;
  readonly startNs: bigint | undefined;
  readonly endNs: bigint | undefined;
}

export function isBar(record: DbnRecord): boolean {
  return record.type === RECORD_TYPES.ohlcvUnspecified || (record.type >= 0x20 && record.type <= 0x24);
}

export function readBar(record: DbnRecord): DbnBar {
  return {
    instrument: record.instrument,
    startNs: record.eventTimeNs,
    open: record.price(16),
    high: record.price(24),
    low: record.price(32),
    close: record.price(40),
    volume: record.u64(48),
  };
}

/** Where the fields of a definition lie that K2 uses; each version has its own order. */
const DEFINITION_PLACES: readonly ReadonlyMap<string, DefinitionField>[] = [1, 2, 3].map(
  (version) => new Map(definitionFields(version).map((field) => [field.name, field])),
);

/** @param version of the stream: 1, 2 or 3 */
export function readDefinition(record: DbnRecord, version: number): DbnDefinition {
  const places = DEFINITION_PLACES[version - 1] ?? DEFINITION_PLACES[2];
  const at = (name: string): number => places?.get(name)?.at ?? 0;
  const text = (name: string): string => {
    const field = places?.get(name);
    return typeof field?.kind === "number" ? record.text(field.at, field.kind) : "";
  };
  return {
    instrument: record.instrument,
    rawSymbol: text("raw_symbol"),
    instrumentClass: record.letter(at("instrument_class")),
    exchange: text("exchange"),
    asset: text("asset"),
    currency: text("currency"),
    settleCurrency: text("settl_currency"),
    underlying: text("underlying"),
    tickSize: record.price(at("min_price_increment")),
    expirationNs: record.time(at("expiration")),
    activationNs: record.time(at("activation")),
    strikePrice: record.price(at("strike_price")),
    updateAction: record.letter(at("security_update_action")),
    eventTimeNs: record.eventTimeNs,
    receiveTimeNs: record.time(at("ts_recv")),
  };
}

export function readStatus(record: DbnRecord): DbnStatus {
  return {
    instrument: record.instrument,
    eventTimeNs: record.eventTimeNs,
    action: record.u16(24),
    reason: record.u16(26),
    tradingEvent: record.u16(28),
    isTrading: record.letter(30),
    isQuoting: record.letter(31),
  };
}

/** The text of an error record, or of a message of the live gateway; it ends before codes that version 2 added. */
export function readText(record: DbnRecord, version: number): string {
  return record.text(16, version === 1 ? 64 : 302);
}

export function readSymbolMapping(record: DbnRecord, version: number): DbnSymbolMapping {
  const bytes = version === 1 ? SYMBOL_BYTES_V1 : SYMBOL_BYTES;
  // From version 2 on a byte before each symbol says of which kind it is.
  const kind = version === 1 ? 0 : 1;
  const out = 16 + 2 * kind + bytes;
  const times = version === 1 ? 64 : 160;
  return {
    instrument: record.instrument,
    symbolIn: record.text(16 + kind, bytes),
    symbolOut: record.text(out, bytes),
    startNs: record.time(times),
    endNs: record.time(times + 8),
  };
}
