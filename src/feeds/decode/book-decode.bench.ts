import { fileURLToPath } from "node:url";
import {
  type BookContext,
  BookLevels,
  type BookMessage,
  type BookReader,
  type DecodedListing,
  OrderBook,
} from "../../domain/index.ts";
import { feedById } from "../registry.ts";
import { loadPeers, mapAll, median, type PeerMappers, packed } from "./test-bench.ts";
import { type RecordedMessage, recordedMessages } from "./test-books.ts";
import { frame } from "./test-support.ts";

/*
 * What reading order books costs, beside JSON.parse of the same frames and beside tardis-dev where K2_BENCH_PEERS names a
 * folder that has it. Recorded frames only: their shapes and their numbers of levels are what counts.
 */
export interface BookDecodeBenchOptions {
  /** For all shapes together. */
  readonly seconds?: number;
  /** Shapes whose name has this in it. */
  readonly only?: string;
}

interface Shape {
  readonly name: string;
  readonly feed: string;
  readonly channel: string;
  readonly recording: string;
  /** Which frames are measured. */
  readonly fits: (text: string) => boolean;
  /** The exchange's name in tardis-dev, where it maps this shape. */
  readonly peer?: string;
}

const HFT = "ws/binance/hftbacktest";
const isDepth = (text: string): boolean => text.includes('"depthUpdate"');
const levelsIn = (text: string): number => text.split('["').length - 1;

const SHAPES: readonly Shape[] = [
  {
    name: "binance spot depth",
    feed: "binance",
    channel: "depth@100ms",
    recording: `${HFT}/spot_btcusdt_20240808.gz`,
    fits: isDepth,
    peer: "binance",
  },
  {
    name: "binance spot depth, 15 to 25 levels",
    feed: "binance",
    channel: "depth@100ms",
    recording: `${HFT}/spot_btcusdt_20240808.gz`,
    fits: (text) => isDepth(text) && levelsIn(text) >= 15 && levelsIn(text) <= 25,
    peer: "binance",
  },
  {
    name: "binance usdm depth",
    feed: "binance-usdm",
    channel: "depth@0ms",
    recording: `${HFT}/usdm_btcusdt_20240808.gz`,
    fits: isDepth,
    peer: "binance-futures",
  },
  {
    name: "binance coinm depth",
    feed: "binance-coinm",
    channel: "depth@0ms",
    recording: `${HFT}/cm_btcusd_perp_20240808.gz`,
    fits: isDepth,
    peer: "binance-delivery",
  },
  {
    name: "binance spot bookTicker",
    feed: "binance",
    channel: "bookTicker",
    recording: `${HFT}/spot_btcusdt_20240808.gz`,
    fits: (text) => text.includes("@bookTicker"),
  },
  {
    name: "kraken v2 book",
    feed: "kraken",
    channel: "book-25",
    recording: "ws/kraken/v2-book/kraken_btcusd_sample.jsonl.gz",
    fits: (text) => text.startsWith('{"channel":"book","type":"update"'),
  },
  {
    name: "kraken v1 book",
    feed: "kraken-v1",
    channel: "book-1000",
    recording: "ws/kraken/v1/cryptofeed-kraken-20210417.jsonl.gz",
    fits: (text) => text.includes('"book-1000"') && !text.includes('"as"'),
    peer: "kraken",
  },
  {
    name: "coinbase advanced level2",
    feed: "coinbase",
    channel: "level2",
    recording: "ws/coinbase/advanced-trade-20260809-part1.jsonl.gz",
    fits: (text) => text.startsWith('{"channel":"l2_data"') && text.length < 100_000,
  },
  {
    name: "coinbase exchange level2",
    feed: "coinbase-exchange",
    channel: "level2",
    recording: "ws/coinbase/exchange-feed-20210417.jsonl.gz",
    fits: (text) => text.startsWith('{"type":"l2update"'),
    peer: "coinbase",
  },
  {
    name: "bybit linear orderbook.200",
    feed: "bybit-linear",
    channel: "orderbook.200",
    recording: "ws/bybit/v5-linear-20260809.jsonl.gz",
    fits: (text) => text.includes('"orderbook.') && text.includes('"delta"'),
    peer: "bybit",
  },
  {
    name: "okx books",
    feed: "okx",
    channel: "books",
    recording: "ws/other/okx-20220513.jsonl.gz",
    fits: (text) => text.includes('"channel":"books"') && text.includes('"update"'),
    peer: "okex",
  },
];

const FRAMES = 3000;
const ROUNDS = 7;

/** Prints, for each shape, frames and levels a second of K2 and of the others, and how often JSON.parse goes into it. */
export async function run({ seconds = 22, only = "" }: BookDecodeBenchOptions = {}): Promise<void> {
  const peers = loadPeers();
  for (const shape of SHAPES.filter(({ name }) => name.includes(only))) {
    const messages = recordedMessages(shape.recording);
    if (messages === undefined)
      console.log(`book decode ${shape.name}: left out, its recording is not on this machine`);
    else measureShape(shape, messages, { budgetMs: (seconds * 1000) / SHAPES.length, peers });
  }
}

interface Bench {
  readonly budgetMs: number;
  readonly peers: PeerMappers | undefined;
}

function measureShape(shape: Shape, messages: readonly RecordedMessage[], { budgetMs, peers }: Bench): void {
  const received = messages.filter(({ url }) => url === undefined).map(({ text }) => text);
  const fitting = received.filter(shape.fits);
  const texts = Array.from({ length: FRAMES }, (_, index) => fitting[index % fitting.length] ?? "");
  const frames = packed(texts.map(frame));
  const reader = primedReader(shape, received);
  const counting = new BenchContext();
  for (const payload of frames) reader.read(payload, counting);
  const steps: Record<string, () => void> = {
    "JSON.parse": () => {
      for (const text of texts) JSON.parse(text);
    },
    "the same from bytes": () => {
      for (const { buffer, byteOffset, byteLength } of frames)
        JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString("utf8"));
    },
    K2: readAll(reader, frames, new BenchContext()),
    "K2 into books": readAll(reader, frames, new BenchContext({ isKept: true })),
  };
  const mapper = shape.peer === undefined ? undefined : peers?.normalizeBookChanges(shape.peer, new Date());
  if (mapper !== undefined) steps["tardis-dev"] = () => mapAll(mapper, texts);
  const times = measure(Object.values(steps), budgetMs);
  const parse = times[0] ?? [];
  const parts = Object.keys(steps).map((name, index) => {
    const own = times[index] ?? [];
    const ratio = median(own.map((ms, round) => (parse[round] ?? 0) / ms));
    const rate = (count: number): string => Math.round(count / median(own)).toLocaleString("en");
    return `${name} ${rate(FRAMES)} k frames/s, ${rate(counting.levelCount)} k levels/s (${ratio.toFixed(2)}×)`;
  });
  const bytes = Math.round(frames.reduce((sum, { length }) => sum + length, 0) / FRAMES);
  const levels = (counting.levelCount / FRAMES).toFixed(1);
  console.log(
    `book decode ${shape.name}, ${fitting.length} recorded frames of ${bytes} bytes and ${levels} levels: ${parts.join(", ")}`,
  );
}

/** A reader that has seen the recording, and on Binance a snapshot that is younger than all of it: nothing waits in it. */
function primedReader({ feed, channel }: Shape, received: readonly string[]): BookReader {
  const { books } = feedById(feed);
  const reader = books?.createBookReader({ channels: [channel] });
  if (reader === undefined) throw new Error(`${feed} has no books`);
  const context = new BenchContext();
  const symbol = /"s":"([A-Z_]+)"/.exec(received[0] ?? "")?.[1] ?? "";
  const { url } = books?.snapshotRequest?.(symbol) ?? { url: "" };
  const body = `{"lastUpdateId":${Number.MAX_SAFE_INTEGER},"bids":[["1.0","1.0"]],"asks":[["2.0","1.0"]]}`;
  reader.fetched?.(url, frame(body), context);
  for (const text of received.slice(0, 5000)) reader.read(frame(text), context);
  return reader;
}

function readAll(reader: BookReader, frames: readonly Uint8Array[], context: BenchContext): () => void {
  return () => {
    for (const payload of frames) reader.read(payload, context);
    if (context.refusals > 0) throw new Error("a recorded frame was refused");
  };
}

class BenchContext implements BookContext {
  readonly levels: BookLevels = new BookLevels();
  levelCount = 0;
  refusals = 0;
  readonly #books: OrderBook[] | undefined;
  readonly #listings = new Map<string, DecodedListing>();

  constructor({ isKept = false }: { readonly isKept?: boolean } = {}) {
    this.#books = isKept ? [] : undefined;
  }

  listing(rawSymbol: string): DecodedListing {
    const listing = this.#listings.get(rawSymbol) ?? { index: this.#listings.size, unitExponent: 0 };
    this.#listings.set(rawSymbol, listing);
    return listing;
  }

  message({ listing: { index }, depth }: BookMessage): void {
    this.levelCount += this.levels.length;
    if (this.#books === undefined) return;
    let book = this.#books[index];
    if (book === undefined) {
      book = new OrderBook(depth === undefined ? {} : { depthMax: depth });
      this.#books[index] = book;
    }
    book.apply(this.levels);
  }

  lost(): void {}

  refuse(): void {
    this.refusals += 1;
  }
}

/** Milliseconds of one pass, by candidate and round; candidates take turns, so that a busy machine is fair to all. */
function measure(steps: readonly (() => void)[], budgetMs: number): readonly (readonly number[])[] {
  const share = budgetMs / (steps.length * (ROUNDS + 1));
  for (const step of steps) passMs(step, share);
  const times = steps.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [index, step] of steps.entries()) times[index]?.push(passMs(step, share));
  return times;
}

/** In processor time of this program: what else runs on the machine takes no part in it. */
function passMs(step: () => void, atLeastMs: number): number {
  const start = process.cpuUsage();
  let passes = 0;
  let usedMs = 0;
  do {
    step();
    passes += 1;
    usedMs = process.cpuUsage(start).user / 1000;
  } while (usedMs < atLeastMs);
  return usedMs / passes;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run();
