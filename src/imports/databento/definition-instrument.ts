import { formatInstrument, formatShortest, type Instrument, parseInstrument } from "../../domain/index.ts";
import { PRICE_SCALE } from "./dbn-record.ts";
import type { DbnDefinition } from "./read-records.ts";

/** Classes of Databento: F future, C and P options, K stock; spreads, bonds, indices and the rest have no canonical id. */
function instrumentOf(definition: DbnDefinition): Instrument | undefined {
  const { instrumentClass, asset, underlying, currency, settleCurrency, strikePrice, rawSymbol, exchange } = definition;
  const expiry = dayOf(definition.expirationNs);
  const pair = { quote: currency, settle: settleCurrency === "" ? currency : settleCurrency };
  switch (instrumentClass) {
    case "F":
      return expiry === undefined ? undefined : { kind: "future", base: asset, ...pair, expiry };
    case "C":
    case "P": {
      if (expiry === undefined || strikePrice === undefined) return undefined;
      const strike = formatShortest({ mantissa: strikePrice, scale: PRICE_SCALE });
      const right = instrumentClass === "C" ? "call" : "put";
      return { kind: "option", base: asset === "" ? underlying : asset, ...pair, expiry, strike, right };
    }
    case "K":
      return { kind: "equity", ticker: rawSymbol, mic: exchange };
    default:
      return undefined;
  }
}

/**
 * The canonical id of what is defined, of the venue's own fields: product code, currency, UTC day of expiration, strike;
 * of a stock its symbol and exchange. Never by taking the symbol apart.
 *
 * @returns undefined where it has none: a spread, a class or a name that canonical ids do not know
 */
export function definedInstrument(definition: DbnDefinition): string | undefined {
  const instrument = instrumentOf(definition);
  if (instrument === undefined) return undefined;
  const id = formatInstrument(instrument);
  try {
    return formatInstrument(parseInstrument(id)) === id ? id : undefined;
  } catch {
    return undefined; // A product code or an exchange that is none by their grammar.
  }
}

function dayOf(ns: bigint | undefined): string | undefined {
  if (ns === undefined || ns === 0n) return undefined;
  const date = new Date(Number(ns / 1_000_000n));
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().slice(0, 10).replaceAll("-", "");
}
