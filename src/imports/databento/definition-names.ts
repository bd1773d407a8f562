import { type Abortable, InvalidInputError } from "../../base/index.ts";
import type { TextSource } from "../text/text-source.ts";
import type { DbnRecord } from "./dbn-record.ts";
import { definedInstrument } from "./definition-instrument.ts";
import { type DbnDefinition, readDefinition, readSymbolMapping } from "./read-records.ts";
import { streamRecords } from "./record-text.ts";
import { RECORD_TYPES } from "./record-types.ts";
import { DbnSymbolMap } from "./symbol-map.ts";

/** Far more than any dataset defines on a day. */
const INSTRUMENTS_MAX = 3_000_000;
const DAY_US = 86_400_000_000;

/** What a file of definitions says that numbers and symbols stand for. */
export interface DefinitionNames {
  /** SHA-256 of the file: other definitions give other names. */
  readonly digest: string;
  readonly symbols: DbnSymbolMap;
  /** The canonical id of a raw symbol; undefined where it has none, or the file gives it two. */
  instrument(rawSymbol: string): string | undefined;
}

/**
 * Reads the names of a file of definitions, DBN or CSV. A definition holds from the UTC day on which it was received to the
 * instrument's expiration, or to the end of that day where it has none: numbers of stocks are given anew each day. Of two
 * about one number the later holds from its day on.
 *
 * @throws {InvalidInputError} when it has no definition, or is damaged
 */
export async function readDefinitionNames(
  file: TextSource,
  digest: string,
  options: Abortable = {},
): Promise<DefinitionNames> {
  const symbols = new DbnSymbolMap();
  const instruments = new Map<string, string | undefined>();
  let refused: string | undefined;
  const take = (definition: DbnDefinition): void => {
    const { rawSymbol, updateAction } = definition;
    if (updateAction === "D" || rawSymbol === "") return;
    symbols.add(definition.instrument, { ...holds(definition), symbol: rawSymbol });
    const id = definedInstrument(definition);
    instruments.set(rawSymbol, instruments.has(rawSymbol) && instruments.get(rawSymbol) !== id ? undefined : id);
    if (instruments.size > INSTRUMENTS_MAX) throw tooMany(file.name);
  };
  const record = (one: DbnRecord, { version }: { readonly version: number }): boolean => {
    if (one.type === RECORD_TYPES.symbolMapping) symbols.addRecord(readSymbolMapping(one, version));
    if (one.type !== RECORD_TYPES.definition) return false;
    take(readDefinition(one, version));
    return true;
  };
  const visitor = {
    metadata: (metadata: Parameters<DbnSymbolMap["addMetadata"]>[0]) => symbols.addMetadata(metadata),
    record,
    refuse: (line: number, detail: string) => {
      refused ??= `line ${line}: ${detail}`;
    },
  };
  for await (const _ of streamRecords(file, visitor, options)) if (refused !== undefined) break;
  if (refused !== undefined)
    throw new InvalidInputError(`${file.name} cannot be read as definitions: ${refused}. Nothing was imported`);
  if (instruments.size === 0)
    throw new InvalidInputError(
      `${file.name} defines no instrument. Give --definitions a file of Databento's schema definition; nothing was imported`,
    );
  return { digest, symbols, instrument: (rawSymbol) => instruments.get(rawSymbol) };
}

function holds({ receiveTimeNs, eventTimeNs, expirationNs }: DbnDefinition): { startUs: number; endUs: number } {
  const atUs = Number((receiveTimeNs ?? eventTimeNs ?? 0n) / 1000n);
  const startUs = Math.floor(atUs / DAY_US) * DAY_US;
  const hasEnd = expirationNs !== undefined && expirationNs > 0n;
  const endUs = hasEnd ? Number(expirationNs / 1000n) + 1 : startUs + DAY_US;
  return { startUs, endUs: Math.max(endUs, startUs + DAY_US) };
}

function tooMany(name: string): InvalidInputError {
  return new InvalidInputError(
    `${name} defines over ${INSTRUMENTS_MAX} instruments. Give --definitions a file of the symbols that are imported; nothing was imported`,
  );
}

/** Symbols of the instruments that a file's records are of, as `names` calls them where the file does not. */
export async function symbolsIn(
  file: TextSource,
  names: DefinitionNames,
  options: Abortable = {},
): Promise<readonly string[]> {
  const symbols = new DbnSymbolMap(names.symbols);
  const found = new Set<string>();
  const visitor = {
    metadata: (metadata: Parameters<DbnSymbolMap["addMetadata"]>[0]) => symbols.addMetadata(metadata),
    record: (record: DbnRecord, { version }: { readonly version: number }) => {
      if (record.type === RECORD_TYPES.symbolMapping) {
        symbols.addRecord(readSymbolMapping(record, version));
        return false;
      }
      const symbol = symbols.at(record.instrument, record.timeUs(8))?.symbol;
      if (symbol !== undefined) found.add(symbol);
      return true;
    },
  };
  for await (const _ of streamRecords(file, visitor, options));
  return [...found].sort();
}
