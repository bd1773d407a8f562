import { formatShortest } from "../../domain/index.ts";
import type { Column, ImportFormat } from "../format.ts";
import type { TextSource } from "../text/text-source.ts";
import { type DbnRecord, PRICE_SCALE } from "./dbn-record.ts";
import { recordText } from "./record-text.ts";
import { RECORD_TYPES } from "./record-types.ts";
import type { DbnSymbolMap } from "./symbol-map.ts";

/*
 * Best bids and asks (MBP-1, TBBO, BBO-1s, BBO-1m) and the best ten levels (MBP-10) of Databento's DBN files and CSV, as
 * rows of text: what the raw log keeps of them. Each record holds the levels after its event. Books lie by `ts_recv`, the clock of
 * Databento's capture server.
 *
 * https://databento.com/docs/schemas-and-data-formats/mbp-10
 */
const EVENT_TIME = 8;
const RECEIVE_TIME = 32;
const SEQUENCE = 44;
const LEVELS = 48;
const LEVEL_BYTES = 32;
const NO_TIME = 0xffff_ffff_ffff_ffffn;
const QUOTES: readonly number[] = [RECORD_TYPES.mbp1, RECORD_TYPES.bbo1s, RECORD_TYPES.bbo1m];

function format(id: string, name: string, depth: number): ImportFormat {
  return {
    id,
    name,
    documentation: "https://databento.com/docs/schemas-and-data-formats",
    venue: undefined,
    spelling: [],
    fileName: undefined,
    books: depth === 1 ? { rows: "ladder", channel: "quote" } : { rows: "ladder", channel: "book", depth },
    text: "csv",
    delimiter: ",",
    header: "required",
    columns: [
      { names: ["ts_event"], role: { kind: "time", unit: "ns" } },
      { names: ["ts_recv"], role: { kind: "recordedTime", unit: "ns" } },
      { names: ["symbol"], role: { kind: "symbol" } },
      { names: ["sequence"], role: { kind: "sequence" } },
      ...levelColumns(depth),
    ],
    flags: 0,
  };
}

function levelColumns(depth: number): readonly Column[] {
  return Array.from({ length: depth }, (_, rank) =>
    (["bid", "ask"] as const).flatMap((side): readonly Column[] => [
      { names: [`${side}_px_${rank}`], role: { kind: "level", side, of: "price", rank } },
      { names: [`${side}_sz_${rank}`], role: { kind: "level", side, of: "size", rank } },
    ]),
  ).flat();
}

export const DATABENTO_BOOK_FORMATS: readonly ImportFormat[] = [
  format("databento-quotes", "Databento: DBN files and CSV of MBP-1, TBBO and BBO", 1),
  format("databento-books", "Databento: DBN files and CSV of MBP-10", 10),
];

/** The levels of a file as text with a header; the same file always gives the same text. */
export function databentoBooksText(file: TextSource, depth: number, otherwise?: DbnSymbolMap): TextSource {
  const names = levelColumns(depth).map(({ names: [name] }) => name);
  const isWanted = (type: number): boolean => (depth === 1 ? QUOTES.includes(type) : type === RECORD_TYPES.mbp10);
  return recordText(
    file,
    (symbols) => ({
      header: `ts_event,ts_recv,symbol,sequence,${names.join(",")}\n`,
      row: (record) => (isWanted(record.type) ? rowOf(record, symbols, depth) : undefined),
    }),
    otherwise,
  );
}

function rowOf(record: DbnRecord, symbols: DbnSymbolMap, depth: number): string {
  const receiveTime = record.u64(RECEIVE_TIME);
  const eventTime = record.u64(EVENT_TIME);
  const fields: (string | number | bigint)[] = [
    // Of a sampled quote whose last trade is not known there is only when it was sampled.
    eventTime === NO_TIME ? receiveTime : eventTime,
    receiveTime,
    symbols.at(record.instrument, record.timeUs(RECEIVE_TIME))?.symbol ?? "",
    record.u32(SEQUENCE),
  ];
  for (let rank = 0; rank < depth; rank += 1) {
    const at = LEVELS + rank * LEVEL_BYTES;
    for (const side of [0, 1]) {
      const price = record.price(at + side * 8);
      fields.push(
        price === undefined ? "" : formatShortest({ mantissa: price, scale: PRICE_SCALE }),
        price === undefined ? "" : record.u32(at + 16 + side * 4),
      );
    }
  }
  return `${fields.join(",")}\n`;
}
