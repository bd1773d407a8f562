import { InvalidInputError } from "../../base/index.ts";
import { formatInstrument, type Instrument, parseInstrument } from "../../domain/index.ts";
import { feedById } from "../../feeds/index.ts";
import type { HeadListing, ImportFormat } from "../../imports/index.ts";
import type { FeedConfig } from "../default-feeds.ts";

export interface SymbolOptions {
  /** `BTC-USDT-SPOT`, or `<raw symbol>=BTC-USDT-SPOT` where the file's spelling is no feed's. */
  readonly symbols: readonly string[];
  /** Instead of the format's own market. */
  readonly venue: string | undefined;
  readonly feeds: readonly FeedConfig[];
}

/**
 * What the symbols of a file stand for, through the venue's own spelling of instruments: those named for this import and
 * those configured. Never by taking a symbol apart.
 *
 * @param rawSymbol the file's symbol, where its name tells it
 * @returns none when the symbol is unknown
 * @throws {InvalidInputError} when what was named cannot be
 */
export function resolveListings(
  format: ImportFormat,
  rawSymbol: string | undefined,
  options: SymbolOptions,
): readonly HeadListing[] {
  const named = options.symbols.map(parseSymbol);
  const listings = uniqueListings([
    ...named.flatMap(({ raw, instrument }) =>
      raw === undefined ? spelled(format, instrument, options.venue) : [given(format, raw, instrument, options.venue)],
    ),
    ...impliedRaw(format, rawSymbol, named, options.venue),
    ...configured(format, options),
    ...(format.namesInstruments === true ? [ofRows(format, options.venue)] : []),
  ]);
  const hasSymbolColumn = format.columns.some(({ role }) => role?.kind === "symbol");
  if (hasSymbolColumn || format.namesInstruments === true) return listings;
  // Neither the file's name nor its rows say it: then it is the one that was named, never one of those configured.
  if (rawSymbol === undefined) return named.length === 1 ? listings.slice(0, 1) : [];
  return listings.filter((listing) => listing.rawSymbol === rawSymbol).slice(0, 1);
}

/** Of rows that say which instrument they are: the market alone. */
function ofRows(format: ImportFormat, venueGiven: string | undefined): HeadListing {
  const venue = venueGiven ?? format.venue;
  if (venue === undefined)
    throw new InvalidInputError("Say to which market the file belongs: --venue, such as cme or nasdaq");
  return { venue, rawSymbol: "", symbol: "" };
}

interface NamedSymbol {
  readonly raw: string | undefined;
  readonly instrument: Instrument;
}

function parseSymbol(text: string): NamedSymbol {
  const at = text.indexOf("=");
  return {
    raw: at < 0 ? undefined : text.slice(0, at),
    instrument: parseInstrument(at < 0 ? text : text.slice(at + 1)),
  };
}

function given(
  format: ImportFormat,
  rawSymbol: string,
  instrument: Instrument,
  venueGiven: string | undefined,
): HeadListing {
  const spelling = format.spelling.find((feed) => feedById(feed).rawSymbol(instrument) === rawSymbol);
  const venue = venueGiven ?? format.venue ?? feedVenue(spelling ?? format.spelling[0]);
  if (venue === undefined)
    throw new InvalidInputError(`Say to which market ${rawSymbol} belongs: --venue, such as binance or us-equities`);
  return { venue, rawSymbol, symbol: formatInstrument(instrument) };
}

/** Where no feed spells the file's symbols, the one that was named is that of the file's name. */
function impliedRaw(
  format: ImportFormat,
  rawSymbol: string | undefined,
  named: readonly NamedSymbol[],
  venue: string | undefined,
): readonly HeadListing[] {
  const [only] = named;
  if (format.spelling.length > 0 || format.markets !== undefined || rawSymbol === undefined) return [];
  if (only === undefined || named.length > 1 || only.raw !== undefined) return [];
  return [given(format, rawSymbol, only.instrument, venue)];
}

function spelled(format: ImportFormat, instrument: Instrument, venue: string | undefined): readonly HeadListing[] {
  const symbol = formatInstrument(instrument);
  const plain = format.spelling.flatMap((feed) => {
    const rawSymbol = feedById(feed).rawSymbol(instrument);
    return rawSymbol === undefined ? [] : [{ venue: venue ?? format.venue ?? feedById(feed).venue, rawSymbol, symbol }];
  });
  const ofMarkets = Object.entries(format.markets ?? {}).flatMap(([market, feeds]) =>
    feeds.flatMap((feed) => {
      const rawSymbol = feedById(feed).rawSymbol(instrument);
      return rawSymbol === undefined ? [] : [{ venue: venue ?? feedById(feed).venue, rawSymbol, symbol, market }];
    }),
  );
  return [...plain, ...ofMarkets];
}

function configured(format: ImportFormat, { feeds, venue }: SymbolOptions): readonly HeadListing[] {
  return feeds.flatMap(({ feed, symbols }) => {
    const speaks = [...format.spelling, ...Object.values(format.markets ?? {}).flat()];
    if (!speaks.includes(feed)) return [];
    return symbols.flatMap((symbol) =>
      spelled(format, parseInstrument(symbol), venue).filter(
        (listing) => venue !== undefined || format.venue !== undefined || listing.venue === feedById(feed).venue,
      ),
    );
  });
}

function feedVenue(feed: string | undefined): string | undefined {
  return feed === undefined ? undefined : feedById(feed).venue;
}

function uniqueListings(listings: readonly HeadListing[]): readonly HeadListing[] {
  const seen = new Map<string, HeadListing>();
  for (const listing of listings) {
    const key = JSON.stringify([listing.venue, listing.rawSymbol, listing.market]);
    if (!seen.has(key)) seen.set(key, listing);
  }
  return [...seen.values()];
}
