import { InternalError } from "../base/index.ts";
import type { TopicPosition } from "../log/index.ts";

/**
 * How far into the log a lake table goes, as it stands in every commit: topic → partition → next offset.
 * The text is what the lake carries in snapshot summary and table property without knowing what it means.
 */
export class Positions {
  readonly #offsets = new Map<string, Map<number, number>>();

  static of(positions: Iterable<TopicPosition>): Positions {
    const result = new Positions();
    for (const position of positions) result.set(position);
    return result;
  }

  /** @throws {InternalError} when the text is not what `toText` wrote */
  static fromText(text: string | undefined): Positions {
    const result = new Positions();
    if (text === undefined || text === "") return result;
    try {
      for (const [topic, partitions] of Object.entries(JSON.parse(text) as Record<string, Record<string, number>>)) {
        for (const [partition, offset] of Object.entries(partitions))
          result.set({ topic, partition: Number(partition), offset });
      }
    } catch (error) {
      throw new InternalError(`Cannot read the log positions of a lake table: ${text}`, { cause: error });
    }
    return result;
  }

  set({ topic, partition, offset }: TopicPosition): void {
    const partitions = this.#offsets.get(topic) ?? new Map<number, number>();
    partitions.set(partition, offset);
    this.#offsets.set(topic, partitions);
  }

  get(topic: string, partition: number): number | undefined {
    return this.#offsets.get(topic)?.get(partition);
  }

  /**
   * Where to read a partition on, whose first retained offset is `startOffset`.
   *
   * @throws {InternalError} when records after our position are gone: retention must never remove what is still wanted
   */
  resumeAt(topic: string, partition: number, startOffset: number): number {
    const offset = this.get(topic, partition);
    if (offset === undefined || offset >= startOffset) return offset ?? startOffset;
    throw new InternalError(
      `The log no longer has ${topic}/${partition} from offset ${offset}: it starts at ${startOffset}. ` +
        "Records that were not in the lake yet were removed; restore the log's folder from a copy, or move the data folder away and start anew",
    );
  }

  topic(topic: string): readonly { readonly partition: number; readonly offset: number }[] {
    return [...(this.#offsets.get(topic) ?? [])]
      .map(([partition, offset]) => ({ partition, offset }))
      .sort((a, b) => a.partition - b.partition);
  }

  *[Symbol.iterator](): Generator<TopicPosition> {
    for (const [topic, partitions] of this.#offsets) {
      for (const [partition, offset] of partitions) yield { topic, partition, offset };
    }
  }

  /** The same positions always give the same text. */
  toText(): string {
    const topics = [...this.#offsets.keys()].sort();
    return JSON.stringify(
      Object.fromEntries(
        topics.map((topic) => [
          topic,
          Object.fromEntries(this.topic(topic).map(({ partition, offset }) => [partition, offset])),
        ]),
      ),
    );
  }
}
