import type { DbnMetadata } from "./dbn-metadata.ts";
import type { DbnSymbolMapping } from "./read-records.ts";

/** What a number stood for, from one time up to another: microseconds since the Unix epoch. */
export interface SymbolInterval {
  readonly startUs: number;
  readonly endUs: number;
  readonly symbol: string;
}

/**
 * Which symbol an instrument's number stood for, and when: numbers are given anew each day. From the metadata of a file,
 * or from the symbol mapping records of a live stream.
 */
export class DbnSymbolMap {
  readonly #intervals = new Map<number, SymbolInterval[]>();
  readonly #otherwise: DbnSymbolMap | undefined;

  /** @param otherwise asked where the stream itself says nothing: the names of a file of definitions */
  constructor(otherwise?: DbnSymbolMap) {
    this.#otherwise = otherwise;
  }

  /** Takes the mappings of a stream's metadata, in whichever direction they are. */
  addMetadata({ mappings, symbolKindOut }: DbnMetadata): void {
    for (const { symbol, intervals } of mappings) {
      for (const { startDate, endDate, symbol: other } of intervals) {
        const [number, name] = symbolKindOut === "instrument_id" ? [other, symbol] : [symbol, other];
        if (!/^\d{1,10}$/.test(number)) continue;
        this.add(Number(number), { startUs: dayUs(startDate), endUs: dayUs(endDate), symbol: name });
      }
    }
  }

  /** Takes a mapping record. Live streams give no end to a mapping: it holds until the next. */
  addRecord({ instrument, symbolOut, startNs, endNs }: DbnSymbolMapping): void {
    const startUs = startNs === undefined ? 0 : Number(startNs / 1000n);
    const endUs = endNs === undefined ? Number.POSITIVE_INFINITY : Number(endNs / 1000n);
    this.add(instrument, { startUs, endUs, symbol: symbolOut });
  }

  /** The newest statement holds against earlier ones. */
  add(instrument: number, interval: SymbolInterval): void {
    const { startUs, endUs } = interval;
    const known = this.#intervals.get(instrument) ?? [];
    // What it covers wholly is never found again.
    const left = known.filter((other) => other.startUs < startUs || other.endUs > endUs);
    this.#intervals.set(instrument, [interval, ...left]);
  }

  /** @returns undefined where the instrument stood for nothing that is known at that time */
  at(instrument: number, timeUs: number): SymbolInterval | undefined {
    const found = this.#intervals.get(instrument)?.find(({ startUs, endUs }) => startUs <= timeUs && timeUs < endUs);
    return found ?? this.#otherwise?.at(instrument, timeUs);
  }
}

/** Midnight UTC of a YYYYMMDD. */
function dayUs(date: number): number {
  return Date.UTC(Math.floor(date / 10_000), (Math.floor(date / 100) % 100) - 1, date % 100) * 1000;
}
