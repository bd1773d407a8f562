import { type RecordBatch, RecordBatchBuilder } from "../../base/index.ts";
import { appendFrameRecord, type ConnectionClosed, type Source } from "../../domain/index.ts";
import type { ConnectionPlan } from "../connection-plan.ts";
import type { ConnectionStatus } from "../connection-status.ts";
import type { SlowStatus } from "./protocol.ts";
import type { FrameCounts } from "./shared-counters.ts";

const NOTHING: FrameCounts = { framesTotal: 0, bytesTotal: 0, lastFrameAtNs: undefined, unflushedBytes: 0 };
const encoder = new TextEncoder();

/** What the log's side knows of one connection, over all workers that it lives in one after the other. */
export class IsolatedConnection {
  readonly plan: ConnectionPlan;
  readonly #fixed: Pick<ConnectionStatus, "feed" | "venue" | "connection" | "urls" | "symbols">;
  #slow: SlowStatus;
  /** Of the workers before. */
  #before: FrameCounts = NOTHING;
  #reconnectsBefore = 0;
  /** Handed to the log and not durable. */
  #underWayBytes = 0;
  #underWay: Promise<void> | undefined;
  #crash: string | undefined;
  /** Why the log takes no more of it. */
  failure: unknown;

  constructor(
    plan: ConnectionPlan,
    of: { readonly feed: string; readonly venue: string; readonly urls: readonly string[]; readonly lastEpoch: number },
  ) {
    const { feed, venue, urls, lastEpoch } = of;
    this.plan = plan;
    this.#fixed = { feed, venue, connection: plan.name, urls, symbols: plan.symbols };
    this.#slow = {
      state: "waiting",
      epoch: lastEpoch,
      url: urls[0] ?? "",
      breaker: "closed",
      failuresInRow: 0,
      reconnectsTotal: 0,
      lastError: undefined,
      subscribedAtNs: undefined,
      isPaused: false,
    };
  }

  get epoch(): number {
    return this.#slow.epoch;
  }

  /** A socket's records may be in the log without its end. */
  get isOpen(): boolean {
    return this.#slow.state === "subscribing" || this.#slow.state === "live" || this.#slow.state === "draining";
  }

  told(status: SlowStatus): void {
    this.#slow = status;
  }

  /** @param append resolves when the records are durable; never rejects */
  handedOver(records: RecordBatch, append: Promise<void>): void {
    const { byteLength } = records.bytes;
    this.#underWayBytes += byteLength;
    this.#underWay = append.finally(() => {
      this.#underWayBytes -= byteLength;
    });
  }

  /** Resolves when nothing is under way to the log. */
  async settled(): Promise<void> {
    await this.#underWay;
  }

  /** The worker is gone, and with it what it had not handed over. */
  left(counts: FrameCounts, { state, crash }: { readonly state: SlowStatus["state"]; readonly crash?: string }): void {
    this.#before = { ...this.#counts(counts), unflushedBytes: 0 };
    this.#reconnectsBefore += this.#slow.reconnectsTotal + (crash !== undefined && this.isOpen ? 1 : 0);
    this.#crash = crash ?? this.#crash;
    const { epoch, url, lastError } = this.#slow;
    this.#slow = {
      ...{ state, epoch, url, breaker: "closed", failuresInRow: 0, reconnectsTotal: 0 },
      ...{ lastError: crash ?? lastError, subscribedAtNs: undefined, isPaused: false },
    };
  }

  /** @param counts of the worker that it lives in; undefined while there is none */
  status(counts: FrameCounts = NOTHING): ConnectionStatus {
    return {
      ...this.#fixed,
      ...this.#slow,
      ...this.#counts(counts),
      reconnectsTotal: this.#reconnectsBefore + this.#slow.reconnectsTotal,
      lastError: this.#slow.lastError ?? this.#crash,
      unflushedBytes: Math.max(counts.unflushedBytes, this.#underWayBytes),
    };
  }

  #counts({ framesTotal, bytesTotal, lastFrameAtNs, unflushedBytes }: FrameCounts): FrameCounts {
    return {
      framesTotal: this.#before.framesTotal + framesTotal,
      bytesTotal: this.#before.bytesTotal + bytesTotal,
      lastFrameAtNs: lastFrameAtNs ?? this.#before.lastFrameAtNs,
      unflushedBytes,
    };
  }
}

/** The record of a socket's end, in place of the worker that cannot write it any more. */
export function closedRecord(
  socket: {
    readonly feed: string;
    readonly connection: string;
    readonly epoch: number;
    readonly source: Source;
    readonly timeNs: bigint;
  },
  closed: ConnectionClosed,
): RecordBatch {
  const builder = new RecordBatchBuilder(1_024);
  appendFrameRecord({ ...socket, kind: "closed", payload: encoder.encode(JSON.stringify(closed)) }, builder);
  return builder.take();
}
