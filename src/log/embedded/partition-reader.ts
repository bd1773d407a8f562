import type { OpenFile, RecordBatch } from "../../base/index.ts";
import { LogCorruptError, OffsetOutOfRangeError, TopicUnknownError } from "../errors.ts";
import type { LogChunk, ReadOptions, TopicPosition } from "../log.ts";
import { entryEnds, entryRecords, type Frame, type FrameEntry, paddedLength } from "./frame.ts";
import { frameKey } from "./frame-cache.ts";
import { type FrameAt, readFrames } from "./frame-scan.ts";
import { mergePieces } from "./merge-pieces.ts";
import { partitionKey, positionAtOrBefore, type Segment } from "./segment.ts";
import type { Shard } from "./shard.ts";
import type { PartitionState, ShardIndex } from "./shard-index.ts";

const CHUNK_BYTES_MAX = 1024 * 1024;
/** Pieces smaller than this are copied together into one chunk; larger ones are handed out as they lie. */
const MERGE_BYTES_MAX = 64 * 1024;

/** An entry of a frame, from record `from` on. */
interface Found {
  readonly frame: Frame;
  readonly entry: FrameEntry;
  readonly from: number;
}

export async function* readPartition(
  shard: Shard,
  at: TopicPosition,
  options: ReadOptions = {},
): AsyncGenerator<LogChunk> {
  const { signal, follow = true, maxBytes = CHUNK_BYTES_MAX } = options;
  await shard.refresh();
  await using reader = new PartitionReader(shard, at, maxBytes);
  if (reader.isBeyondEnd()) await shard.settle(); // What the owner acknowledged just now may not be seen here yet.
  for (;;) {
    signal?.throwIfAborted();
    shard.throwIfClosed();
    const { changed } = shard;
    const chunk = await reader.next();
    if (chunk !== undefined) yield chunk;
    else if (follow) await shard.wait(changed, signal);
    else return;
  }
}

/** A place in one partition, moving forward. Keeps one file open and one window of frames. */
class PartitionReader implements AsyncDisposable {
  readonly #shard: Shard;
  readonly #topic: string;
  readonly #partition: number;
  readonly #maxBytes: number;
  #offset: number;
  #index: ShardIndex;
  #key: number;
  #segment: Segment | undefined;
  /** Where in the segment the frame stands that is looked at, and which of its entries comes next. */
  #position = 0;
  #entryIndex = 0;
  #window: readonly FrameAt[] = [];
  #windowIndex = 0;
  #file: { readonly sequence: number; readonly open: OpenFile } | undefined;

  constructor(shard: Shard, { topic, partition, offset }: TopicPosition, maxBytes: number) {
    this.#shard = shard;
    this.#topic = topic;
    this.#partition = partition;
    this.#offset = offset;
    this.#maxBytes = maxBytes;
    this.#index = shard.index;
    this.#key = 0;
  }

  isBeyondEnd(): boolean {
    const state = this.#shard.index.topics.get(this.#topic)?.partitions[this.#partition];
    return state === undefined || this.#offset > state.end;
  }

  /** The next chunk; undefined when there is none yet. */
  async next(): Promise<LogChunk | undefined> {
    if (!this.#hasMore()) return undefined;
    this.#skipAhead();
    let found = this.#find();
    while (found === undefined) {
      await this.#load();
      if (!this.#hasMore()) return undefined;
      found = this.#find();
    }
    const firstOffset = this.#offset;
    const pieces: RecordBatch[] = [this.#take(found, this.#maxBytes)];
    let bytes = pieces[0]?.bytes.byteLength ?? 0;
    while (bytes < this.#maxBytes) {
      const following = this.#find();
      if (following === undefined || !canMerge(pieces[0], following, this.#maxBytes - bytes)) break;
      const piece = this.#take(following, this.#maxBytes);
      pieces.push(piece);
      bytes += piece.bytes.byteLength;
    }
    return {
      topic: this.#topic,
      partition: this.#partition,
      firstOffset,
      appendedMs: found.frame.appendedMs,
      records: mergePieces(pieces),
    };
  }

  /** @throws when the offset is not, or no longer, one that can be read */
  #hasMore(): boolean {
    const { index } = this.#shard;
    if (index !== this.#index) this.#segment = undefined; // Found out anew beside the owner.
    this.#index = index;
    const topic = index.topics.get(this.#topic);
    if (topic === undefined) throw new TopicUnknownError(this.#topic);
    const state: PartitionState | undefined = topic.partitions[this.#partition];
    if (state === undefined) throw new TopicUnknownError(this.#topic, this.#partition, topic.partitions.length);
    this.#key = partitionKey(topic.id, this.#partition);
    const { start, end } = state;
    if (!(this.#offset >= start && this.#offset <= end)) {
      const at = { topic: this.#topic, partition: this.#partition, offset: this.#offset };
      throw new OffsetOutOfRangeError(at, { startOffset: start, endOffset: end });
    }
    return this.#offset < end;
  }

  /** Over what other partitions wrote meanwhile, where the segment remembers a nearer position. */
  #skipAhead(): void {
    const position = positionAtOrBefore(this.#segment?.points?.get(this.#key), this.#offset);
    if (position !== undefined && position > this.#position) this.#moveTo(position);
  }

  #moveTo(position: number): void {
    this.#position = position;
    this.#entryIndex = 0;
  }

  /** The entry with the offset, if the frames up to it are in memory. */
  #find(): Found | undefined {
    const segment = this.#segment;
    if (segment === undefined) return undefined;
    if ((segment.ranges.get(this.#key)?.end ?? 0) <= this.#offset) {
      if (segment !== this.#index.active) this.#segment = undefined; // It goes on in a later one.
      return undefined;
    }
    let frame = this.#frameInMemory(segment);
    while (frame !== undefined) {
      const found = this.#findIn(frame);
      if (found !== undefined && found.from < 0) throw this.#missing(segment);
      if (found !== undefined) return found;
      this.#moveTo(this.#position + paddedLength(frame.bytes.byteLength));
      frame = this.#frameInMemory(segment);
    }
    return undefined;
  }

  #findIn(frame: Frame): Found | undefined {
    for (; this.#entryIndex < frame.entries.length; this.#entryIndex += 1) {
      const entry = frame.entries[this.#entryIndex];
      if (entry === undefined || partitionKey(entry.topicId, entry.partition) !== this.#key) continue;
      if (entry.firstOffset + entry.count <= this.#offset) continue;
      return { frame, entry, from: this.#offset - entry.firstOffset };
    }
    return undefined;
  }

  #frameInMemory(segment: Segment): Frame | undefined {
    while (this.#windowIndex < this.#window.length) {
      const held = this.#window[this.#windowIndex];
      if (held?.frame.segment === segment.sequence && held.position === this.#position) return held.frame;
      if (held?.frame.segment === segment.sequence && held.position > this.#position) break;
      this.#windowIndex += 1;
    }
    return this.#shard.cache.get(segment.sequence, this.#position);
  }

  /** Whole records up to `maxBytes`, at least one; moves behind them. */
  #take({ frame, entry, from }: Found, maxBytes: number): RecordBatch {
    const ends = entryEnds(frame, entry);
    const start = from === 0 ? 0 : (ends[from - 1] ?? 0);
    const to = Math.max(
      from + 1,
      entry.byteLength - start <= maxBytes ? entry.count : countUpTo(ends, start + maxBytes),
    );
    this.#offset += to - from;
    return entryRecords(frame, entry, from, to);
  }

  /** Brings what `#find` misses: the segment of the offset, or frames of it. */
  async #load(): Promise<void> {
    try {
      if (this.#segment === undefined) await this.#locate();
      else await this.#loadWindow(this.#segment);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      await this.#shard.refresh(); // Retention took the file while we were on the way: then the start has moved.
      this.#segment = undefined;
      const { path } = this.#segmentOfOffset() ?? { path: undefined };
      if (path !== undefined) await this.#openAgain(path);
    }
  }

  async #openAgain(path: string): Promise<void> {
    try {
      await using _file = await this.#shard.files.open(path, "r");
    } catch {
      throw new LogCorruptError({ path, position: 0, seen: "the file is missing" });
    }
  }

  #segmentOfOffset(): Segment | undefined {
    if (!this.#hasMore()) return undefined;
    const id = this.#index.topics.get(this.#topic)?.id ?? 0;
    return this.#index.segmentOf(id, this.#partition, this.#offset);
  }

  async #locate(): Promise<void> {
    const segment = this.#segmentOfOffset();
    if (segment === undefined) {
      const seen = `no segment file holds offset ${this.#offset} of ${this.#topic}/${this.#partition}`;
      throw new LogCorruptError({ path: this.#shard.folder, position: 0, seen });
    }
    const points = await this.#shard.points.of(segment);
    this.#segment = segment;
    this.#moveTo(positionAtOrBefore(points.get(this.#key), this.#offset) ?? 0);
  }

  async #loadWindow(segment: Segment): Promise<void> {
    const { cache, loads } = this.#shard;
    const place = { segment: segment.sequence, position: this.#position, limit: segment.byteLength };
    const frames = await loads.load(frameKey(place.segment, place.position), async () => {
      const read = await readFrames(await this.#open(segment), place);
      for (const { frame, position } of read) cache.put(place.segment, position, frame);
      return read;
    });
    if (frames.length === 0) throw this.#missing(segment);
    this.#window = frames;
    this.#windowIndex = 0;
  }

  #missing({ path }: Segment): LogCorruptError {
    const seen = `the frame that leads to offset ${this.#offset} of ${this.#topic}/${this.#partition} is not intact`;
    return new LogCorruptError({ path, position: this.#position, seen });
  }

  async #open({ sequence, path }: Segment): Promise<OpenFile> {
    if (this.#file?.sequence !== sequence) {
      await this.#file?.open[Symbol.asyncDispose]();
      this.#file = undefined;
      this.#file = { sequence, open: await this.#shard.files.open(path, "r") };
    }
    return this.#file.open;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.open[Symbol.asyncDispose]();
    this.#file = undefined;
  }
}

function canMerge(first: RecordBatch | undefined, { entry, from }: Found, bytesLeft: number): boolean {
  const small = (first?.bytes.byteLength ?? 0) < MERGE_BYTES_MAX && entry.byteLength < MERGE_BYTES_MAX;
  return small && from === 0 && entry.byteLength <= bytesLeft;
}

/** How many records end at or before `position`. */
function countUpTo(ends: Uint32Array, position: number): number {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ends[middle] ?? 0) <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}
