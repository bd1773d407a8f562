import { expect, test } from "vitest";
import { recordBatchOf } from "../base/index.ts";
import { makeTestFolder } from "./embedded/test-support.ts";
import { openLog, openLogReader, partitionOf } from "./index.ts";

test("partitionOf() is FNV-1a over the key, so a key never changes its partition", () => {
  expect(partitionOf("", 1_000_000_007)).toBe(0x811c9dc5 % 1_000_000_007);
  expect(partitionOf("a", 2 ** 32)).toBe(0xe40c292c);
  expect(partitionOf("foobar", 2 ** 32)).toBe(0xbf9cf968);
  expect(partitionOf("BTC-USDT-SPOT", 1)).toBe(0);
});

test("a log opened by the door is read by a reader opened by the door", async () => {
  await using folder = await makeTestFolder();
  await using log = await openLog({ folder: folder.path, commitDelayMs: 1 });
  await log.ensureTopic({ topic: "market.bars", partitions: 1 });
  await log.append([{ topic: "market.bars", partition: 0, records: recordBatchOf([new Uint8Array([1, 2])]) }]);
  await using reader = await openLogReader({ folder: folder.path });
  for await (const chunk of reader.read({ topic: "market.bars", partition: 0, offset: 0 })) {
    expect(chunk.records.bytes).toEqual(new Uint8Array([1, 2]));
    break;
  }
  for (let offset = 1; offset < 20; offset += 1) {
    await log.append([{ topic: "market.bars", partition: 0, records: recordBatchOf([new Uint8Array(9)]) }]);
    const end = { topic: "market.bars", partition: 0, offset: offset + 1 };
    for await (const _chunk of reader.read(end, { follow: false })) throw new Error("there is nothing there yet");
  }
  await expect(openLog({ folder: `${folder.path}/other`, commitDelayMs: 50 })).rejects.toThrow(/between 0 and 5/);
});
