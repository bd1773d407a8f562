import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { RecordBatchBuilder } from "../../base/index.ts";
import { appendFrameRecord, type Frame } from "../../domain/index.ts";
import type { LogChunk } from "../../log/index.ts";
import { FrameStage } from "./frame-stage.ts";

const folder = await mkdtemp(join(tmpdir(), "k2-frame-stage-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

function chunkOf(frames: readonly Partial<Frame>[], at: Partial<LogChunk> = {}): LogChunk {
  const builder = new RecordBatchBuilder();
  for (const [index, frame] of frames.entries()) {
    const timeNs = 1_723_161_255_343_000_000n + BigInt(index);
    const plain = { kind: "received", feed: "binance", connection: "binance/0", epoch: 1, source: "live" } as const;
    appendFrameRecord({ ...plain, timeNs, payload: Buffer.from(`frame ${index}`), ...frame }, builder);
  }
  return { topic: "raw.binance", partition: 0, firstOffset: 0, appendedMs: 0, records: builder.take(), ...at };
}

async function rowsOf(stage: FrameStage): Promise<readonly (readonly unknown[])[]> {
  return await stage.run(`
    SELECT feed, connection, epoch, kind, ts_recv::VARCHAR, ts_recv_nanos, payload::VARCHAR, source, _topic, _partition, _offset
    FROM (${stage.relation}) ORDER BY _topic, _partition, _offset`);
}

test("FrameStage gives back each frame with its connection's life around it, byte for byte", async () => {
  await using stage = new FrameStage(join(folder, "life"));
  await stage.add(
    chunkOf(
      [
        { kind: "opened", payload: Buffer.from("{}") },
        { payload: Buffer.from([0x00, 0xff, 0x41]) },
        { kind: "closed", payload: Buffer.alloc(0) },
        { kind: "opened", epoch: 2, payload: Buffer.from("{}") },
        { epoch: 2, timeNs: 1_723_161_255_343_123_456n },
      ],
      { firstOffset: 7, partition: 3 },
    ),
  );
  const rows = await rowsOf(stage);
  expect(rows.map(([, , epoch, kind, , , , , , , offset]) => [epoch, kind, offset])).toEqual([
    ["1", "opened", "7"],
    ["1", "received", "8"],
    ["1", "closed", "9"],
    ["2", "opened", "10"],
    ["2", "received", "11"],
  ]);
  expect(rows[1]?.[6]).toBe("\\x00\\xFFA");
  expect(rows[2]?.[6]).toBe("");
  expect(rows[4]).toEqual([
    ...["binance", "binance/0", "2", "received", "2024-08-08 23:54:15.343123+00", 456],
    ...["frame 4", "live", "raw.binance", 3, "11"],
  ]);
});

test("FrameStage tells partitions, feeds and connections apart whose frames begin alike", async () => {
  await using stage = new FrameStage(join(folder, "apart"));
  await stage.add(chunkOf([{}, {}]));
  await stage.add(chunkOf([{}], { partition: 1 }));
  await stage.add(chunkOf([{ feed: "kraken", connection: "kraken/0", source: "replay" }], { topic: "raw.kraken" }));
  await stage.add(chunkOf([{ connection: "binance/1" }], { firstOffset: 2 }));
  const rows = await rowsOf(stage);
  expect(
    rows.map(([feed, connection, , , , , , source, topic, partition, offset]) => [
      feed,
      connection,
      source,
      topic,
      partition,
      offset,
    ]),
  ).toEqual([
    ["binance", "binance/0", "live", "raw.binance", 0, "0"],
    ["binance", "binance/0", "live", "raw.binance", 0, "1"],
    ["binance", "binance/1", "live", "raw.binance", 0, "2"],
    ["binance", "binance/0", "live", "raw.binance", 1, "0"],
    ["kraken", "kraken/0", "replay", "raw.kraken", 0, "0"],
  ]);
});

test("FrameStage takes more than one of DuckDB's chunks, and counts what it holds", async () => {
  await using stage = new FrameStage(join(folder, "many"));
  const chunk = chunkOf(
    Array.from({ length: 5000 }, (_, index) => ({ payload: Buffer.from(`payload number ${index}`) })),
  );
  await stage.add(chunk);
  const { byteLength } = chunk.records.bytes;
  expect([stage.rows, stage.isFull(byteLength), stage.isFull(byteLength + 1)]).toEqual([5000, true, false]);
  expect(
    await stage.run(`SELECT count(*), count(DISTINCT payload), min(_offset), max(_offset) FROM (${stage.relation})`),
  ).toEqual([["5000", "5000", "0", "4999"]]);
  expect(chunk.records.bytes.byteLength).toBeGreaterThan(0); // The log's chunk stays with its other readers.
});

test("FrameStage begins anew after clear() and after rest()", async () => {
  await using stage = new FrameStage(join(folder, "anew"));
  for (const forget of [() => stage.clear(), () => stage.rest()]) {
    await stage.add(chunkOf([{}, {}]));
    await forget();
    expect([stage.rows, stage.isFull(1)]).toEqual([0, false]);
    await stage.add(chunkOf([{}], { firstOffset: 2 }));
    expect((await rowsOf(stage)).map((row) => row[10])).toEqual(["2"]);
    await stage.clear();
  }
});

test("FrameStage is full of large frames before they are more than it can sort, whatever its caller would have", async () => {
  await using stage = new FrameStage(join(folder, "large"));
  const payload = Buffer.alloc(64 * 1024, "x");
  let count = 0;
  for (; !stage.isFull(1e9); count += 16) {
    const frames = Array.from({ length: 16 }, () => ({ payload }));
    await stage.add(chunkOf(frames, { firstOffset: count }));
  }
  expect(count * payload.byteLength).toBeLessThan(24 * 1_048_576);
  const into = join(folder, "large.parquet");
  await stage.run(
    `COPY (SELECT * FROM (${stage.relation}) ORDER BY _topic, _partition, _offset) TO '${into}' (FORMAT parquet)`,
  );
  const [row] = await stage.run(`SELECT count(*), sum(octet_length(payload)) FROM '${into}'`);
  expect(row?.map(Number)).toEqual([count, count * payload.byteLength]);
});

test("FrameStage tells what DuckDB refuses, and goes on", async () => {
  await using stage = new FrameStage(join(folder, "refused"));
  await expect(stage.run("SELECT nothing")).rejects.toThrow(/Cannot stage raw frames.*nothing/);
  await stage.add(chunkOf([{}]));
  expect(await rowsOf(stage)).toHaveLength(1);
});
