import type { Bar, Gap, TradeBatch } from "../domain/index.ts";
import type { BarRules } from "./bar-rules.ts";
import { BAR_RULES, Candles, CandlesRestore } from "./candles.ts";
import { type FeedCounts, FeedTally } from "./counters.ts";
import { Deduper, type DeduperOptions } from "./dedupe.ts";
import { Connections } from "./gaps.ts";
import { type GapDesk, IdContinuity, type IdsKnown } from "./id-continuity.ts";
import { Intake, type TakenIn } from "./intake.ts";
import type { ListingBook } from "./listing-book.ts";
import type { IdRange } from "./missing-ids.ts";
import type { FeedRules, TopicPosition } from "./ports.ts";
import { Quality } from "./quality/quality.ts";
import { type ByteReader, ByteWriter } from "./state/bytes.ts";

export interface StagesOptions {
  readonly rules: FeedRules;
  readonly book: ListingBook;
  readonly bars?: BarRules | undefined;
  readonly dedupe?: DeduperOptions | undefined;
}

interface Parts {
  readonly deduper: Deduper;
  readonly candles: Candles;
  readonly connections: Connections;
  readonly continuity: IdContinuity;
  readonly quality: Quality;
  readonly tallies: Map<string, FeedTally>;
}

/** State records before this version know nothing of the continuity of ids. */
const CONTINUITY_SINCE = 2;
/** Nor before this one of the quality of minutes. */
const QUALITY_SINCE = 3;

/** What a state record holds, and the version in which it was written. */
export interface StoredState {
  readonly version: number;
  readonly bytes: ByteReader;
}

/** All that the pipeline holds in memory. Every bit of it is a function of what the log holds. */
export class Stages implements GapDesk {
  readonly intake: Intake;
  readonly candles: Candles;
  readonly quality: Quality;
  readonly #parts: Parts;

  constructor(options: StagesOptions, parts: Parts = emptyParts(options)) {
    this.#parts = parts;
    this.candles = parts.candles;
    this.quality = parts.quality;
    this.intake = new Intake({ rules: options.rules, book: options.book, ...parts }, parts.candles.clockUs);
  }

  /** Adds what a transaction counted. */
  count(taken: TakenIn): void {
    for (const [feed, tally] of taken.tallies) addTally(this.#parts.tallies, feed, tally);
  }

  counts(): Readonly<Record<string, FeedCounts>> {
    return Object.fromEntries([...this.#parts.tallies].map(([feed, tally]) => [feed, tally.snapshot()]));
  }

  gapsToHeal(): readonly Gap[] {
    const { connections, continuity } = this.#parts;
    return [...connections.all().flatMap((connection) => connection.awaited()), ...continuity.openGaps()];
  }

  missingOf(gapId: string): readonly IdRange[] {
    return this.#parts.continuity.missingOf(gapId);
  }

  idsKnown(listing: number, isAggregate: boolean): IdsKnown {
    return this.#parts.continuity.known(listing, isAggregate);
  }

  /** Everything, as of the end of a transaction whose events end at `positions`. */
  checkpoint(positions: readonly TopicPosition[]): Uint8Array {
    const { deduper, candles, connections, continuity, quality, tallies } = this.#parts;
    const writer = new ByteWriter();
    writer.whole(positions.length);
    for (const { topic, partition, offset } of positions) {
      writer.text(topic);
      writer.whole(partition);
      writer.whole(offset);
    }
    writeTallies(tallies, writer);
    const known = connections.all();
    writer.whole(known.length);
    for (const connection of known) {
      writer.text(connection.feed);
      writer.text(connection.connection);
      connection.write(writer);
    }
    continuity.write(writer);
    deduper.write(writer);
    candles.write(writer);
    quality.write(writer);
    return writer.take();
  }

  /** What a transaction changed that is not in its events. */
  change(taken: TakenIn): Uint8Array {
    const writer = new ByteWriter();
    writer.float(this.candles.clockUs);
    writeTallies(taken.tallies, writer);
    writer.whole(taken.connections.size);
    for (const [connection, changed] of taken.connections) {
      writer.text(connection.feed);
      writer.text(connection.connection);
      writer.byte(changed ? 1 : 0);
      if (changed) connection.write(writer);
      else connection.writeLast(writer);
    }
    this.#parts.continuity.writeChanges(writer);
    this.#parts.quality.writeChanges(writer);
    return writer.take();
  }
}

/** Stages that come back: from a checkpoint, then all bars, all trades and all changes since, each in the order of the log. */
export class StagesRestore {
  /** Where the events after the checkpoint start; topics that are not named start at their beginning. */
  readonly positions: readonly TopicPosition[];
  readonly #options: StagesOptions;
  readonly #deduper: Deduper;
  readonly #candles: CandlesRestore;
  readonly #connections: Connections;
  readonly #continuity: IdContinuity;
  readonly #quality: Quality;
  readonly #tallies: Map<string, FeedTally> = new Map();
  #clockUs: number;

  constructor(options: StagesOptions, stored: StoredState | undefined) {
    const empty = emptyParts(options);
    const checkpoint = stored?.bytes;
    this.#options = options;
    this.#connections = empty.connections;
    this.#continuity = empty.continuity;
    this.#quality = empty.quality;
    this.positions = checkpoint === undefined ? [] : readPositions(checkpoint);
    if (stored !== undefined && checkpoint !== undefined) {
      this.#readTallies(stored);
      for (let left = checkpoint.whole(); left > 0; left -= 1) {
        this.#connections.of(checkpoint.text(), checkpoint.text()).read(checkpoint, stored.version);
      }
      if (stored.version >= CONTINUITY_SINCE) this.#continuity.read(checkpoint, stored.version);
    }
    this.#deduper = checkpoint === undefined ? empty.deduper : Deduper.read(checkpoint, options.dedupe);
    this.#candles =
      checkpoint === undefined
        ? new CandlesRestore(empty.candles)
        : Candles.read(checkpoint, options.bars ?? BAR_RULES);
    this.#clockUs = this.#candles.clockUs;
    if (stored !== undefined && stored.version >= QUALITY_SINCE) this.#quality.read(stored.bytes);
  }

  bar(bar: Bar): void {
    this.#candles.bar(bar);
  }

  endBars(): void {
    this.#candles.endBars();
  }

  trades(trades: TradeBatch): void {
    for (let row = 0; row < trades.length; row += 1) {
      this.#deduper.admit(trades, row);
      this.#candles.trade(trades, row);
    }
    this.#quality.restoreTrades(trades);
  }

  change(stored: StoredState): void {
    const reader = stored.bytes;
    this.#clockUs = reader.float();
    this.#readTallies(stored);
    for (let left = reader.whole(); left > 0; left -= 1) {
      const connection = this.#connections.of(reader.text(), reader.text());
      if (reader.byte() === 1) connection.read(reader, stored.version);
      else connection.readLast(reader);
    }
    if (stored.version >= CONTINUITY_SINCE) this.#continuity.read(reader, stored.version);
    if (stored.version >= QUALITY_SINCE) this.#quality.restoreChanges(reader);
  }

  finish(): Stages {
    this.#quality.endRestore();
    return new Stages(this.#options, {
      deduper: this.#deduper,
      candles: this.#candles.finish(this.#clockUs),
      connections: this.#connections,
      continuity: this.#continuity,
      quality: this.#quality,
      tallies: this.#tallies,
    });
  }

  #readTallies({ version, bytes: reader }: StoredState): void {
    for (let left = reader.whole(); left > 0; left -= 1) {
      const feed = reader.text();
      addTally(this.#tallies, feed, FeedTally.read(reader, version));
    }
  }
}

function emptyParts({ rules, book, bars, dedupe }: StagesOptions): Parts {
  return {
    deduper: new Deduper(dedupe),
    candles: new Candles(bars),
    connections: new Connections(rules),
    continuity: new IdContinuity((listing) => book.listings.at(listing)),
    quality: new Quality(book.listings),
    tallies: new Map(),
  };
}

function readPositions(reader: ByteReader): readonly TopicPosition[] {
  return Array.from({ length: reader.whole() }, () => ({
    topic: reader.text(),
    partition: reader.whole(),
    offset: reader.whole(),
  }));
}

function addTally(tallies: Map<string, FeedTally>, feed: string, counts: FeedCounts): void {
  const tally = tallies.get(feed) ?? new FeedTally();
  tally.add(counts);
  tallies.set(feed, tally);
}

function writeTallies(tallies: ReadonlyMap<string, FeedTally>, writer: ByteWriter): void {
  writer.whole(tallies.size);
  for (const [feed, tally] of tallies) {
    writer.text(feed);
    tally.write(writer);
  }
}
