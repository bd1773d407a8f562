import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type RecordBatch, RecordBatchBuilder, recordStart } from "../base/index.ts";
import { appendFrameRecord, type FrameDecoder, TOPICS, type TradeBatch } from "../domain/index.ts";
import { Candles } from "./candles.ts";
import { Deduper } from "./dedupe.ts";
import { TakenIn } from "./intake.ts";
import { openPipeline, type Pipeline } from "./pipeline.ts";
import type { EventSink, FeedRules, LogRecords, RawSource, TopicPosition } from "./ports.ts";
import { STATE_TOPIC } from "./state/state-records.ts";
import { refusalOf } from "./validate.ts";

export interface PipelineBenchOptions {
  /** Trades for the rates; ten times as many are run for the memory. */
  readonly trades?: number;
  readonly listings?: number;
  readonly rounds?: number;
}

const CHUNK = 2_000;
const START_US = 1_700_000_000_000_000;
/** Market time that one trade takes: 50,000 trades a second, the load that K2 is built to carry. */
const STEP_US = 20;

/**
 * Trades a processor second of each stage and of the whole pipeline with a log that forgets, one thread, against the floor of a bare
 * loop over the columns in the same run. The input is generated, in consecutive ids over all listings.
 */
export async function run(options: PipelineBenchOptions = {}): Promise<void> {
  const { trades = 1_000_000, listings = 100, rounds = 3 } = options;
  console.log(`pipeline: ${trades.toLocaleString("en-US")} trades on ${listings} listings, medians of ${rounds}`);
  console.log("stage             trades/cpu s    of floor");
  const floor = median(rounds, () => rate(trades, stage(listings, trades, floorLoop())));
  print("floor: bare loop", floor, floor);
  print(
    "validate",
    median(rounds, () => rate(trades, stage(listings, trades, validateLoop()))),
    floor,
  );
  print(
    "dedupe",
    median(rounds, () => rate(trades, stage(listings, trades, dedupeLoop()))),
    floor,
  );
  print(
    "candles",
    median(rounds, () => rate(trades, stage(listings, trades, candlesLoop()))),
    floor,
  );
  const whole: number[] = [];
  for (let round = 0; round < rounds; round += 1) whole.push((await wholePipeline(listings, trades)).rate);
  print("whole, 1 a frame", middle(whole), floor);
  const before = heldMegabytes();
  const { rate: longRate, events, pipeline } = await wholePipeline(listings, trades * 10);
  print("whole, 10 × as long", longRate, floor);
  const held = heldMegabytes() - before;
  const open = pipeline.openBars().length;
  console.log(
    `memory: ${held} MB held for ${listings} listings after ${(trades * 10).toLocaleString("en-US")} trades ` +
      `(${events.toLocaleString("en-US")} events, ${open} open bars), ${Math.round(process.memoryUsage.rss() / 1e6)} MB resident`,
  );
}

type Stage = (taken: TakenIn) => void;

function floorLoop(): Stage {
  let sum = 0;
  return ({ trades }) => {
    for (let row = 0; row < trades.length; row += 1) {
      sum += (trades.listing[row] ?? 0) + trades.price.getNumber(row) + trades.size.getNumber(row);
      sum += (trades.eventTimeUs[row] ?? 0) + trades.idNumber.getNumber(row) + (trades.side[row] ?? 0);
    }
    if (sum === 0) throw new Error("the loop was left out");
  };
}

function validateLoop(): Stage {
  return ({ trades }) => {
    for (let row = 0; row < trades.length; row += 1) {
      if (refusalOf(trades, row) !== undefined) throw new Error("a generated trade was refused");
    }
  };
}

function dedupeLoop(): Stage {
  const deduper = new Deduper();
  return ({ trades }) => {
    for (let row = 0; row < trades.length; row += 1) {
      if (deduper.admit(trades, row) !== "new") throw new Error("a generated trade was a duplicate");
    }
  };
}

function candlesLoop(): Stage {
  const candles = new Candles();
  let bars = 0;
  let transaction = 0;
  const push = (): void => {
    bars += 1;
  };
  return (taken) => {
    transaction += 1;
    candles.missing(taken.trades);
    candles.apply(taken.trades, taken, { transaction, push });
    candles.forget(transaction);
    if (transaction > 5_000 && bars === 0) throw new Error("no bar was closed");
  };
}

/** Processor milliseconds that the stage takes over all trades; generating them is not timed. */
function stage(listings: number, count: number, take: Stage): number {
  const taken = new TakenIn();
  let elapsedMs = 0;
  for (let from = 0; from < count; from += CHUNK) {
    taken.clear();
    for (let number = from; number < Math.min(count, from + CHUNK); number += 1) {
      generate(taken.trades, number, listings);
      taken.tick(START_US + number * STEP_US);
    }
    const startedMs = processorMs();
    take(taken);
    elapsedMs += processorMs() - startedMs;
  }
  return elapsedMs;
}

function generate(trades: TradeBatch, number: number, listings: number): void {
  const row = trades.nextRow();
  const timeUs = START_US + number * STEP_US;
  trades.listing[row] = (number * 7) % listings;
  trades.price.setNumber(row, 5_000_000_000_000 + ((number * 7_919) % 10_007) * 1_000_000);
  trades.size.setNumber(row, 1_000 + ((number * 104_729) % 100_003) * 1_000);
  trades.side[row] = 1 + (number & 1);
  trades.eventTimeUs[row] = timeUs;
  trades.eventTimeNanos[row] = 0;
  trades.receiveTimeUs[row] = timeUs;
  trades.receiveTimeNanos[row] = 0;
  trades.idNumber.setNumber(row, Math.floor(number / listings));
  trades.idText[row] = undefined;
  trades.sequence.setNumber(row, Math.floor(number / listings));
  trades.frameIndex[row] = 0;
  trades.executions[row] = 1;
  trades.flags[row] = 0;
  trades.source[row] = 1;
  trades.rawPartition[row] = 0;
  trades.rawOffset[row] = number;
  trades.length += 1;
}

/** Reads the trade's number from the frame and generates the trade: a decoder that costs next to nothing. */
function numberDecoder(listings: number): FrameDecoder {
  return {
    decode(payload, context) {
      const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
      const number = view.getFloat64(0, true);
      const listing = context.listing(`S${(number * 7) % listings}`, "50000", "1");
      generate(context.trades, number, listings);
      context.trades.listing[context.trades.length - 1] = listing?.index ?? 0;
      return "trades";
    },
  };
}

async function wholePipeline(
  listings: number,
  trades: number,
): Promise<{ readonly rate: number; readonly events: number; readonly pipeline: Pipeline }> {
  const rules: FeedRules = {
    venueOf: () => "bench",
    decoderFor: () => numberDecoder(listings),
    instrument: (_, rawSymbol) => ({ venue: "bench", symbol: `${rawSymbol}-USD-SPOT` }),
  };
  const events = new ForgetfulLog(4);
  const raw = generatedFrames(trades);
  const recall = () => Promise.reject(new Error("no generated trade is late"));
  const pipeline = await openPipeline({ raw, events, rules, rawTopics: ["raw.bench"], recall });
  const startedMs = processorMs();
  await pipeline.run({ follow: false });
  const elapsedMs = processorMs() - startedMs;
  const counted = pipeline.status().feeds["bench"]?.trades;
  if (counted !== trades) throw new Error(`${counted} of ${trades} trades came through`);
  return { rate: (trades / elapsedMs) * 1000, events: events.records, pipeline };
}

/** Takes events and forgets them; only their number is kept. */
class ForgetfulLog implements EventSink {
  readonly #partitions: number;
  readonly #ends: Map<string, number> = new Map();
  records = 0;

  constructor(partitions: number) {
    this.#partitions = partitions;
  }

  async ensureTopic(): Promise<void> {}
  async *read(): AsyncGenerator<LogRecords> {}
  async progress(): Promise<readonly TopicPosition[]> {
    return [];
  }
  async bounds(topic: string) {
    const count = topic === TOPICS.listings || topic === STATE_TOPIC ? 1 : this.#partitions;
    return Array.from({ length: count }, (_, partition) => ({ partition, startOffset: 0, endOffset: 0 }));
  }
  async append(
    entries: readonly { readonly topic: string; readonly partition: number; readonly records: RecordBatch }[],
  ): Promise<readonly number[]> {
    return entries.map(({ topic, partition, records }) => {
      const key = `${topic}/${partition}`;
      const offset = this.#ends.get(key) ?? 0;
      this.#ends.set(key, offset + records.count);
      this.records += records.count;
      return offset;
    });
  }
}

/** One partition of frames that hold a trade's number each, copied from one pattern with the times and numbers set. */
function generatedFrames(count: number): RawSource {
  const builder = new RecordBatchBuilder();
  for (let index = 0; index < CHUNK; index += 1) {
    appendFrameRecord(
      {
        kind: "received",
        feed: "bench",
        connection: "bench/0",
        epoch: 1,
        timeNs: 0n,
        source: "simulated",
        payload: new Uint8Array(200),
      },
      builder,
    );
  }
  const pattern = builder.take();
  return {
    bounds: async () => [{ partition: 0, startOffset: 0, endOffset: count }],
    async *read() {
      for (let firstOffset = 0; firstOffset < count; firstOffset += CHUNK) {
        const bytes = pattern.bytes.slice();
        const view = new DataView(bytes.buffer);
        const records = { count: Math.min(CHUNK, count - firstOffset), ends: pattern.ends, bytes };
        for (let index = 0; index < records.count; index += 1) {
          // The receive time stands at byte 8 of a frame record, the payload are its last 200 bytes.
          view.setFloat64(recordStart(records, index) + 8, START_US + (firstOffset + index) * STEP_US, true);
          view.setFloat64((records.ends[index] ?? 0) - 200, firstOffset + index, true);
        }
        yield { topic: "raw.bench", partition: 0, firstOffset, records };
      }
    },
  };
}

/** Processor time of this process, its garbage collector included: what else the machine does is left out. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const rate = (count: number, elapsedMs: number): number => (count / elapsedMs) * 1000;

function median(rounds: number, measure: () => number): number {
  return middle(Array.from({ length: rounds }, measure));
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

function print(name: string, perSecond: number, floor: number): void {
  const rounded = Math.round(perSecond / 1000) * 1000;
  console.log(
    `${name.padEnd(20)} ${rounded.toLocaleString("en-US").padStart(11)} ${(perSecond / floor).toFixed(3).padStart(8)}`,
  );
}

/** What is reachable, after a full collection. */
function heldMegabytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return Math.round((heapUsed + arrayBuffers) / 1e6);
}

if (import.meta.main) await run();
