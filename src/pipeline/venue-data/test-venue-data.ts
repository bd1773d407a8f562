import { type RecordBatch, recordBatchOf } from "../../base/index.ts";
import {
  type CandleRecord,
  decodeRefusals,
  decodeVenueData,
  type Frame,
  type FrameMarks,
  type FundingRecord,
  type LiquidationRecord,
  type Refusal,
  type StatusRecord,
  type TickerRecord,
  TOPICS,
  VENUE_DATA_PARTITION,
  VENUE_DATA_TABLES,
  type VenueDataContext,
  type VenueDataKind,
  type VenueDataReader,
  type VenueDataRow,
} from "../../domain/index.ts";
import { frame, type MemoryLog } from "../test-support.ts";
import { openVenueData, type VenueDataOptions } from "./venue-data.ts";
import type { VenueDataRules } from "./venue-data-rules.ts";

/** Records of the scripted venue, as they stand in its frames: `{"vd": [["ticker", {…}], …]}`. */
export type ScriptedRecord =
  | readonly ["ticker", Partial<TickerRecord>]
  | readonly ["candle", Partial<CandleRecord>]
  | readonly ["funding", Partial<FundingRecord>]
  | readonly ["liquidation", Partial<LiquidationRecord>]
  | readonly ["status", Partial<StatusRecord>];

/** Frames that were read, for tests of those that were not. */
export class ScriptedVenueReader implements VenueDataReader {
  readonly marks: FrameMarks = { texts: ['"vd"'] };
  reads = 0;

  read(payload: Uint8Array, context: VenueDataContext): "venue-data" | "other" | "refused" {
    this.reads += 1;
    let body: { readonly vd?: readonly ScriptedRecord[]; readonly throw?: true };
    try {
      body = JSON.parse(Buffer.from(payload).toString()) as typeof body;
    } catch {
      context.refuse("malformed", "not JSON");
      return "refused";
    }
    if (body.throw === true) throw new Error("a reader that breaks its contract");
    for (const [frameIndex, [kind, fields]] of (body.vd ?? []).entries()) {
      const record = { channel: kind, rawSymbol: "BTC", eventTimeUs: undefined, frameIndex, ...fields };
      context[kind](record as never);
    }
    return body.vd === undefined ? "other" : "venue-data";
  }
}

export function scriptedRules(reader: VenueDataReader = new ScriptedVenueReader()): VenueDataRules {
  return {
    venueOf: (feed) => `venue-${feed}`,
    readerFor: () => reader,
    instrument: (feed, rawSymbol) =>
      ["BTC", "ETH"].includes(rawSymbol) ? { symbol: `${rawSymbol}-USD-PERP`, venue: `venue-${feed}` } : undefined,
  };
}

export function dataFrame(timeUs: number, records: readonly ScriptedRecord[], of: Partial<Frame> = {}): Frame {
  return frame(timeUs, { vd: records }, of);
}

export async function takeAll(log: MemoryLog, of: Partial<VenueDataOptions> = {}): Promise<void> {
  const stage = await openVenueData({ raw: log, events: log, rawTopics: ["raw.one"], rules: scriptedRules(), ...of });
  await stage.run({ follow: false });
}

export function rowsOf(log: MemoryLog, kind: VenueDataKind): readonly VenueDataRow[] {
  return decodeVenueData(kind, batchOf(log, VENUE_DATA_TABLES[kind].topic, 0));
}

export function refusalsOf(log: MemoryLog): readonly Refusal[] {
  return decodeRefusals(batchOf(log, TOPICS.quarantine, VENUE_DATA_PARTITION));
}

function batchOf(log: MemoryLog, topic: string, partition: number): RecordBatch {
  return recordBatchOf((log.eventBytes()[`${topic}/${partition}`] ?? []).map((hex) => Buffer.from(hex, "hex")));
}
