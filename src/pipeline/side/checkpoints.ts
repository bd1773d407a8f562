import { InternalError, type RecordBatch, recordAt, recordBatchOf } from "../../base/index.ts";
import type { EventSink, TopicPosition } from "../ports.ts";
import { ByteReader, ByteWriter } from "../state/bytes.ts";

/** Checkpoints are cut into records of this size, so that no single record is out of proportion. */
const PART_BYTES_MAX = 256 * 1024;

/*
 * A record of a topic of checkpoints is a part of one: u8 version, then whole numbers (seven bits a byte, least first):
 * part number, number of parts, bytes. The parts of one checkpoint follow each other; the last one in the topic counts.
 */
const VERSION = 1;

export function encodeCheckpoint(checkpoint: Uint8Array): RecordBatch {
  const count = Math.max(1, Math.ceil(checkpoint.byteLength / PART_BYTES_MAX));
  const writer = new ByteWriter();
  const records: Uint8Array[] = [];
  for (let number = 0; number < count; number += 1) {
    writer.byte(VERSION);
    writer.whole(number);
    writer.whole(count);
    writer.bytes(checkpoint.subarray(number * PART_BYTES_MAX, (number + 1) * PART_BYTES_MAX));
    records.push(writer.take());
  }
  return recordBatchOf(records);
}

/** The last checkpoint of a topic of one partition, and where it stands; undefined when there is none. */
export async function readCheckpoint(
  events: EventSink,
  topic: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly at: TopicPosition; readonly bytes: Uint8Array } | undefined> {
  const [bounds] = await events.bounds(topic);
  if (bounds === undefined || bounds.endOffset === 0) return undefined;
  const [last] = await readParts(events, { topic, offset: bounds.endOffset - 1 }, signal);
  const at = { topic, partition: 0, offset: bounds.endOffset - 1 - (last?.number ?? 0) };
  const parts = await readParts(events, at, signal);
  if (parts.length !== last?.count || parts.some(({ number }, index) => number !== index)) {
    throw new InternalError(
      `A checkpoint has ${parts.length} of ${last?.count} parts; ${topic} is broken and must be restored with its log`,
    );
  }
  return { at, bytes: Buffer.concat(parts.map(({ bytes }) => bytes)) };
}

interface Part {
  readonly number: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

async function readParts(
  events: EventSink,
  { topic, offset }: Pick<TopicPosition, "topic" | "offset">,
  signal: AbortSignal | undefined,
): Promise<readonly Part[]> {
  const parts: Part[] = [];
  for await (const { records } of events.read({ topic, partition: 0, offset }, { follow: false, signal })) {
    for (let index = 0; index < records.count; index += 1) {
      const reader = new ByteReader(recordAt(records, index));
      const version = reader.byte();
      if (version !== VERSION) {
        throw new InternalError(
          `A ${topic} record has version ${version}; this K2 reads version ${VERSION}. Use the K2 that wrote the log, or a newer one`,
        );
      }
      parts.push({ number: reader.whole(), count: reader.whole(), bytes: reader.bytes().slice() });
    }
  }
  return parts;
}
