import { expect, test } from "vitest";
import { recordBatchOf } from "../../base/index.ts";
import type { Log, LogChunk } from "../../log/index.ts";
import { readTogether } from "./read-together.ts";

/** A log whose partitions hold one record a chunk, appended at the times given. */
function logOf(times: readonly (readonly number[])[], closed: number[] = []): Pick<Log, "read"> {
  return {
    async *read({ topic, partition, offset }) {
      try {
        for (const [index, appendedMs] of (times[partition] ?? []).entries()) {
          if (index < offset) continue;
          yield { topic, partition, firstOffset: index, appendedMs, records: recordBatchOf([Uint8Array.of(index)]) };
        }
      } finally {
        closed.push(partition);
      }
    },
  };
}

const at = (partition: number, offset = 0) => ({ topic: "raw.binance", partition, offset });
const seen = ({ partition, firstOffset, appendedMs }: LogChunk) => [partition, firstOffset, appendedMs];

async function collect(chunks: AsyncIterable<LogChunk>): Promise<readonly LogChunk[]> {
  const collected: LogChunk[] = [];
  for await (const chunk of chunks) collected.push(chunk);
  return collected;
}

test("readTogether() gives every chunk once, the oldest of all partitions next", async () => {
  const log = logOf([[10, 40, 50], [], [20, 30, 60]]);
  const chunks = await collect(readTogether(log, [at(0), at(1), at(2)], { maxBytes: 1000 }));
  expect(chunks.map(seen)).toEqual([
    [0, 0, 10],
    [2, 0, 20],
    [2, 1, 30],
    [0, 1, 40],
    [0, 2, 50],
    [2, 2, 60],
  ]);
});

test("readTogether() keeps a partition's order where the clock ran backwards", async () => {
  const chunks = await collect(readTogether(logOf([[50, 10, 20]]), [at(0, 1)], { maxBytes: 1000 }));
  expect(chunks.map(seen)).toEqual([
    [0, 1, 10],
    [0, 2, 20],
  ]);
});

test("readTogether() closes all readers when its own reader stops", async () => {
  const closed: number[] = [];
  for await (const _chunk of readTogether(
    logOf(
      [
        [10, 20],
        [15, 25],
      ],
      closed,
    ),
    [at(0), at(1)],
    { maxBytes: 1000 },
  ))
    break;
  expect(closed.toSorted()).toEqual([0, 1]);
});
