import { type Abortable, InvalidInputError } from "../../base/index.ts";
import type { LedgerRow, SentTrade } from "../ledger/index.ts";
import type { RecordedTrade } from "../protocols/index.ts";
import { attach, type Client, type FeedFloor, type PlayedFrame, type Stage } from "../wire/index.ts";
import { CatchUps, pace } from "./catch-ups.ts";
import { floorOf } from "./floor-of.ts";
import type { PastTrades, Rewind, Source } from "./source.ts";
import { TapePast } from "./tape-past.ts";
import type { Tempo } from "./tempo.ts";

/** A frame as it was received once. */
export interface TapeFrame {
  readonly feed: string;
  readonly connection: string;
  readonly timeNs: bigint;
  readonly payload: Uint8Array;
}

export interface TapePlayerOptions {
  readonly floors: ReadonlyMap<string, FeedFloor>;
  /** From the beginning, each time it is called. */
  readonly open: () => AsyncIterable<TapeFrame>;
  /** Every frame to every client, whatever it subscribed. */
  readonly isVerbatim: boolean;
  /** At the end: begin again, close the connections, or say nothing more. */
  readonly onEnd: "silent" | "close" | "loop";
}

/** What clients subscribe to where every frame goes to every client. */
const EVERYTHING = "*";
const TICK_MS = 5;
/** Frames between two chances for everything else to run. */
const SLICE_FRAMES = 256;
/** At "max" a flush fills about one system call. */
/** A client that so far asked for signs of life alone has yet to say what it wants to hear. */
const HEARTBEATS = "heartbeat";
const FLUSH_FRAMES = 32;

/** A recorded frame with where it goes and what it adds to the ledger. */
interface ReadFrame {
  readonly floor: FeedFloor;
  readonly topic: string | undefined;
  readonly frame: PlayedFrame;
  readonly recorded: readonly RecordedTrade[];
}

/**
 * Plays recorded frames, bytes untouched, at the times between them. One playhead for all clients, which stands while
 * nobody listens: who subscribes first hears the first frame, and a client that returns goes on where it was cut off.
 */
export class TapePlayer implements Source {
  readonly feeds: readonly string[];
  readonly tempo: Tempo;
  readonly #stage: Stage;
  readonly #options: TapePlayerOptions;
  readonly #rewinds = new Map<string, number>();
  readonly #catchUps: CatchUps<number>;
  /** What the playhead has come by, for those who ask over HTTP. */
  readonly #past = new TapePast();
  /** Frames played in this round. */
  #position = 0;
  #round = 0;

  constructor(stage: Stage, tempo: Tempo, options: TapePlayerOptions) {
    this.#stage = stage;
    this.tempo = tempo;
    this.#options = options;
    this.feeds = [...options.floors.keys()];
    this.#catchUps = new CatchUps(stage, (client, positions) => this.#catchUp(client, positions));
  }

  knows(): boolean {
    return true;
  }

  recent(): undefined {
    return undefined;
  }

  past(feed: string, symbol: string): PastTrades | undefined {
    return this.#past.of(feed, symbol);
  }

  subscribe(client: Client, topic: string): void {
    const key = this.#options.isVerbatim ? EVERYTHING : topic;
    const frames = this.#rewinds.get(client.feed);
    if (frames === undefined || this.#position === 0) attach(floorOf(client, this.#options.floors).topic(key), client);
    else this.#catchUps.add(client, key, Math.max(0, this.#position - frames));
    this.#stage.changed.notify();
  }

  unsubscribe(client: Client, topic: string): void {
    if (this.#options.isVerbatim) return;
    this.#catchUps.remove(client, topic);
    floorOf(client, this.#options.floors).unsubscribe(client, topic);
  }

  rewind({ feed, frames, symbol, afterTradeId, trades }: Rewind): void {
    if (symbol !== undefined || afterTradeId !== undefined || trades !== undefined) {
      throw new InvalidInputError("A recording rewinds by frames of a feed, not by symbol or trade; nothing changed");
    }
    if (frames === undefined) this.#rewinds.delete(feed);
    else this.#rewinds.set(feed, frames);
  }

  async run({ signal }: Abortable): Promise<void> {
    do {
      await this.#playRound(signal);
      this.#round += 1;
    } while (this.#options.onEnd === "loop" && this.#position > 0); // An empty tape would spin for ever.
    for (const floor of this.#options.floors.values()) {
      for (const client of floor.clients) client.releaseHeld();
    }
    this.#stage.flush();
    await this.#allRead(signal);
    if (this.#options.onEnd !== "close") return;
    for (const floor of this.#options.floors.values()) {
      for (const client of floor.clients) client.disconnect(1000, "end of recording");
    }
  }

  async #playRound(signal: AbortSignal | undefined): Promise<void> {
    let startNs: bigint | undefined;
    const reader = new TapeReader(this.#options.floors);
    this.#position = 0;
    this.tempo.moveTo(0);
    for await (const recorded of this.#options.open()) {
      startNs ??= recorded.timeNs;
      await this.#ready(Number(recorded.timeNs - startNs) / 1e6, signal);
      const read = reader.read(recorded);
      this.#position += 1;
      if (read !== undefined) {
        this.#past.add(read.floor.feed, read.recorded);
        this.#publish(read);
      }
      if (this.tempo.isMax && this.#position % FLUSH_FRAMES === 0) this.#stage.flush();
      if (this.#position % SLICE_FRAMES === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  /** Waits until the frame of this time is to be sent: somebody listens, nothing is paused, its time has come. */
  async #ready(positionMs: number, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      const isHeard = this.#clients().some(({ topics }) => [...topics].some(({ key }) => !key.startsWith(HEARTBEATS)));
      this.tempo.setHeld(!isHeard);
      if (!isHeard || this.tempo.isPaused || this.#mustWaitForClients()) {
        this.#stage.flush();
        if (isHeard && !this.tempo.isPaused && !this.#mustWaitForClients()) continue;
        await this.#stage.changed.wait({ signal });
      } else if (this.tempo.isMax) {
        this.tempo.moveTo(positionMs);
        return;
      } else if (this.tempo.positionMs >= positionMs) {
        return;
      } else {
        this.#stage.flush();
        await this.tempo.reach(positionMs, { tickMs: TICK_MS, signal });
      }
    }
  }

  /** A market does not wait for its clients; a recording at "max", or one that is read in lockstep, does. */
  #mustWaitForClients(): boolean {
    if (!this.tempo.isMax && !this.#stage.lockstep) return false;
    return this.#catchUps.isBusy || this.#clients().some((client) => client.isCongested);
  }

  async #allRead(signal: AbortSignal | undefined): Promise<void> {
    while (this.#clients().some((client) => client.isCongested)) await this.#stage.changed.wait({ signal });
  }

  #clients(): Client[] {
    return [...this.#options.floors.values()].flatMap((floor) => [...floor.clients]);
  }

  #publish(read: ReadFrame): void {
    const { floor, topic, frame } = read;
    if (this.#options.isVerbatim) {
      for (const client of floor.listeners(EVERYTHING)) client.play(frame);
    } else if (topic !== undefined) {
      for (const client of floor.listeners(topic)) client.play(frame);
      const variant = floor.protocol.variant?.(topic, frame.payload);
      if (variant === undefined) return;
      for (const client of floor.listeners(variant.topic)) client.play({ ...frame, payload: variant.payload });
    }
  }

  /** Reads the tape again from its beginning, until it meets the playhead. */
  async #catchUp(client: Client, positions: Map<string, number>): Promise<void> {
    const reader = new TapeReader(this.#options.floors);
    const round = this.#round;
    let position = 0;
    for await (const recorded of this.#options.open()) {
      // No wait between this and `attach` below: the playhead's next frame goes to the subscribers.
      if (position >= this.#position || this.#round !== round) break;
      const read = reader.read(recorded);
      if (read?.floor.feed === client.feed) this.#resend(client, read, { positions, position });
      position += 1;
      if (position % SLICE_FRAMES === 0) await pace(client, this.#stage);
    }
    for (const key of positions.keys()) attach(floorOf(client, this.#options.floors).topic(key), client);
    this.#stage.flush();
  }

  #resend(
    client: Client,
    { topic, frame, floor }: ReadFrame,
    { positions, position }: { readonly positions: ReadonlyMap<string, number>; readonly position: number },
  ): void {
    const isDue = (key: string | undefined): boolean =>
      key !== undefined && position >= (positions.get(key) ?? Number.POSITIVE_INFINITY);
    if (isDue(this.#options.isVerbatim ? EVERYTHING : topic)) {
      client.play(frame);
    } else if (topic !== undefined) {
      const variant = floor.protocol.variant?.(topic, frame.payload);
      if (variant !== undefined && isDue(variant.topic)) client.play({ ...frame, payload: variant.payload });
    }
  }
}

const DECIMAL = /^[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d{1,4})?$/;

/** Finds out what each recorded frame is. Reading a tape twice gives the same keys to trades without ids. */
class TapeReader {
  readonly #floors: ReadonlyMap<string, FeedFloor>;
  readonly #trades = new Map<LedgerRow, number>();

  constructor(floors: ReadonlyMap<string, FeedFloor>) {
    this.#floors = floors;
  }

  /** @returns undefined for a frame of a feed that is not served */
  read({ feed, connection, timeNs, payload }: TapeFrame): ReadFrame | undefined {
    const floor = this.#floors.get(feed);
    if (floor === undefined) return undefined;
    const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8");
    const recorded = this.#tradesOf(floor, text);
    const trades = recorded.map((trade) => this.#entry(floor, trade));
    return {
      floor,
      recorded,
      topic: floor.protocol.topicOf(text),
      frame: { payload, isBinary: false, timeNs, connection, tradeCount: trades.length, trades },
    };
  }

  #tradesOf(floor: FeedFloor, text: string): readonly RecordedTrade[] {
    try {
      // A recording may also hold "NaN" for a price; it is played, and no sum could count it.
      return floor.protocol.tradesOf(text).filter(({ price, size }) => DECIMAL.test(price) && DECIMAL.test(size));
    } catch {
      return []; // A recording may hold frames that are no JSON; they are played like any other.
    }
  }

  #entry(floor: FeedFloor, trade: RecordedTrade): { readonly row: LedgerRow; readonly trade: SentTrade } {
    const { channel, symbol, id, timeUs: _timeUs, sequence: _sequence, ...rest } = trade;
    const row = floor.stage.ledger.row({ feed: floor.feed, channel, symbol });
    const ordinal = this.#trades.get(row) ?? 0;
    this.#trades.set(row, ordinal + 1);
    return { row, trade: { ...rest, id: id ?? "", key: keyOf(id, ordinal) } };
  }
}

function keyOf(id: string | undefined, ordinal: number): number | string {
  if (id === undefined) return ordinal;
  return /^\d{1,15}$/.test(id) ? Number(id) : id;
}
