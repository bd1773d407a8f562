import type { Abortable } from "../../base/index.ts";
import {
  CANDLES,
  CORPORATE_ACTIONS,
  FRAMES,
  QUARANTINE,
  type RefusalReason,
  rawTopic,
  type Source,
  TICKERS,
} from "../../domain/index.ts";
import {
  ActionHistory,
  type Batch,
  type NewStatements,
  Statements,
  type Vendor,
  type VendorAnswer,
} from "../../equities/index.ts";
import { CommitConflictError } from "../../lake/index.ts";
import { Positions } from "../positions.ts";
import type { EquitiesLake } from "./equities-lake.ts";
import { COMMITTED_BY_ANOTHER, type EquitiesWriter } from "./equities-writer.ts";
import {
  actionRow,
  candleRow,
  frameRow,
  type Landed,
  type Listed,
  quarantineRow,
  type Row,
  tickerRow,
} from "./equity-rows.ts";
import { BATCH_PARTITION, connectionOf, readStoredFrame, type StoredFrame, storedFrames } from "./stored-frames.ts";
import { storedActions, storedBars } from "./stored-statements.ts";

/** An answer to be taken in, or one that is no data and is kept for its reason. */
export type Arrived = {
  readonly batch: Batch;
  readonly source: Source;
  /** For the report: a file's name or a symbol. */
  readonly name: string;
} & (
  | { readonly answer: VendorAnswer; readonly symbol: string; readonly rawSymbol: string }
  | { readonly answer?: never; readonly rawSymbol?: string | undefined; readonly refusal: Refusal }
);

interface Refusal {
  readonly reason: RefusalReason;
  readonly detail: string;
}

/** What became of one answer. */
export interface LandedReport {
  readonly name: string;
  readonly batch: string;
  readonly outcome: "landed" | "known already" | "refused";
  readonly symbol: string | undefined;
  readonly interval: string | undefined;
  readonly knownAtUs: number;
  /** In the answer. */
  readonly bars: number;
  /** Of those, said for the first time or otherwise than before. */
  readonly newBars: number;
  readonly newActions: number;
  readonly refusedRecords: number;
  /** Why the answer was refused. */
  readonly detail: string;
}

const TRIES_MAX = 20;

/**
 * Keeps answers and what they say: the frames in bronze.frames, new statements in silver.candles and
 * silver.corporate_actions, a last price in silver.tickers, what cannot be taken in in silver.quarantine, in one commit.
 * The same answer again changes nothing. One that is older than others that are known already takes its place among them:
 * those are read again after it, so that each time is answered as if all had come in their order.
 */
export async function landAnswers(
  lake: EquitiesLake,
  writer: EquitiesWriter,
  arrived: readonly Arrived[],
  { signal }: Abortable = {},
): Promise<readonly LandedReport[]> {
  for (let attempt = 1; attempt <= TRIES_MAX; attempt += 1) {
    signal?.throwIfAborted();
    await writer.look();
    const plan = new LandingPlan(lake, writer);
    for (const each of [...arrived].sort((a, b) => a.batch.knownAtUs - b.batch.knownAtUs)) await plan.add(each);
    const committed = plan.isEmpty ? undefined : await plan.commit(signal);
    if (committed !== COMMITTED_BY_ANOTHER) return plan.reports;
  }
  throw new CommitConflictError(
    `Others have committed first ${TRIES_MAX} times in a row; nothing of these answers was kept. Try again`,
  );
}

interface SeriesState {
  readonly frames: StoredFrame[];
  readonly statements: Statements;
}

class LandingPlan {
  readonly reports: LandedReport[] = [];
  readonly #lake: EquitiesLake;
  readonly #writer: EquitiesWriter;
  readonly #next = new Map<Vendor, number>();
  readonly #series = new Map<string, SeriesState>();
  readonly #histories = new Map<string, ActionHistory>();
  readonly #frames: Row[] = [];
  readonly #candles: Row[] = [];
  readonly #actions: Row[] = [];
  readonly #tickers: Row[] = [];
  readonly #quarantine: Row[] = [];
  readonly #batches: string[] = [];

  constructor(lake: EquitiesLake, writer: EquitiesWriter) {
    this.#lake = lake;
    this.#writer = writer;
  }

  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  async add(arrived: Arrived): Promise<void> {
    const { batch } = arrived;
    const connection = connectionOf(batch.vendor, arrived.rawSymbol, arrived.answer?.interval);
    const state = await this.#state(connection, arrived);
    const before = state.frames.filter(({ knownAtUs }) => knownAtUs <= batch.knownAtUs);
    if (isKnown(arrived, before)) {
      this.reports.push(report(arrived, "known already"));
      return;
    }
    const later = state.frames.filter(({ knownAtUs }) => knownAtUs > batch.knownAtUs);
    const landed = this.#keepFrame(arrived, connection);
    state.frames.splice(before.length, 0, {
      batchId: batch.id,
      knownAtUs: batch.knownAtUs,
      rawOffset: landed.rawOffset,
    });
    if (arrived.answer === undefined) {
      this.#quarantine.push(quarantineRow(landed, arrived.rawSymbol, arrived.refusal));
      this.reports.push(report(arrived, "refused"));
      return;
    }
    const { answer, symbol, rawSymbol } = arrived;
    const listed: Listed = { symbol, rawSymbol, currency: answer.currency };
    const added = state.statements.take(answer, batch.knownAtUs);
    this.#keep(landed, listed, answer, added);
    if (answer.quote !== undefined) this.#tickers.push(tickerRow(landed, listed, answer.quote));
    for (const record of answer.refused) this.#quarantine.push(quarantineRow(landed, rawSymbol, record));
    for (const frame of later) await this.#takeAgain(frame, state, listed, arrived);
    this.reports.push({ ...report(arrived, "landed"), newBars: added.bars.length, newActions: added.actions.length });
  }

  commit(signal: AbortSignal | undefined): Promise<undefined | typeof COMMITTED_BY_ANOTHER> {
    const frames = Positions.of(
      [...this.#next].map(([vendor, offset]) => ({ topic: rawTopic(vendor), partition: BATCH_PARTITION, offset })),
    );
    const tables = [
      { table: FRAMES, rows: this.#frames },
      { table: CANDLES, rows: this.#candles },
      { table: CORPORATE_ACTIONS, rows: this.#actions },
      { table: TICKERS, rows: this.#tickers },
      { table: QUARANTINE, rows: this.#quarantine },
    ];
    return this.#writer.commit(tables, { frames, summary: { "k2.batches": this.#batches.join(",") } }, { signal });
  }

  #keepFrame({ batch, source }: Arrived, connection: string): Landed {
    const { vendor } = batch;
    const rawOffset = this.#next.get(vendor) ?? this.#writer.next(rawTopic(vendor), BATCH_PARTITION);
    this.#next.set(vendor, rawOffset + 1);
    const landed: Landed = { batch, source, rawPartition: BATCH_PARTITION, rawOffset };
    this.#frames.push(frameRow(landed, connection));
    this.#batches.push(batch.id);
    return landed;
  }

  #keep(landed: Landed, listed: Listed, { interval }: VendorAnswer, { bars, actions }: NewStatements): void {
    for (const bar of bars) this.#candles.push(candleRow(landed, listed, interval ?? "", bar));
    for (const action of actions) this.#actions.push(actionRow(landed, listed, action));
  }

  /** An answer that was known already, after an older one has come in before it. */
  async #takeAgain(frame: StoredFrame, state: SeriesState, listed: Listed, { source, batch }: Arrived): Promise<void> {
    const { vendor } = batch;
    const kept = await readStoredFrame(this.#lake, vendor, frame);
    if (kept === undefined) return;
    const { rawOffset, knownAtUs } = frame;
    const landed: Landed = { batch: kept.batch, source, rawPartition: BATCH_PARTITION, rawOffset };
    this.#keep(
      landed,
      { ...listed, currency: kept.answer.currency },
      kept.answer,
      state.statements.take(kept.answer, knownAtUs),
    );
  }

  async #state(connection: string, { batch, answer, rawSymbol }: Arrived): Promise<SeriesState> {
    const known = this.#series.get(connection);
    if (known !== undefined) return known;
    const { vendor } = batch;
    const interval = answer?.interval;
    const isSeries = rawSymbol !== undefined && interval !== undefined;
    const bars = isSeries ? await storedBars(this.#lake, { vendor, rawSymbol, interval }) : [];
    const frames = await storedFrames(this.#lake, vendor, connection);
    const state = { frames, statements: new Statements(bars, await this.#actionHistory(vendor, rawSymbol)) };
    this.#series.set(connection, state);
    return state;
  }

  async #actionHistory(vendor: Vendor, rawSymbol: string | undefined): Promise<ActionHistory> {
    if (rawSymbol === undefined) return new ActionHistory([]);
    const key = `${vendor} ${rawSymbol}`;
    const history =
      this.#histories.get(key) ?? new ActionHistory(await storedActions(this.#lake, { vendor, rawSymbol }));
    this.#histories.set(key, history);
    return history;
  }
}

/** The last thing that was said, or said at that very time; of what says nothing, ever. */
function isKnown({ batch, answer }: Arrived, before: readonly StoredFrame[]): boolean {
  const same = before.filter(({ batchId }) => batchId === batch.id);
  if (answer === undefined) return same.length > 0;
  return before.at(-1)?.batchId === batch.id || same.some(({ knownAtUs }) => knownAtUs === batch.knownAtUs);
}

function report(arrived: Arrived, outcome: LandedReport["outcome"]): LandedReport {
  const { batch, name, answer } = arrived;
  return {
    name,
    batch: batch.id,
    outcome,
    symbol: answer === undefined ? undefined : arrived.symbol,
    interval: answer?.interval,
    knownAtUs: batch.knownAtUs,
    bars: answer?.bars.length ?? 0,
    newBars: 0,
    newActions: 0,
    refusedRecords: answer?.refused.length ?? 0,
    detail: answer === undefined ? arrived.refusal.detail : "",
  };
}
