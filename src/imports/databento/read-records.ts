import type { DbnRecord } from "./dbn-record.ts";
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
  readonly tickSize: bigint | undefined;
  readonly expirationNs: bigint | undefined;
  readonly activationNs: bigint | undefined;
  readonly strikePrice: bigint | undefined;
  /** A added, M modified, D deleted. */
  readonly updateAction: string;
  readonly eventTimeNs: bigint | undefined;
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

/** Where the fields of a definition lie; each version has its own order. */
interface DefinitionPlaces {
  readonly currency: number;
  readonly rawSymbol: number;
  readonly rawSymbolBytes: number;
  readonly exchange: number;
  readonly asset: number;
  readonly assetBytes: number;
  readonly strikePrice: number;
  readonly instrumentClass: number;
  readonly updateAction: number;
}

const DEFINITION_PLACES: readonly DefinitionPlaces[] = [
  {
    currency: 186,
    rawSymbol: 200,
    rawSymbolBytes: SYMBOL_BYTES_V1,
    exchange: 243,
    asset: 248,
    assetBytes: 7,
    strikePrice: 328,
    instrumentClass: 325,
    updateAction: 349,
  },
  {
    currency: 186,
    rawSymbol: 200,
    rawSymbolBytes: SYMBOL_BYTES,
    exchange: 292,
    asset: 297,
    assetBytes: 7,
    strikePrice: 112,
    instrumentClass: 374,
    updateAction: 382,
  },
  {
    currency: 224,
    rawSymbol: 238,
    rawSymbolBytes: SYMBOL_BYTES,
    exchange: 330,
    asset: 335,
    assetBytes: 11,
    strikePrice: 104,
    instrumentClass: 487,
    updateAction: 493,
  },
];

/** @param version of the stream: 1, 2 or 3 */
export function readDefinition(record: DbnRecord, version: number): DbnDefinition {
  const places = DEFINITION_PLACES[version - 1] ?? (DEFINITION_PLACES[2] as DefinitionPlaces);
  return {
    instrument: record.instrument,
    rawSymbol: record.text(places.rawSymbol, places.rawSymbolBytes),
    instrumentClass: record.letter(places.instrumentClass),
    exchange: record.text(places.exchange, 5),
    asset: record.text(places.asset, places.assetBytes),
    currency: record.text(places.currency, 4),
    tickSize: record.price(24),
    expirationNs: record.time(40),
    activationNs: record.time(48),
    strikePrice: record.price(places.strikePrice),
    updateAction: record.letter(places.updateAction),
    eventTimeNs: record.eventTimeNs,
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
