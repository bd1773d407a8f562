import { describeError, InternalError } from "../../base/index.ts";
import {
  type CandleRecord,
  type FrameRecord,
  type FundingRecord,
  type LiquidationRecord,
  type NamedListing,
  type RefusalReason,
  readFetched,
  SOURCES,
  type StatusRecord,
  type TickerRecord,
  type VenueDataContext,
  type VenueDataKind,
  type VenueDataOutcome,
  type VenueDataReader,
} from "../../domain/index.ts";
import type { SideState } from "../side/side-state.ts";
import type { ByteReader, ByteWriter } from "../state/bytes.ts";
import { CountedEvents } from "./counted-events.ts";
import { FrameSieve } from "./frame-sieve.ts";
import { type AnyRecord, type AnySaid, cellsOf, rowOf, saidIn, textOf } from "./record-rows.ts";
import { type LastSaid, SaidLast } from "./said-last.ts";
import type { VenueDataOutput } from "./venue-data-output.ts";
import type { VenueDataRules } from "./venue-data-rules.ts";

export interface VenueDataPartitionOptions {
  readonly feed: string;
  /** Of the feed's raw topic. */
  readonly partition: number;
  readonly rules: VenueDataRules;
}

/** Candles, and other things, of which is known what was said last: far more of these than a connection has. */
const KNOWN_MAX = 20_000;
const LIQUIDATIONS_MAX = 4_096;
const DETAIL_LENGTH_MAX = 500;
const EARLIEST_US = Date.UTC(2009, 0, 1) * 1_000;
const DAY_US = 86_400_000_000;
const NOTHING = new Uint8Array(0);

/**
 * What the channels beside trades and books said on one connection. Pure: the same frames give the same rows. A statement
 * is a row where it is not the one that was made last of the same thing.
 */
export class VenueDataPartition implements VenueDataContext, SideState<VenueDataOutput> {
  readonly #options: VenueDataPartitionOptions;
  readonly #venue: string;
  readonly #reader: VenueDataReader;
  readonly #sieve: FrameSieve;
  #said = new SaidLast(KNOWN_MAX);
  #candles = new SaidLast(KNOWN_MAX);
  #liquidations = new CountedEvents(LIQUIDATIONS_MAX);
  /** Of the frame that is being read. */
  #frame: FrameRecord | undefined;
  #offset = 0;
  #output: VenueDataOutput | undefined;
  #payload: Uint8Array = NOTHING;

  constructor(options: VenueDataPartitionOptions) {
    const { feed, rules } = options;
    this.#options = options;
    this.#venue = rules.venueOf(feed);
    this.#reader = rules.readerFor(feed);
    this.#sieve = new FrameSieve(this.#reader.marks);
  }

  take(frame: FrameRecord, offset: number, output: VenueDataOutput): void {
    const { kind } = frame;
    if (kind !== "received" && kind !== "fetched") return;
    const { payload } = frame;
    if (kind === "received" && !this.#sieve.mayHold(payload)) {
      output.frames.unread += 1;
      return;
    }
    this.#frame = frame;
    this.#offset = offset;
    this.#output = output;
    this.#payload = payload;
    output.frames[this.#read(kind, payload)] += 1;
  }

  /** Readers have no state: nothing before the partition's own is needed. */
  neededFrom(offset: number): number {
    return offset;
  }

  isConfigured(rawSymbol: string): boolean {
    const { rules, feed } = this.#options;
    return rules.instrument(feed, rawSymbol) !== undefined;
  }

  ticker(record: TickerRecord): void {
    this.#statement("ticker", record, this.#said);
  }

  candle(record: CandleRecord): void {
    if (isTime(record.startUs, this.#now)) this.#statement("candle", record, this.#candles);
    else this.#refuseRecord("candle", record, "time_out_of_range", `the candle starts at ${record.startUs} µs`);
  }

  funding(record: FundingRecord): void {
    const { nextFundingTimeUs: next } = record;
    const isKnown = next === undefined || (Number.isSafeInteger(next) && next >= EARLIEST_US);
    if (isKnown) this.#statement("funding", record, this.#said);
    else this.#refuseRecord("funding", record, "time_out_of_range", `the next funding is at ${next} µs`);
  }

  liquidation(record: LiquidationRecord): void {
    const found = this.#cells("liquidation", record, saidIn(record));
    if (found === undefined) return;
    const { id, eventTimeUs, eventTimeNanos = 0 } = record;
    const rawSymbol = `${record.named?.venue ?? ""} ${record.rawSymbol}`;
    const { epoch } = this.#now;
    // With an id it is known on whichever socket it came; without id and time nothing tells two that are alike.
    const isNew =
      id !== undefined
        ? this.#liquidations.isNew(`${rawSymbol} #${id}`, 0, 1)
        : eventTimeUs === undefined ||
          this.#liquidations.isNew(`${rawSymbol} ${eventTimeUs} ${eventTimeNanos} ${textOf(found.cells)}`, epoch);
    this.#outputNow.count("liquidation", isNew ? "row" : "repeat");
    if (isNew) this.#write("liquidation", record, { ...found, isPartial: false, revision: 0 });
  }

  status(record: StatusRecord): void {
    this.#statement("status", record, this.#said);
  }

  refuse(
    reason: RefusalReason,
    detail: string,
    at: { readonly rawSymbol?: string; readonly frameIndex?: number; readonly record?: Uint8Array } = {},
  ): void {
    const { timeUs, sourceIndex } = this.#now;
    this.#outputNow.refuse({
      stage: "venue-data",
      reason,
      detail: detail.length > DETAIL_LENGTH_MAX ? `${detail.slice(0, DETAIL_LENGTH_MAX)}…` : detail,
      feed: this.#options.feed,
      rawSymbol: at.rawSymbol,
      frameIndex: at.frameIndex,
      rawPartition: this.#options.partition,
      rawOffset: this.#offset,
      receiveTimeUs: timeUs,
      payload: (at.record ?? this.#payload).slice(),
      source: sourceIndex,
    });
    if (at.record === undefined) this.#payload = NOTHING; // A frame's bytes are kept once.
  }

  write(writer: ByteWriter): void {
    const [said, candles] = [this.#said.entries(), this.#candles.entries()];
    writer.text(JSON.stringify({ said, candles, liquidations: this.#liquidations.entries() }));
  }

  read(reader: ByteReader): void {
    const { said, candles, liquidations } = JSON.parse(reader.text()) as SavedState;
    this.#said = new SaidLast(KNOWN_MAX, said);
    this.#candles = new SaidLast(KNOWN_MAX, candles);
    this.#liquidations = new CountedEvents(LIQUIDATIONS_MAX, liquidations);
  }

  get #now(): FrameRecord {
    if (this.#frame === undefined) throw new InternalError("A reader of venue data told something outside a frame");
    return this.#frame;
  }

  get #outputNow(): VenueDataOutput {
    if (this.#output === undefined) throw new InternalError("A reader of venue data told something outside a frame");
    return this.#output;
  }

  #read(kind: "received" | "fetched", payload: Uint8Array): VenueDataOutcome {
    try {
      if (kind === "received") return this.#reader.read(payload, this);
      const answer = this.#reader.fetched === undefined ? undefined : readFetched(payload);
      if (answer === undefined || answer.status !== 200) return "other";
      return this.#reader.fetched?.(answer.url, answer.body, this) ?? "other";
    } catch (error) {
      this.refuse("malformed", `The reader of venue data failed on the frame: ${describeError(error)}`);
      return "refused";
    }
  }

  /** A statement about a thing: a row where it is not the last one again. */
  #statement(kind: VenueDataKind, record: StatementRecord, known: SaidLast): void {
    const { epoch } = this.#now;
    const key = keyOf(kind, record);
    const last = known.get(key);
    if (last !== undefined && epoch < last.epoch) {
      this.#outputNow.count(kind, "late");
      return;
    }
    const base = isDelta(record) && last?.epoch === epoch ? last : undefined;
    const fields = { ...base?.fields, ...saidIn(record) };
    const found = this.#cells(kind, record, fields);
    if (found === undefined) return;
    const isPartial = isDelta(record) && base?.isWhole !== true;
    const text = textOf(found.cells) + (isPartial ? " partial" : "");
    const now = { epoch, eventTimeUs: record.eventTimeUs, text };
    const outcome = isSample(record) ? outcomeOfSample(last, now) : outcomeOf(last, now);
    const kept = { epoch, fields: kind === "candle" ? {} : fields, isWhole: !isPartial };
    this.#outputNow.count(kind, outcome);
    if (last !== undefined && outcome !== "row") {
      known.set(key, { ...last, ...kept });
      return;
    }
    const revision = last === undefined ? 0 : last.revision + 1;
    known.set(key, { ...kept, eventTimeUs: record.eventTimeUs, text, revision });
    this.#write(kind, record, { ...found, isPartial, revision });
  }

  /** The record's cells; undefined where it was refused. */
  #cells(
    kind: VenueDataKind,
    record: AnyRecord,
    said: AnySaid,
  ): Exclude<ReturnType<typeof cellsOf>, { problem: unknown }> | undefined {
    const { rawSymbol, eventTimeUs } = record;
    if (this.#listingOf(record) === undefined) {
      const detail = `${JSON.stringify(rawSymbol)} is not among the configured symbols`;
      this.#refuseRecord(kind, record, "unknown_symbol", detail);
      return undefined;
    }
    if (eventTimeUs !== undefined && !isTime(eventTimeUs, this.#now)) {
      this.#refuseRecord(kind, record, "time_out_of_range", `its time is ${eventTimeUs} µs`);
      return undefined;
    }
    const found = cellsOf(kind, said);
    if (!("problem" in found)) return found;
    this.#refuseRecord(kind, record, found.problem.reason, found.problem.detail);
    return undefined;
  }

  #write(
    kind: VenueDataKind,
    record: AnyRecord,
    said: Parameters<typeof rowOf>[2] & {
      readonly left: readonly { readonly reason: RefusalReason; readonly detail: string }[];
    },
  ): void {
    const frame = this.#now;
    const { rawSymbol, frameIndex } = record;
    const row = rowOf(kind, record, said, {
      venue: this.#venue,
      symbol: "",
      ...this.#listingOf(record),
      connection: frame.connection,
      epoch: frame.epoch,
      receiveTimeUs: frame.timeUs,
      receiveTimeNanos: frame.timeNanos,
      source: SOURCES[frame.sourceIndex] ?? "import",
      rawPartition: this.#options.partition,
      rawOffset: this.#offset,
    });
    this.#outputNow.row(kind, row);
    for (const { reason, detail } of said.left)
      this.refuse(reason, `the ${kind} is kept without it: ${detail}`, { rawSymbol, frameIndex });
  }

  #refuseRecord(
    kind: VenueDataKind,
    { rawSymbol, frameIndex }: AnyRecord,
    reason: RefusalReason,
    detail: string,
  ): void {
    this.#outputNow.count(kind, "refused");
    this.refuse(reason, detail, { rawSymbol, frameIndex });
  }

  /** What the symbol stands for: "" for the venue itself; undefined where it is not configured. */
  #listingOf({ rawSymbol, named }: AnyRecord): NamedListing | undefined {
    if (named !== undefined) return named;
    const { rules, feed } = this.#options;
    const symbol = rawSymbol === "" ? "" : rules.instrument(feed, rawSymbol)?.symbol;
    return symbol === undefined ? undefined : { venue: this.#venue, symbol };
  }
}

type StatementRecord = Exclude<AnyRecord, LiquidationRecord>;

interface SavedState {
  readonly said: Saved;
  readonly candles: Saved;
  readonly liquidations: ConstructorParameters<typeof CountedEvents>[1];
}
type Saved = ConstructorParameters<typeof SaidLast>[1];

function keyOf(kind: VenueDataKind, record: StatementRecord): string {
  const thing = `${kind} ${record.channel} ${record.named?.venue ?? ""} ${record.rawSymbol}`;
  return "startUs" in record ? `${thing} ${record.interval} ${record.startUs}` : thing;
}

/** Since 2009, and at most a day after it was received. */
function isTime(us: number, { timeUs }: FrameRecord): boolean {
  return Number.isSafeInteger(us) && us >= EARLIEST_US && us <= timeUs + DAY_US;
}

function isDelta(record: StatementRecord): boolean {
  return "isDelta" in record && record.isDelta === true;
}

function isSample(record: StatementRecord): boolean {
  return "isSample" in record && record.isSample === true;
}

/** What an answer is after the one before: it may have come from a server that is behind another, or be the same again. */
function outcomeOfSample(
  last: LastSaid | undefined,
  { eventTimeUs: is, text }: Pick<LastSaid, "eventTimeUs" | "text">,
): "row" | "repeat" | "late" {
  const was = last?.eventTimeUs;
  if (was !== undefined && is !== undefined && is < was) return "late";
  return last !== undefined && is === was && text === last.text ? "repeat" : "row";
}

/** What a statement is after the last one: a new socket may begin with what is older than what the old one told. */
function outcomeOf(
  last: LastSaid | undefined,
  now: Pick<LastSaid, "epoch" | "eventTimeUs" | "text">,
): "row" | "repeat" | "late" {
  if (last === undefined) return "row";
  const [was, is] = [last.eventTimeUs, now.eventTimeUs];
  if (now.epoch > last.epoch && was !== undefined && is !== undefined && is < was) return "late";
  return now.text === last.text ? "repeat" : "row";
}
