import { type RecordBatch, seededRandom } from "../base/index.ts";
import { avroType } from "./avro-type.ts";
import {
  type Bar,
  decodeBars,
  decodeTradeAvro,
  decodeTrades,
  encodeBars,
  encodeTradeAvro,
  encodeTrades,
  Listings,
  TRADE_SCHEMA,
  TradeBatch,
} from "./index.ts";

export interface RecordsBenchOptions {
  readonly trades?: number;
  readonly bars?: number;
  readonly rounds?: number;
}

/**
 * What it costs to write and read an event, in each form that K2 has for it. The peer of the hand-written Avro of
 * trades is the avsc library on the same records; the peer of all is JSON.
 */
export async function run({ trades = 200_000, bars = 50_000, rounds = 5 }: RecordsBenchOptions = {}): Promise<void> {
  const listings = new Listings();
  listings.add({ index: 0, venue: "binance", rawSymbol: "BTCUSDT", symbol: "BTC-USDT-SPOT", unitExponent: 0 });
  const batch = someTrades(trades);
  console.log(`records: ns a record, best of ${rounds} rounds; ${trades} trades, ${bars} bars`);
  const into = new TradeBatch(trades);

  const log = best(rounds, trades, () => encodeTrades(batch));
  const readLog = best(rounds, trades, () => {
    into.clear();
    decodeTrades(log.value, into);
  });
  print("trade, event log", log.nanoseconds, readLog.nanoseconds, log.value.bytes.byteLength / trades);

  const avro = best(rounds, trades, () =>
    Array.from({ length: trades }, (_, row) => encodeTradeAvro(batch, row, listings)),
  );
  const readAvro = best(rounds, trades, () => {
    into.clear();
    for (const bytes of avro.value) decodeTradeAvro(bytes, into, listings);
  });
  print("trade, Avro by hand", avro.nanoseconds, readAvro.nanoseconds, size(avro.value) / trades);

  const type = avroType(TRADE_SCHEMA);
  const read = best(rounds, trades, () =>
    avro.value.map((bytes) => type.fromBuffer(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))),
  );
  const library = best(rounds, trades, () => read.value.map((value) => type.toBuffer(value)));
  print("trade, Avro by avsc, objects", library.nanoseconds, read.nanoseconds, size(library.value) / trades);

  const plain = read.value.map((value) => ({
    ...value,
    price: String(value.price),
    size: String(value.size),
    sequence: String(value.sequence),
  }));
  const json = best(rounds, trades, () => plain.map((value) => JSON.stringify(value)));
  const readJson = best(rounds, trades, () => json.value.map((text) => JSON.parse(text)));
  print(
    "trade, JSON, objects",
    json.nanoseconds,
    readJson.nanoseconds,
    json.value.reduce((sum, text) => sum + text.length, 0) / trades,
  );

  const values = someBars(bars);
  const written = best(rounds, bars, (): RecordBatch => encodeBars(values));
  const readBars = best(rounds, bars, () => decodeBars(written.value));
  print("bar, Avro", written.nanoseconds, readBars.nanoseconds, written.value.bytes.byteLength / bars);
}

function best<T>(rounds: number, count: number, work: () => T): { readonly nanoseconds: number; readonly value: T } {
  let fastest = Number.POSITIVE_INFINITY;
  let value = work();
  for (let round = 0; round < rounds; round += 1) {
    const startedMs = performance.now();
    value = work();
    fastest = Math.min(fastest, performance.now() - startedMs);
  }
  return { nanoseconds: (fastest * 1e6) / count, value };
}

function print(name: string, write: number, read: number, bytes: number): void {
  console.log(
    `${name.padEnd(30)} write ${write.toFixed(0).padStart(6)}   read ${read.toFixed(0).padStart(6)}   ${bytes.toFixed(0).padStart(4)} bytes`,
  );
}

function size(records: readonly Uint8Array[]): number {
  return records.reduce((sum, bytes) => sum + bytes.byteLength, 0);
}

function someTrades(count: number): TradeBatch {
  const random = seededRandom(1);
  const trades = new TradeBatch(count);
  for (let index = 0; index < count; index += 1) {
    const row = trades.nextRow();
    trades.listing[row] = 0;
    trades.price.setNumber(row, 9_700_000_000_000 + random.int(1_000_000_000));
    trades.size.setNumber(row, 1 + random.int(100_000_000));
    trades.side[row] = 1 + random.int(2);
    trades.eventTimeUs[row] = 1_763_700_000_000_000 + index * 100;
    trades.receiveTimeUs[row] = 1_763_700_000_050_000 + index * 100;
    trades.idNumber.setNumber(row, 4_000_000_000 + index);
    trades.idText[row] = undefined;
    trades.sequence.setNumber(row, 4_000_000_000 + index);
    trades.executions[row] = 1;
    trades.rawOffset[row] = index;
    trades.length += 1;
  }
  return trades;
}

function someBars(count: number): readonly Bar[] {
  const random = seededRandom(2);
  return Array.from({ length: count }, (_, index) => {
    const startUs = 1_763_700_000_000_000 + index * 60_000_000;
    const price = (): bigint => BigInt(9_700_000_000_000 + random.int(1_000_000_000));
    return {
      listing: 0,
      interval: "1m",
      startUs,
      open: price(),
      high: price(),
      low: price(),
      close: price(),
      volume: BigInt(random.int(4_000_000_000)),
      quoteVolume: price() * 1_000_000_000n,
      buyVolume: BigInt(random.int(2_000_000_000)),
      sellVolume: BigInt(random.int(2_000_000_000)),
      trades: random.int(5_000),
      first: { timeUs: startUs, timeNanos: 0, sequence: 4_000_000_000n, frameIndex: 0 },
      last: { timeUs: startUs + 59_000_000, timeNanos: 0, sequence: 4_000_004_000n, frameIndex: 0 },
      revision: 0,
      knownAtUs: startUs + 60_050_000,
      cause: "closed",
      complete: true,
      source: 0,
    };
  });
}
