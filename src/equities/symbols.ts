import { formatInstrument, parseInstrument } from "../domain/index.ts";
import type { Vendor } from "./vendor-answer.ts";

/** What a vendor writes behind the ticker, by the exchange's ISO 10383 code. Exchanges of the United States have none. */
const SUFFIXES: Readonly<Record<Vendor, Readonly<Record<string, string>>>> = {
  yahoo: {
    ...{ XNAS: "", XNYS: "", XASE: "", ARCX: "", BATS: "", XLON: ".L", XETR: ".DE", XPAR: ".PA", XAMS: ".AS" },
    ...{ XTKS: ".T", XHKG: ".HK", XTSE: ".TO", XASX: ".AX", XSWX: ".SW" },
  },
  alphavantage: { XNAS: "", XNYS: "", XASE: "", ARCX: "", BATS: "", XLON: ".LON", XETR: ".DEX", XTSE: ".TRT" },
};

/**
 * The vendor's own symbol of an equity: BRK.B-XNYS-EQ is BRK-B at Yahoo and BRK.B at Alpha Vantage, VOD-XLON-EQ is VOD.L.
 *
 * @returns undefined for what is no equity, or of an exchange whose spelling is not known
 */
export function rawEquitySymbol(vendor: Vendor, symbol: string): string | undefined {
  const instrument = parseInstrument(symbol);
  const suffix = instrument.kind === "equity" ? SUFFIXES[vendor][instrument.mic] : undefined;
  if (instrument.kind !== "equity" || suffix === undefined) return undefined;
  return (vendor === "yahoo" ? instrument.ticker.replaceAll(".", "-") : instrument.ticker) + suffix;
}

/**
 * The canonical id of a vendor's symbol: of the ids given, the one that the vendor spells so; else, where the answer names
 * the exchange, the ticker there, if the vendor spells that so.
 */
export function equitySymbol(
  vendor: Vendor,
  rawSymbol: string,
  { known, mic }: { readonly known: readonly string[]; readonly mic?: string | undefined },
): string | undefined {
  const configured = known.find((symbol) => rawEquitySymbol(vendor, symbol) === rawSymbol);
  if (configured !== undefined || mic === undefined) return configured;
  const ticker = vendor === "yahoo" ? rawSymbol.replaceAll("-", ".") : rawSymbol;
  if (!/^[A-Z][A-Z0-9.]{0,9}$/.test(ticker)) return undefined;
  const symbol = formatInstrument({ kind: "equity", ticker, mic });
  return rawEquitySymbol(vendor, symbol) === rawSymbol ? symbol : undefined;
}
