import type { PartitionBounds, TopicDescription, TopicOptions, TopicPosition } from "../log.ts";
import { type Frame, notesOf } from "./frame.ts";
import type { CommitNotes, HeadNotes, ProgressNote, StoredPosition, TopicNote } from "./notes.ts";
import { type PartitionRange, partitionKey, partitionOfKey, type Segment } from "./segment.ts";

export interface TopicState {
  readonly id: number;
  readonly options: TopicOptions;
  readonly partitions: readonly PartitionState[];
}

export interface PartitionState {
  /** The first retained offset. */
  start: number;
  /** The offset after the last durable record. */
  end: number;
}

/**
 * What one shard holds, by the frames it was told of. The owner tells it each frame once durable; recovery and
 * readers in other processes tell it what they find. So all three agree on what a frame means.
 */
export class ShardIndex {
  readonly shard: string;
  /** Oldest first; the last one is being written. */
  readonly segments: Segment[] = [];
  readonly topics: Map<string, TopicState> = new Map();
  /** The last commit taken in. */
  commit = 0;
  appendedMs = 0;
  readonly #topicsById = new Map<number, TopicState>();
  readonly #progress = new Map<string, Map<string, StoredPosition>>();

  constructor(shard: string) {
    this.shard = shard;
  }

  /** The segment being written. */
  get active(): Segment | undefined {
    return this.segments.at(-1);
  }

  get byteLength(): number {
    return this.segments.reduce((sum, segment) => sum + segment.byteLength, 0);
  }

  /** Takes in the frame at `position` of the newest segment. */
  apply(frame: Frame, segment: Segment, position: number): void {
    segment.add(frame, position);
    this.commit = frame.commit;
    this.appendedMs = frame.appendedMs;
    if (frame.kind === "head") this.#applyHead(notesOf({ ...frame, kind: "head" }));
    else this.#applyNotes(notesOf(frame), frame.commit);
    for (const { topicId, partition, firstOffset, count } of frame.entries) {
      const state = this.#topicsById.get(topicId)?.partitions[partition];
      if (state !== undefined) state.end = firstOffset + count;
    }
  }

  #applyHead(head: HeadNotes): void {
    for (const { starts, ends, ...note } of head.topics) {
      this.#defineTopic(note);
      const partitions = this.topics.get(note.topic)?.partitions ?? [];
      for (const [partition, state] of partitions.entries()) {
        state.start = starts[partition] ?? 0;
        state.end = ends[partition] ?? 0;
      }
    }
    for (const { group, positions } of head.progress) {
      for (const position of positions) this.#advance(group, position);
    }
  }

  #applyNotes(notes: CommitNotes | undefined, commit: number): void {
    if (notes === undefined) return;
    for (const topic of notes.topics ?? []) this.#defineTopic(topic);
    for (const { topic, partition, offset } of notes.starts ?? []) {
      const state = this.topics.get(topic)?.partitions[partition];
      if (state !== undefined) state.start = Math.max(state.start, offset);
    }
    for (const { group, positions } of notes.progress ?? []) {
      for (const position of positions) this.#advance(group, { ...position, commit });
    }
  }

  #defineTopic({ id, ...options }: TopicNote): void {
    const partitions: PartitionState[] = [...(this.topics.get(options.topic)?.partitions ?? [])];
    while (partitions.length < options.partitions) partitions.push({ start: 0, end: 0 });
    const state: TopicState = { id, options, partitions };
    this.topics.set(options.topic, state);
    this.#topicsById.set(id, state);
  }

  #advance(group: string, position: StoredPosition): void {
    let positions = this.#progress.get(group);
    if (positions === undefined) {
      positions = new Map();
      this.#progress.set(group, positions);
    }
    positions.set(`${position.topic}/${position.partition}`, position);
  }

  /** All that a new segment must say at its head, so that older ones are needed for their records alone. */
  head(): HeadNotes {
    const topics = [...this.topics.values()].map(({ id, options, partitions }) => ({
      id,
      ...options,
      starts: partitions.map(({ start }) => start),
      ends: partitions.map(({ end }) => end),
    }));
    const progress: ProgressNote[] = [...this.#progress].map(([group, positions]) => ({
      group,
      positions: [...positions.values()],
    }));
    return { shard: this.shard, topics, progress };
  }

  nextTopicId(): number {
    return Math.max(0, ...this.#topicsById.keys()) + 1;
  }

  progressOf(group: string): Iterable<StoredPosition> {
    return this.#progress.get(group)?.values() ?? [];
  }

  describe(): TopicDescription[] {
    return [...this.topics.values()].map(({ options, partitions }) => ({
      ...options,
      bounds: boundsOf(partitions),
    }));
  }

  topicNameOf(topicId: number): string | undefined {
    return this.#topicsById.get(topicId)?.options.topic;
  }

  topicById(topicId: number): TopicState | undefined {
    return this.#topicsById.get(topicId);
  }

  /** The first offset of the partition's range that retention left in the segment; undefined when none. */
  retained(key: number, range: PartitionRange): number | undefined {
    const { topicId, partition } = partitionOfKey(key);
    const start = this.#topicsById.get(topicId)?.partitions[partition]?.start ?? 0;
    return range.end <= start ? undefined : Math.max(range.first, start);
  }

  /** The segment that holds the record at `offset`, which must be retained. */
  segmentOf(topicId: number, partition: number, offset: number): Segment | undefined {
    const key = partitionKey(topicId, partition);
    return this.segments.findLast((segment) => {
      const range = segment.ranges.get(key);
      return range !== undefined && range.first <= offset && offset < range.end;
    });
  }

  /** A retained record that no segment holds, which only a lost file can cause; undefined when all is there. */
  firstMissing(): TopicPosition | undefined {
    for (const { id, options, partitions } of this.topics.values()) {
      for (const [partition, { start, end }] of partitions.entries()) {
        const held = this.#heldUpTo(partitionKey(id, partition), start);
        if (held < end) return { topic: options.topic, partition, offset: held };
      }
    }
    return undefined;
  }

  #heldUpTo(key: number, start: number): number {
    let held = start;
    for (const segment of this.segments) {
      const range = segment.ranges.get(key);
      if (range !== undefined && range.first <= held) held = Math.max(held, range.end);
    }
    return held;
  }

  /** Where each partition that misses records must begin instead, so that all from there on is held. */
  startsAfterLoss(): TopicPosition[] {
    const starts: TopicPosition[] = [];
    for (const { id, options, partitions } of this.topics.values()) {
      for (const [partition, { start, end }] of partitions.entries()) {
        const offset = this.#heldDownTo(partitionKey(id, partition), end);
        if (offset > start) starts.push({ topic: options.topic, partition, offset });
      }
    }
    return starts;
  }

  #heldDownTo(key: number, end: number): number {
    let held = end;
    for (const segment of this.segments.toReversed()) {
      const range = segment.ranges.get(key);
      if (range !== undefined && range.end >= held) held = Math.min(held, range.first);
    }
    return held;
  }
}

export function boundsOf(partitions: readonly PartitionState[]): PartitionBounds[] {
  return partitions.map(({ start, end }, partition) => ({ partition, startOffset: start, endOffset: end }));
}
