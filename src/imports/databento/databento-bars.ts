import { formatShortest } from "../../domain/index.ts";
import type { ImportFormat } from "../format.ts";
import type { TextSource } from "../text/text-source.ts";
import { PRICE_SCALE } from "./dbn-record.ts";
import { readBar } from "./read-records.ts";
import { recordText } from "./record-text.ts";
import { RECORD_TYPES } from "./record-types.ts";
import type { DbnSymbolMap } from "./symbol-map.ts";

const NAMES = ["open", "high", "low", "close", "volume"] as const;

/** What the bars of a kind of record are of. */
const INTERVALS: ReadonlyMap<number, string> = new Map([
  [RECORD_TYPES.ohlcv1s, "1s"],
  [RECORD_TYPES.ohlcv1m, "1m"],
  [RECORD_TYPES.ohlcv1h, "1h"],
  [RECORD_TYPES.ohlcv1d, "1d"],
]);

/** Undefined of records that are no bars of an interval that silver.candles has. */
export function barInterval(type: number): string | undefined {
  return INTERVALS.get(type);
}

/**
 * Databento's own bars (OHLCV-1s, -1m, -1h, -1d), DBN files and CSV, as rows of text. A bar without a trade is no record of
 * theirs. Days are those of UTC.
 *
 * @see https://databento.com/docs/schemas-and-data-formats/ohlcv
 */
export const databentoBars: ImportFormat = {
  id: "databento-bars",
  name: "Databento: bars (OHLCV), DBN files and CSV",
  documentation: "https://databento.com/docs/schemas-and-data-formats/ohlcv",
  venue: undefined,
  spelling: [],
  fileName: undefined,
  venueData: "candle",
  text: "csv",
  delimiter: ",",
  header: "required",
  columns: [
    { names: ["ts_event"], role: { kind: "time", unit: "ns" } },
    { names: ["symbol"], role: { kind: "symbol" } },
    ...NAMES.map((name) => ({ names: [name], role: { kind: "field", name } as const })),
  ],
  flags: 0,
};

/** The bars of one interval of a file as text with a header; the same file always gives the same text. */
export function databentoBarsText(
  file: TextSource,
  interval: string | undefined,
  otherwise?: DbnSymbolMap,
): TextSource {
  return recordText(
    file,
    (symbols) => ({
      header: `ts_event,symbol,${NAMES.join(",")}\n`,
      row(record) {
        if (interval === undefined || barInterval(record.type) !== interval) return undefined;
        const { startNs, open, high, low, close, volume } = readBar(record);
        const price = (mantissa: bigint | undefined): string =>
          mantissa === undefined ? "" : formatShortest({ mantissa, scale: PRICE_SCALE });
        const symbol = symbols.at(record.instrument, record.timeUs(8))?.symbol ?? "";
        return `${[startNs ?? "", symbol, ...[open, high, low, close].map(price), volume].join(",")}\n`;
      },
    }),
    otherwise,
  );
}
