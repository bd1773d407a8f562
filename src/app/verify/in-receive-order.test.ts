import { expect, test } from "vitest";
import { RecordBatchBuilder, recordAt } from "../../base/index.ts";
import { appendFrameRecord, FrameRecord, rawTopic } from "../../domain/index.ts";
import type { LogRecords } from "../../pipeline/index.ts";
import { inReceiveOrder } from "./in-receive-order.ts";

async function* partition(feed: string, ...chunks: readonly (readonly number[])[]): AsyncGenerator<LogRecords> {
  let firstOffset = 0;
  for (const times of chunks) {
    const builder = new RecordBatchBuilder();
    for (const timeUs of times) {
      const payload = new TextEncoder().encode(`${feed}${timeUs}`);
      const timeNs = BigInt(timeUs) * 1000n;
      appendFrameRecord(
        { kind: "received", feed, connection: feed, epoch: 1, timeNs, source: "live", payload },
        builder,
      );
    }
    yield { topic: rawTopic(feed), partition: 0, firstOffset, records: builder.take() };
    firstOffset += times.length;
  }
}

test("frames of several partitions come by receive time, ties by partition, each partition in its own order", async () => {
  const seen: string[] = [];
  const partitions = [partition("b", [1, 5], [5, 9]), partition("a", [1, 2, 3], [], [4, 5, 2]), partition("c")];
  for await (const { topic, firstOffset, records } of inReceiveOrder(partitions)) {
    for (let index = 0; index < records.count; index += 1) {
      const { payload } = new FrameRecord(recordAt(records, index));
      seen.push(`${topic} ${firstOffset + index} ${new TextDecoder().decode(payload)}`);
    }
  }
  expect(seen).toEqual([
    "raw.b 0 b1",
    "raw.a 0 a1",
    "raw.a 1 a2",
    "raw.a 2 a3",
    "raw.a 3 a4",
    "raw.b 1 b5",
    "raw.b 2 b5",
    "raw.a 4 a5",
    "raw.a 5 a2",
    "raw.b 3 b9",
  ]);
});
