export type { CaptureDirection, CaptureRecord, WriteCaptureOptions } from "./captures/index.ts";
export {
  CaptureFormatError,
  captureFrames,
  encodeCapture,
  parseCapture,
  readCapture,
  writeCapture,
} from "./captures/index.ts";
export type { ControlRequest, DisconnectRequest } from "./control-request.ts";
export type { FaultKind, FaultPlan, FaultRule } from "./faults/index.ts";
export { FAULT_KINDS } from "./faults/index.ts";
export type { LedgerFaults, LedgerFeed, LedgerReport, LedgerTrades, SummedTrade, TradeTotals } from "./ledger/index.ts";
export { sameTotals, TradeSum } from "./ledger/index.ts";
export type { MarketListing } from "./market/index.ts";
export { MARKET_LISTINGS } from "./market/index.ts";
export type { CaptureSource, FramesSource, MarketSource, RecordingOptions, VenueServerOptions } from "./options.ts";
export type { Rewind, Speed } from "./play/index.ts";
export type { RestFaultKind, RestFaultPlan, RestFaultRule } from "./rest/index.ts";
export type { VenueServer } from "./venue-server.ts";
export { startVenueServer } from "./venue-server.ts";
export type { SentFrame } from "./wire/index.ts";
