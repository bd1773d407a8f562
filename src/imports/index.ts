export type { BitstampContext, BitstampLine, BitstampTrade } from "./bitstamp/index.ts";
export { readBitstampLine } from "./bitstamp/index.ts";
export { createBookPieceReader } from "./books/book-piece-reader.ts";
export { createMessagePieceReader } from "./books/message-piece-reader.ts";
export type { PieceCounts } from "./books/piece-counts.ts";
export type { DefinitionNames } from "./databento/definition-names.ts";
export { readDefinitionNames } from "./databento/definition-names.ts";
export type {
  DbnBar,
  DbnDefinition,
  DbnMetadata,
  DbnStatus,
  DbnSymbolMapping,
  DbnVisitor,
  MappingInterval,
  MboBooksOptions,
  RecordCount,
  RecordType,
  SymbolInterval,
  SymbolMapping,
} from "./databento/index.ts";
export {
  appendMboEvent,
  copyMbpLevels,
  DBN_FLAGS,
  DbnDecoder,
  DbnRecord,
  DbnSymbolMap,
  DbnTradeRows,
  isBar,
  MboBooks,
  mbpDepth,
  mbpOrders,
  PRICE_SCALE,
  RECORD_TYPES,
  readBar,
  readDbn,
  readDefinition,
  readStatus,
  readSymbolMapping,
  readText,
  recordTypeName,
  unpackZstd,
} from "./databento/index.ts";
export type { Column, ColumnRole, ImportFormat, TableFormat, TimeUnit } from "./format.ts";
export { hasTextIds } from "./format.ts";
export { type LineReader, LineSplitter } from "./lines/line-splitter.ts";
export type { LobsterFile, LobsterRefusal, LobsterRowReader } from "./lobster/index.ts";
export {
  LOBSTER_PRICE_SCALE,
  LOBSTER_TYPES,
  LobsterMessage,
  LobsterMessages,
  LobsterReplay,
  LobsterRows,
  parseLobsterFileName,
} from "./lobster/index.ts";
export type { Mapping } from "./mapped/mapping.ts";
export { parseMapping } from "./mapped/mapping.ts";
export type { HeadListing, KnownSpan, PieceHead, RowRun } from "./piece-head.ts";
export { PiecePayloads, parseHead, piecePayload, splitPiece } from "./piece-head.ts";
export { formatsOfHeader, IMPORT_FORMATS, importFormat, MAPPED_FORMAT, otherFile } from "./registry.ts";
export { createTableDecoder } from "./table/table-decoder.ts";
export { type FirstLine, readFirstLine, tieOf } from "./table/table-file.ts";
export { type TableText, tableText } from "./table-text.ts";
export type { Piece } from "./text/line-pieces.ts";
export { linePieces } from "./text/line-pieces.ts";
export { openTextFile } from "./text/open-text.ts";
export type { TextFile, TextSource } from "./text/text-source.ts";
export { createVenuePieceReader } from "./venue-data/venue-piece-reader.ts";
