import type { ConnectionClosed, ConnectionOpened, Gap, GapConcluded } from "../domain/index.ts";
import { resolutionOf } from "./id-continuity.ts";
import type { FeedRules } from "./ports.ts";
import type { ByteReader, ByteWriter } from "./state/bytes.ts";

/** On a quiet market, any frame this long after the connection opened shows that the subscription runs. */
const QUIET_MARKET_US = 5_000_000;

/** What of a frame matters to gaps. */
export interface SeenFrame {
  readonly epoch: number;
  readonly timeUs: number;
  readonly source: number;
}

interface Epoch {
  readonly epoch: number;
  openedUs: number;
  /** Receive time of its last frame; of its opening before there was one. */
  lastUs: number;
  rawSymbols: readonly string[];
}

interface OpenGap {
  readonly epoch: number;
  readonly rawSymbols: readonly string[];
  readonly cause: Gap["cause"];
  readonly fromUs: number;
  readonly detail: string;
  /** New trades that answers to requests have brought so far. */
  came: number;
}

/** A gap over which data flows again, while the venue is asked for what was missed. */
interface AwaitedGap extends OpenGap {
  readonly toUs: number;
  readonly source: number;
}

/** State records before this version know of no gaps that are asked for. */
const AWAITED_SINCE = 2;
/** Gaps of one connection that are asked for; of more, the oldest is given up. */
const AWAITED_MAX = 64;

const CAUSES: Readonly<Record<ConnectionClosed["cause"], Gap["cause"]>> = {
  remote: "disconnect",
  stale: "stale",
  error: "error",
  crash: "crash",
  shutdown: "shutdown",
  planned: "shutdown", // The last socket went by plan and none had taken over: we stopped it.
};

/**
 * One connection's sockets and the gap between them, from the frames and the opened and closed records of the raw log.
 *
 * A gap opens when the last running socket ends, at the time of its last frame; when the next one opens without a closed
 * record of the one before, K2 had crashed. A planned change-over leaves a socket running throughout: no gap.
 * It closes at the first frame of market data (a trade, or another channel's record) of a later socket; acknowledgements
 * come too early to prove data, so they close it only QUIET_MARKET_US after the socket opened. Resolution "reconnected".
 *
 * Where the venue is asked for what was missed, the gap is told once more when that has ended: closed, with what came of it.
 */
export class ConnectionGaps {
  readonly feed: string;
  readonly venue: string;
  readonly connection: string;
  readonly #isHealed: boolean;
  #running: Epoch[] = [];
  #gap: OpenGap | undefined;
  #awaited: AwaitedGap[] = [];

  /** @param names `isHealed`: somebody asks the venue for what the connection missed */
  constructor(names: {
    readonly feed: string;
    readonly venue: string;
    readonly connection: string;
    readonly isHealed?: boolean;
  }) {
    this.#isHealed = names.isHealed ?? false;
    this.feed = names.feed;
    this.venue = names.venue;
    this.connection = names.connection;
  }

  opened(frame: SeenFrame, { symbols, planned }: ConnectionOpened, gaps: Gap[]): void {
    if (!planned && this.#running.length > 0) {
      const last = this.#running.reduce((latest, epoch) => (epoch.lastUs >= latest.lastUs ? epoch : latest));
      this.#running = [];
      this.#open(last, "crash", `socket ${frame.epoch} opened; socket ${last.epoch} had not been closed`, frame, gaps);
    }
    this.#running = this.#running.filter(({ epoch }) => epoch !== frame.epoch);
    this.#running.push({ epoch: frame.epoch, openedUs: frame.timeUs, lastUs: frame.timeUs, rawSymbols: symbols });
  }

  closed(frame: SeenFrame, { cause, detail }: ConnectionClosed, gaps: Gap[]): void {
    const ended = this.#running.find(({ epoch }) => epoch === frame.epoch);
    if (ended === undefined) return;
    this.#running = this.#running.filter((epoch) => epoch !== ended);
    if (this.#running.length === 0) this.#open(ended, CAUSES[cause] ?? "error", detail, frame, gaps);
  }

  /**
   * @param isMarket the frame held market data, rather than an acknowledgement, a status or something unreadable
   * @returns whether more has changed than the time of the last frame
   */
  received(frame: SeenFrame, isMarket: boolean, gaps: Gap[]): boolean {
    const running = this.#running.find(({ epoch }) => epoch === frame.epoch);
    if (running === undefined) return false;
    running.lastUs = frame.timeUs;
    if (this.#gap === undefined) return false;
    if (!isMarket && frame.timeUs < running.openedUs + QUIET_MARKET_US) return false;
    gaps.push(this.#event(this.#gap, frame, { state: "closed", toUs: frame.timeUs, resolution: "reconnected" }));
    if (this.#isHealed) this.#await({ ...this.#gap, toUs: frame.timeUs, source: frame.source }, gaps);
    this.#gap = undefined;
    return true;
  }

  /**
   * @param epoch of the gap that was asked for. @param count how many new trades the answer brought
   * @returns whether anything has changed
   */
  fetched(epoch: number, count: number): boolean {
    const asked = this.#gap?.epoch === epoch ? this.#gap : this.#awaited.find((gap) => gap.epoch === epoch);
    const gap = asked ?? this.#awaited[0]; // What was asked for by missing ids may be of a connection's gap as well.
    if (gap === undefined || count === 0) return false;
    gap.came += count;
    return true;
  }

  /** The venue was asked for what a gap misses, as far as it could be. */
  concluded({ gapId, coverage, requests, detail }: GapConcluded, gaps: Gap[]): void {
    const gap = this.#awaited.find(({ epoch }) => this.#idOf(epoch) === gapId);
    if (gap === undefined) return;
    this.#awaited = this.#awaited.filter((other) => other !== gap);
    const resolution = coverage === "whole" ? "healed" : resolutionOf(coverage, gap.came);
    const why = detail === "" ? "" : `; ${detail}`;
    const told = `${gap.detail}; ${gap.came} trades came in ${requests} requests${why}`;
    gaps.push(this.#event({ ...gap, detail: told }, gap, { state: "closed", toUs: gap.toUs, resolution }));
  }

  /** Gaps that are to be asked for, as they were told. */
  awaited(): readonly Gap[] {
    return this.#awaited.map((gap) =>
      this.#event(gap, gap, { state: "closed", toUs: gap.toUs, resolution: "reconnected" }),
    );
  }

  write(writer: ByteWriter): void {
    writer.whole(this.#running.length);
    for (const { epoch, openedUs, lastUs, rawSymbols } of this.#running) {
      writer.whole(epoch);
      writer.float(openedUs);
      writer.float(lastUs);
      writer.text(JSON.stringify(rawSymbols));
    }
    writer.text(this.#gap === undefined ? "" : JSON.stringify(this.#gap));
    writer.text(this.#awaited.length === 0 ? "" : JSON.stringify(this.#awaited));
  }

  /** @param version of the state record that it stands in */
  read(reader: ByteReader, version: number): void {
    this.#running = [];
    for (let left = reader.whole(); left > 0; left -= 1) {
      this.#running.push({
        epoch: reader.whole(),
        openedUs: reader.float(),
        lastUs: reader.float(),
        rawSymbols: JSON.parse(reader.text()),
      });
    }
    const gap = reader.text();
    this.#gap = gap === "" ? undefined : { came: 0, ...JSON.parse(gap) };
    const awaited = version < AWAITED_SINCE ? "" : reader.text();
    this.#awaited = awaited === "" ? [] : JSON.parse(awaited);
  }

  /** The part that changes with every frame. */
  writeLast(writer: ByteWriter): void {
    writer.whole(this.#running.length);
    for (const { lastUs } of this.#running) writer.float(lastUs);
  }

  readLast(reader: ByteReader): void {
    const count = reader.whole();
    for (let index = 0; index < count; index += 1) {
      const lastUs = reader.float();
      const running = this.#running[index];
      if (running !== undefined) running.lastUs = lastUs;
    }
  }

  #open(ended: Epoch, cause: Gap["cause"], detail: string, frame: SeenFrame, gaps: Gap[]): void {
    if (this.#gap !== undefined) return; // The next socket ended before it brought data: the same gap goes on.
    this.#gap = { epoch: ended.epoch, rawSymbols: ended.rawSymbols, cause, fromUs: ended.lastUs, detail, came: 0 };
    gaps.push(this.#event(this.#gap, frame, { state: "open", toUs: undefined, resolution: undefined }));
  }

  #await(gap: AwaitedGap, gaps: Gap[]): void {
    this.#awaited.push(gap);
    const [oldest] = this.#awaited;
    if (this.#awaited.length <= AWAITED_MAX || oldest === undefined) return;
    const detail = `more than ${AWAITED_MAX} gaps of the connection are asked for`;
    this.concluded({ gapId: this.#idOf(oldest.epoch), coverage: "givenUp", requests: 0, detail }, gaps);
  }

  #idOf(epoch: number): string {
    return `${this.connection}#${epoch}`;
  }

  #event(gap: OpenGap, frame: Pick<SeenFrame, "source">, change: Pick<Gap, "state" | "toUs" | "resolution">): Gap {
    return {
      gapId: this.#idOf(gap.epoch),
      venue: this.venue,
      feed: this.feed,
      connection: this.connection,
      epoch: gap.epoch,
      rawSymbols: gap.rawSymbols,
      cause: gap.cause,
      state: change.state,
      fromUs: gap.fromUs,
      toUs: change.toUs,
      detail: gap.detail,
      resolution: change.resolution,
      source: frame.source,
    };
  }
}

/** All connections that the raw log knows. Their number is that of the configured ones, then and now. */
export class Connections {
  readonly #rules: Pick<FeedRules, "venueOf" | "heals">;
  readonly #byName: Map<string, ConnectionGaps> = new Map();

  constructor(rules: Pick<FeedRules, "venueOf" | "heals">) {
    this.#rules = rules;
  }

  of(feed: string, connection: string): ConnectionGaps {
    const key = `${feed} ${connection}`;
    const known = this.#byName.get(key);
    if (known !== undefined) return known;
    const isHealed = this.#rules.heals?.(feed) ?? false;
    const gaps = new ConnectionGaps({ feed, venue: this.#rules.venueOf(feed), connection, isHealed });
    this.#byName.set(key, gaps);
    return gaps;
  }

  all(): readonly ConnectionGaps[] {
    return [...this.#byName.values()];
  }
}
