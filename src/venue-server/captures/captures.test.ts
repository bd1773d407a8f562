import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import { FRAME_KINDS, type Frame, SOURCES } from "../../domain/index.ts";
import {
  CaptureFormatError,
  type CaptureRecord,
  captureFrames,
  encodeCapture,
  parseCapture,
  readCapture,
  writeCapture,
} from "./index.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "k2-captures-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function* bytesOf(...texts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
const text = (record: { readonly payload: Uint8Array } | undefined): string =>
  Buffer.from(record?.payload ?? []).toString();

describe("readCapture() of hand-written captures", () => {
  const hft =
    '1723161255088176367 {"stream":"btcusdt@trade","data":{"t":1}}\n1680652700423575 {"stream":"x","data":{}}\n1723161255088176369 {"lastUpdateId":1,"bids":[],"asks":[]}\n';

  test("reads hftbacktest text in nanoseconds and in microseconds, and tells the fetched snapshot apart", async () => {
    const records = await collect(parseCapture(bytesOf(hft), "hft"));
    expect(records.map((record) => [record.timeNs, record.direction])).toEqual([
      [1723161255088176367n, "received"],
      [1680652700423575000n, "received"],
      [1723161255088176369n, "fetched"],
    ]);
    expect(text(records[0])).toBe('{"stream":"btcusdt@trade","data":{"t":1}}');
  });

  test("reads the same from gzip, and from pieces that break lines anywhere", async () => {
    const packed = gzipSync(hft);
    const expected = await collect(parseCapture(bytesOf(hft), "hft"));
    expect(await collect(parseCapture(bytesOf(packed), "hft"))).toEqual(expected);
    const pieces = [...packed].map((byte) => Uint8Array.of(byte));
    const head = packed.subarray(0, 2);
    expect(await collect(parseCapture(bytesOf(head, ...pieces.slice(2)), "hft"))).toEqual(expected);
    expect(await collect(parseCapture(bytesOf(...[...hft].map((character) => character)), "hft"))).toEqual(expected);
  });

  test("reads float seconds without rounding, and counts a connection's sockets", async () => {
    const lines = [
      '{"t":"header","format":2}',
      '{"t":"connect","conn":"ws.1","ts":1618678132.5,"addr":"wss://ws.example"}',
      '{"t":"recv","conn":"ws.1","ts":1618678132.9348202,"data":"{\\"a\\":1.50}"}',
      '{"t":"connect","conn":"ws.1","ts":1618678133,"addr":"wss://ws.example"}',
      '{"t":"send","conn":"ws.1","ts":1618678133.1,"data":"hello"}',
      '{"t":"http","conn":"http","ts":1618678133.2,"url":"https://x","data":"{}"}',
      "",
      '{"t":"recv","ts_ns":"1785552832693693001","data":"last"}',
    ];
    const records = await collect(parseCapture(bytesOf(lines.join("\r\n")), "jsonl"));
    expect(
      records.map((record) => [record.direction, record.connection, record.epoch, record.timeNs, text(record)]),
    ).toEqual([
      ["opened", "ws.1", 0, 1618678132500000000n, "wss://ws.example"],
      ["received", "ws.1", 0, 1618678132934820200n, '{"a":1.50}'],
      ["opened", "ws.1", 1, 1618678133000000000n, "wss://ws.example"],
      ["sent", "ws.1", 1, 1618678133100000000n, "hello"],
      ["fetched", "http", 0, 1618678133200000000n, "{}"],
      ["received", "capture", 0, 1785552832693693001n, "last"],
    ]);
  });

  test.each([
    ["a line that is not JSON", '{"t":"header"}\n\n{"t":"recv"\n', 3, "not JSON"],
    ["a kind that is not known", '{"t":"header"}\n{"t":"teleport","ts":1,"data":""}\n', 2, "teleport"],
    ["no time", '{"t":"recv","data":""}\n', 1, '"ts_ns"'],
    ["a time finer than a nanosecond", '{"t":"recv","ts":1.0000000001,"data":""}\n', 1, "finer than a nanosecond"],
    ["no content", '{"t":"recv","ts":1}\n', 1, '"base64"'],
    ["no receive time", '1723161255088176367 {"stream":"x"}\nhello\n', 2, "receive time"],
    ["nothing after the receive time", "1723161255088176367 \n", 1, "no JSON"],
  ])("names the line that has %s", async (_what, content, line, said) => {
    const failure = collect(parseCapture(bytesOf(content), "bad.jsonl"));
    await expect(failure).rejects.toThrow(CaptureFormatError);
    await expect(failure).rejects.toThrow(`bad.jsonl, line ${line}:`);
    await expect(failure).rejects.toThrow(said);
  });

  test("says so when the compressed file is cut off", async () => {
    const path = join(folder, "cut.gz");
    await writeFile(path, gzipSync(hft.repeat(5000)).subarray(0, 2000));
    const seen: CaptureRecord[] = [];
    const read = async (): Promise<void> => {
      for await (const record of readCapture(path)) seen.push(record);
    };
    await expect(read()).rejects.toThrow(/cut\.gz, line \d+: the gzip data is damaged/);
  });

  test("leaving early closes the file", async () => {
    const path = join(folder, "long.jsonl");
    await writeFile(path, hft.repeat(10_000));
    for await (const record of readCapture(path)) {
      expect(record.timeNs).toBe(1723161255088176367n);
      break;
    }
  });
});

describe("what is recorded comes back", () => {
  const frames: fc.Arbitrary<readonly Frame[]> = fc.array(
    fc.record({
      kind: fc.constantFrom(...FRAME_KINDS),
      feed: fc.constantFrom("binance", "kraken-v1"),
      connection: fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
      epoch: fc.nat(),
      timeNs: fc.bigInt({ min: 0n, max: 4_000_000_000_000_000_000n }),
      source: fc.constantFrom(...SOURCES),
      payload: fc.oneof(
        fc.uint8Array({ maxLength: 60 }),
        fc.string({ unit: "binary" }).map((value) => new Uint8Array(Buffer.from(value))),
        fc.constant(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)), // A byte order mark is content.
      ),
    }),
    { maxLength: 20 },
  );

  test("encodeCapture() then captureFrames(parseCapture()) gives the same frames, byte for byte", async () => {
    await fc.assert(
      fc.asyncProperty(frames, async (recorded) => {
        const records = parseCapture(encodeCapture(recorded), "memory");
        const back = await collect(captureFrames(records, { feed: "none" }));
        expect(back.map((frame) => ({ ...frame, payload: [...frame.payload] }))).toEqual(
          recorded.map((frame) => ({ ...frame, payload: [...frame.payload] })),
        );
      }),
    );
  });

  test.each(["plain.jsonl", "packed.jsonl.gz"])("writeCapture() to %s", async (name) => {
    const recorded: Frame[] = [0, 1, 2].map((index) => ({
      kind: "received",
      feed: "binance",
      connection: "binance/0",
      epoch: 0,
      timeNs: BigInt(index),
      source: "live",
      payload: new Uint8Array(Buffer.from(`{"n":${index}}`)),
    }));
    const path = join(folder, name);
    const byteLength = await writeCapture({
      path,
      frames: (async function* () {
        yield* recorded;
      })(),
    });
    expect(byteLength).toBeGreaterThan(0);
    expect((await collect(readCapture(path))).map(text)).toEqual(['{"n":0}', '{"n":1}', '{"n":2}']);
  });
});

/** [path under ws/, received frames, sent frames, fetched], as the READMEs beside the files count them. */
const RECORDED: readonly (readonly [string, number, number, number])[] = [
  ["binance/hftbacktest/usdm_btcusdt_20240808.gz", 93_953, 0, 1],
  ["binance/hftbacktest/spot_btcusdt_20240808.gz", 41_248, 0, 1],
  ["binance/hftbacktest/spot_btcusdt_20240809.gz", 58_325, 0, 0],
  ["binance/hftbacktest/cm_btcusd_perp_20240808.gz", 48_269, 0, 1],
  ["binance/hftbacktest/usdm_btcusdt_20230404.dat.gz", 13_383, 0, 1],
  ["binance/hftbacktest/usdm_btcusdt_20230405.dat.gz", 60_381, 0, 0],
  ["binance/cryptofeed-spot-20211011.jsonl.gz", 265, 0, 5],
  ["binance/cryptofeed-usdm-20210722.jsonl.gz", 1535, 0, 5],
  ["binance/cryptofeed-spot-btc-eth-dot-20210404.jsonl.gz", 4716, 0, 3],
  ["kraken/v2-book/kraken_btcusd_l2.jsonl.gz", 377, 0, 0],
  ["kraken/v2-book/kraken_btcusd_sample.jsonl.gz", 2104, 0, 0],
  ["kraken/v2-book/kraken_ethusd_sample.jsonl.gz", 1170, 0, 0],
  ["kraken/v1/cryptofeed-kraken-20210417.jsonl.gz", 4430, 3, 1],
  ["coinbase/advanced-trade-20260809-part1.jsonl.gz", 600, 5, 1],
  ["coinbase/exchange-feed-20210417.jsonl.gz", 9946, 3, 1],
  ["bybit/v5-linear-20260809.jsonl.gz", 2546, 17, 1],
  ["bybit/v5-orderbook1-linear-20250613.jsonl.gz", 202, 4, 0],
  ["bybit/v2-inverse-20210417.jsonl.gz", 1098, 4, 1],
  ["other/okx-20220513.jsonl.gz", 410, 3, 25],
];

describe("readCapture() of recorded data", () => {
  for (const [name, received, sent, fetched] of RECORDED) {
    const path = sharedData(`ws/${name}`);
    test.skipIf(path === undefined)(`reads all of ${name}`, async () => {
      const counts = { received: 0, sent: 0, fetched: 0, concluded: 0, opened: 0, closed: 0 };
      let earliest = 0n;
      let latest = 0n;
      for await (const record of readCapture(path ?? "")) {
        counts[record.direction] += 1;
        if (earliest === 0n) earliest = record.timeNs;
        if (record.timeNs > latest) latest = record.timeNs;
      }
      expect(counts).toMatchObject({ received, sent, fetched });
      expect(Number(latest - earliest) / 1e9).toBeGreaterThan(10);
      expect(Number(latest - earliest) / 1e9).toBeLessThan(500);
    });
  }
});
