import { formatShortest } from "../../domain/index.ts";
import type { DbnMetadata } from "./dbn-metadata.ts";
import { type DbnRecord, PRICE_SCALE } from "./dbn-record.ts";
import { readSymbolMapping } from "./read-records.ts";
import { DBN_FLAGS } from "./record-flags.ts";
import { RECORD_TYPES } from "./record-types.ts";
import { DbnSymbolMap } from "./symbol-map.ts";

/** Where the fields of a trade lie. */
interface TradePlaces {
  readonly price: number;
  readonly size: number;
  readonly flags: number;
  readonly action: number;
  readonly side: number;
  readonly receiveTime: number;
  readonly sequence: number;
}
const MBP_PLACES: TradePlaces = { price: 16, size: 24, action: 28, side: 29, flags: 30, receiveTime: 32, sequence: 44 };
const MBO_PLACES: TradePlaces = { price: 24, size: 32, flags: 36, action: 38, side: 39, receiveTime: 40, sequence: 52 };
const TRADE_ACTION = 0x54;
const EVENT_TIME = 8;
/** Instruments whose last trade is remembered. */
const INSTRUMENTS_MAX = 100_000;

/** Datasets of futures and options: sizes count contracts. In the others they count shares. */
const CONTRACT_DATASETS: readonly string[] = [
  "GLBX.MDP3",
  "OPRA.PILLAR",
  "IFEU.IMPACT",
  "IFLL.IMPACT",
  "IFUS.IMPACT",
  "NDEX.IMPACT",
  "XEUR.EOBI",
  "XEEE.EOBI",
];

export const TRADE_ROW_HEADER = "ts_event,ts_recv,symbol,side,price,size,id,unit,snapshot\n";

interface LastTrade {
  readonly timeNs: bigint;
  readonly sequence: number;
  readonly ordinal: number;
}

/**
 * Trades of a DBN stream as rows of CSV: of the schema trades, and of MBP and MBO records whose action is a trade, which
 * are the same executions. Fills are the resting side of these and make no row. Numbers are exact; what is not there
 * (a price, a symbol) is empty, and so refused by whoever reads the row.
 *
 * Databento gives no trade id. K2 makes `<event time, ns>/<sequence>/<n>`: n counts, from 0, trades of one instrument
 * that follow each other with the same time and sequence. The same execution has the same id in each schema.
 */
export class DbnTradeRows {
  readonly #symbols: DbnSymbolMap;
  readonly #isOwn: boolean;
  readonly #last = new Map<number, LastTrade>();
  #unit = "shares";

  /** @param symbols what instruments are called, kept by the caller; without, by what the stream says */
  constructor(symbols?: DbnSymbolMap) {
    this.#symbols = symbols ?? new DbnSymbolMap();
    this.#isOwn = symbols === undefined;
  }

  metadata(metadata: DbnMetadata): void {
    if (this.#isOwn) this.#symbols.addMetadata(metadata);
    if (CONTRACT_DATASETS.includes(metadata.dataset)) this.#unit = "contracts";
  }

  /** The record's row, with its newline; undefined where the record is no trade. */
  row(record: DbnRecord, { version }: DbnMetadata): string | undefined {
    const places = placesOf(record.type);
    if (places === undefined || record.u8(places.action) !== TRADE_ACTION) {
      if (this.#isOwn && record.type === RECORD_TYPES.symbolMapping)
        this.#symbols.addRecord(readSymbolMapping(record, version));
      return undefined;
    }
    const timeNs = record.u64(EVENT_TIME);
    const symbol = this.#symbols.at(record.instrument, record.timeUs(EVENT_TIME))?.symbol ?? "";
    const price = record.price(places.price);
    const isSnapshot = (record.u8(places.flags) & DBN_FLAGS.snapshot) !== 0;
    const fields = [
      timeNs,
      record.u64(places.receiveTime),
      symbol,
      record.letter(places.side),
      price === undefined ? "" : formatShortest({ mantissa: price, scale: PRICE_SCALE }),
      record.u32(places.size),
      this.#idOf(record.instrument, timeNs, record.u32(places.sequence)),
      this.#unit,
      isSnapshot ? "yes" : "no",
    ];
    return `${fields.join(",")}\n`;
  }

  #idOf(instrument: number, timeNs: bigint, sequence: number): string {
    const last = this.#last.get(instrument);
    const isSame = last !== undefined && last.timeNs === timeNs && last.sequence === sequence;
    const ordinal = isSame ? last.ordinal + 1 : 0;
    if (last === undefined && this.#last.size === INSTRUMENTS_MAX) this.#last.clear();
    this.#last.set(instrument, { timeNs, sequence, ordinal });
    return `${timeNs}/${sequence}/${ordinal}`;
  }
}

function placesOf(type: number): TradePlaces | undefined {
  switch (type) {
    case RECORD_TYPES.trade:
    case RECORD_TYPES.mbp1:
    case RECORD_TYPES.mbp10:
      return MBP_PLACES;
    case RECORD_TYPES.mbo:
      return MBO_PLACES;
    default:
      return undefined;
  }
}
