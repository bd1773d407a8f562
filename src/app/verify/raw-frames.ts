import { RecordBatchBuilder } from "../../base/index.ts";
import { appendFrameRecord, type FrameKind, feedOfTopic, parseInstant, type Source } from "../../domain/index.ts";
import type { LogReader } from "../../log/index.ts";
import type { LogRecords } from "../../pipeline/index.ts";
import type { QueryEngine } from "../../query/index.ts";
import { isImportFeed } from "../import/import-feeds.ts";
import type { Positions } from "../positions.ts";
import { inReceiveOrder } from "./in-receive-order.ts";

export interface RawFramesOptions {
  readonly log: LogReader;
  readonly query: QueryEngine;
  /** Up to these positions, exclusive. */
  readonly upTo: Positions;
  readonly onProgress: (frames: number) => void;
}

const PAGE_ROWS = 20_000;
/** Frames of imports are large. */
const IMPORT_PAGE_ROWS = 256;

/**
 * Every raw frame there ever was, up to a position: what retention has taken out of the log comes from bronze.frames.
 * In the order in which they came: see inReceiveOrder.
 */
export async function* allRawFrames({ log, query, upTo, onProgress }: RawFramesOptions): AsyncGenerator<LogRecords> {
  const partitions: AsyncIterable<LogRecords>[] = [];
  for (const { topic, bounds } of await log.topics()) {
    if (feedOfTopic(topic) === undefined) continue;
    for (const { partition, startOffset } of bounds) {
      const end = upTo.get(topic, partition);
      if (end === undefined) continue; // Nobody has taken any of them in.
      partitions.push(partitionFrames({ log, query, topic, partition, startOffset, end }));
    }
  }
  let frames = 0;
  for await (const chunk of inReceiveOrder(partitions)) {
    frames += chunk.records.count;
    onProgress(frames);
    yield chunk;
  }
}

interface PartitionFrames {
  readonly log: LogReader;
  readonly query: QueryEngine;
  readonly topic: string;
  readonly partition: number;
  readonly startOffset: number;
  readonly end: number;
}

async function* partitionFrames(options: PartitionFrames): AsyncGenerator<LogRecords> {
  const { log, topic, partition, startOffset, end } = options;
  if (startOffset > 0) yield* landedFrames(options);
  if (startOffset >= end) return;
  for await (const chunk of log.read({ topic, partition, offset: startOffset }, { follow: false })) {
    const count = Math.min(chunk.records.count, end - chunk.firstOffset);
    if (count > 0) yield { topic, partition, firstOffset: chunk.firstOffset, records: { ...chunk.records, count } };
    if (count < chunk.records.count) return;
  }
}

async function* landedFrames({ query, topic, partition, startOffset }: PartitionFrames): AsyncGenerator<LogRecords> {
  const pageRows = isImportFeed(feedOfTopic(topic) ?? "") ? IMPORT_PAGE_ROWS : PAGE_ROWS;
  for (let from = 0; from < startOffset; from += pageRows) {
    const { rows } = await query.sql(
      `SELECT feed, connection, epoch, kind, ts_recv, ts_recv_nanos, source, payload FROM bronze.frames
       WHERE _topic = '${topic.replaceAll("'", "''")}' AND _partition = ${partition}
         AND _offset >= ${from} AND _offset < ${Math.min(startOffset, from + pageRows)} ORDER BY _offset`,
      { rowsMax: pageRows },
    );
    const builder = new RecordBatchBuilder();
    for (const row of rows) appendRow(row, builder);
    if (rows.length > 0) yield { topic, partition, firstOffset: from, records: builder.take() };
  }
}

function appendRow(
  [feed, connection, epoch, kind, time, nanos, source, payload]: readonly unknown[],
  builder: RecordBatchBuilder,
): void {
  const frame = {
    kind: String(kind) as FrameKind,
    feed: String(feed),
    connection: String(connection),
    epoch: Number(epoch),
    timeNs: BigInt(parseInstant(String(time))?.us ?? 0) * 1000n + BigInt(Number(nanos)),
    source: String(source) as Source,
    payload: Buffer.from(String(payload), "hex"),
  };
  appendFrameRecord(frame, builder);
}
