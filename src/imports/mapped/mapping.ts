import { InvalidInputError } from "../../base/index.ts";
import { parseInstrument, TRADE_FLAGS, type TradeFlag } from "../../domain/index.ts";
import type { Column, ColumnRole, ImportFormat, TimeUnit } from "../format.ts";
import type { HeadListing } from "../piece-head.ts";
import { MAPPED_FORMAT } from "../registry.ts";
import { MappingReader } from "./mapping-reader.ts";

/** A mapping of the user's: how the rows are read, and what their symbols stand for. */
export interface Mapping {
  readonly format: ImportFormat;
  readonly listings: readonly HeadListing[];
}

const TOP = ["text", "venue", "symbols", "delimiter", "header", "columns", "flags"] as const;
const COLUMNS = ["id", "time", "price", "size", "side", "buyerIsMaker", "symbol"] as const;
const UNITS: readonly TimeUnit[] = ["s", "ms", "us", "ns", "ms-or-us", "iso"];

/**
 * Reads a mapping: see docs/import.md for its members.
 *
 * @param text of the file
 * @param from its name, for messages
 * @throws {InvalidInputError} naming the member that is missing or wrong
 */
export function parseMapping(text: string, from: string): Mapping {
  const top = MappingReader.of(text, from);
  top.only(TOP);
  const kind = top.choice("text", ["csv", "ndjson"], "csv");
  const hasHeader = kind === "csv" && top.truth("header", true);
  const columns = top.member("columns");
  columns.only(COLUMNS);
  const placed = COLUMNS.flatMap((name) => {
    const entry = columns.column(name, kind === "ndjson" || hasHeader);
    return entry === undefined ? [] : [{ ...entry, role: roleOf(name, entry.options) }];
  });
  for (const needed of ["time", "price", "size"] as const) {
    if (!placed.some(({ role }) => role.kind === needed))
      throw columns.wrong(needed, "is missing; every trade has one");
  }
  const hasIds = placed.some(({ role }) => role.kind === "id");
  if (kind === "ndjson" && !hasIds) throw columns.wrong("id", "is missing; rows of NDJSON must have ids");
  const list = placed.map(({ name, role }): Column => {
    const names = [kind === "csv" ? name.toLowerCase() : name];
    const identity = !hasIds && ["time", "price", "size", "side", "buyerIsMaker"].includes(role.kind);
    return { names, role, identity };
  });
  const format: ImportFormat = {
    id: MAPPED_FORMAT,
    name: from,
    documentation: "docs/import.md",
    venue: top.text("venue"),
    spelling: [],
    fileName: undefined,
    text: kind,
    delimiter: top.character("delimiter", ","),
    header: hasHeader ? "required" : "none",
    columns:
      hasHeader || kind === "ndjson"
        ? list
        : byPlace(
            list,
            placed.map(({ place }) => place),
          ),
    flags: flagsOf(top),
  };
  return { format, listings: listingsOf(top, format) };
}

function roleOf(name: (typeof COLUMNS)[number], options: MappingReader | undefined): ColumnRole {
  switch (name) {
    case "time":
      return { kind: "time", unit: options === undefined ? "ms" : options.choice("unit", UNITS, "ms") };
    case "side": {
      const buy = options?.texts("buy") ?? ["buy"];
      const sell = options?.texts("sell") ?? ["sell"];
      return { kind: "side", buy, sell, unknown: options?.texts("unknown") ?? [] };
    }
    default:
      return { kind: name };
  }
}

/** Columns without a header stand at their places, others between them. */
function byPlace(columns: readonly Column[], places: readonly number[]): readonly Column[] {
  return Array.from({ length: Math.max(...places) + 1 }, (_, place) => {
    const index = places.indexOf(place);
    return columns[index] ?? { names: [`column ${place + 1}`] };
  });
}

function flagsOf(top: MappingReader): number {
  let bits = 0;
  for (const flag of top.texts("flags") ?? []) {
    if (!(flag in TRADE_FLAGS))
      throw top.wrong("flags", `has ${flag}; there are ${Object.keys(TRADE_FLAGS).join(", ")}`);
    bits |= TRADE_FLAGS[flag as TradeFlag];
  }
  return bits;
}

function listingsOf(top: MappingReader, { venue, columns }: ImportFormat): readonly HeadListing[] {
  const symbols = top.entries("symbols");
  const hasColumn = columns.some(({ role }) => role?.kind === "symbol");
  if (symbols.length === 0 || (!hasColumn && symbols.length > 1))
    throw top.wrong(
      "symbols",
      hasColumn ? "names none" : "must name the one instrument of the file, as no column is the symbol",
    );
  return symbols.map(([rawSymbol, symbol]) => {
    try {
      parseInstrument(symbol);
    } catch (error) {
      throw new InvalidInputError(
        top.wrong("symbols", `has ${JSON.stringify(symbol)}, which is no instrument`).message,
        {
          cause: error,
        },
      );
    }
    return { venue: venue ?? "", rawSymbol, symbol };
  });
}
