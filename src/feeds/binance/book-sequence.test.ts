import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { ASK, BID } from "../../domain/index.ts";
import { type LevelText, type RecordedMessage, recordedMessages, TextBook } from "../decode/test-books.ts";
import { DepthSequence } from "./book-sequence.ts";

describe("spot", () => {
  const event = (first: number, last: number) => ({ first, last });

  test("goes on from the snapshot, event by event", () => {
    const sequence = new DepthSequence();
    expect(sequence.take(event(98, 99))).toBe("early");
    sequence.startFrom(100);
    expect(sequence.take(event(90, 95))).toBe("old");
    expect(sequence.take(event(96, 100))).toBe("old");
    expect(sequence.take(event(99, 104))).toBe("apply");
    expect(sequence.take(event(105, 105))).toBe("apply");
    expect(sequence.take(event(105, 105))).toBe("old");
  });

  test("a hole breaks the book until the next snapshot", () => {
    const sequence = new DepthSequence();
    sequence.startFrom(100);
    expect(sequence.take(event(102, 104))).toBe("gap");
    expect(sequence.take(event(105, 106))).toBe("early");
    sequence.startFrom(110);
    expect(sequence.take(event(111, 112))).toBe("apply");
  });
});

describe("futures", () => {
  const event = (previous: number, first: number, last: number) => ({ previous, first, last });

  test("each event names the end of the one before; ids of other symbols lie between", () => {
    const sequence = new DepthSequence();
    sequence.startFrom(100);
    expect(sequence.take(event(70, 80, 99))).toBe("old");
    expect(sequence.take(event(99, 100, 120))).toBe("apply");
    expect(sequence.take(event(120, 131, 140))).toBe("apply");
    expect(sequence.take(event(120, 131, 140))).toBe("old");
    expect(sequence.take(event(141, 150, 160))).toBe("gap");
    expect(sequence.take(event(160, 161, 170))).toBe("early");
  });

  test("the first event may end where the snapshot does, or begin behind it with nothing between", () => {
    const sequence = new DepthSequence();
    sequence.startFrom(100);
    expect(sequence.take(event(80, 85, 100))).toBe("apply");
    expect(sequence.take(event(100, 107, 110))).toBe("apply");
    sequence.startFrom(100);
    expect(sequence.take(event(90, 105, 110))).toBe("apply");
    sequence.startFrom(100);
    expect(sequence.take(event(101, 102, 110))).toBe("gap");
  });
});

interface Depth {
  readonly e?: string;
  readonly s: string;
  readonly U: number;
  readonly u: number;
  readonly pu?: number;
  readonly b: readonly LevelText[];
  readonly a: readonly LevelText[];
}

interface Ticker {
  readonly u: number;
  readonly s: string;
  readonly b: string;
  readonly B: string;
  readonly a: string;
  readonly A: string;
}

interface Snapshot {
  readonly lastUpdateId: number;
  readonly bids: readonly LevelText[];
  readonly asks: readonly LevelText[];
}

interface Replay {
  readonly sequence: DepthSequence;
  readonly book: TextBook;
  early: Depth[];
}

/** Books rebuilt as the venue demands, and the tickers of the same update compared with them. */
class Replays {
  readonly bySymbol = new Map<string, Replay>();
  readonly verdicts = new Map<string, number>();
  readonly #tickers: ReadonlyMap<string, Ticker>;
  crossed = 0;
  compared = 0;
  equal = 0;

  constructor(tickers: ReadonlyMap<string, Ticker>) {
    this.#tickers = tickers;
  }

  snapshot(symbol: string, { lastUpdateId, bids, asks }: Snapshot): void {
    const replay = this.#replay(symbol);
    replay.book.replace(
      new Map([
        [BID, bids],
        [ASK, asks],
      ]),
    );
    replay.sequence.startFrom(lastUpdateId);
    for (const depth of replay.early.splice(0)) this.depth(depth);
  }

  depth(depth: Depth): void {
    const replay = this.#replay(depth.s);
    const verdict = replay.sequence.take({ first: depth.U, last: depth.u, previous: depth.pu });
    if (verdict === "early") replay.early.push(depth);
    else this.verdicts.set(verdict, (this.verdicts.get(verdict) ?? 0) + 1);
    if (verdict !== "apply") return;
    replay.book.apply(
      new Map([
        [BID, depth.b],
        [ASK, depth.a],
      ]),
    );
    if (replay.book.book.isCrossed) this.crossed += 1;
    this.#compare(replay.book, this.#tickers.get(`${depth.s} ${depth.u}`));
  }

  #compare(text: TextBook, ticker: Ticker | undefined): void {
    if (ticker === undefined) return;
    this.compared += 1;
    const { bids, asks } = text.book;
    const isEqual =
      bids.price(0) === text.price(ticker.b) &&
      bids.size(0) === text.size(ticker.B) &&
      asks.price(0) === text.price(ticker.a) &&
      asks.size(0) === text.size(ticker.A);
    if (isEqual) this.equal += 1;
  }

  #replay(symbol: string): Replay {
    const known = this.bySymbol.get(symbol);
    if (known !== undefined) return known;
    const replay = { sequence: new DepthSequence(), book: new TextBook(), early: [] };
    this.bySymbol.set(symbol, replay);
    return replay;
  }
}

async function replayed(messages: readonly RecordedMessage[]): Promise<Replays> {
  const events = messages.map(({ url, text }) => {
    const message = JSON.parse(text) as { readonly data?: unknown; readonly stream?: string };
    return { url, stream: message.stream ?? "", data: message.data ?? message };
  });
  const tickers = events.filter(({ stream }) => stream.endsWith("@bookTicker")).map(({ data }) => data as Ticker);
  const replays = new Replays(new Map(tickers.map((ticker) => [`${ticker.s} ${ticker.u}`, ticker])));
  for (const [index, { url, stream, data }] of events.entries()) {
    if (index % 5000 === 0) await setImmediate();
    if (stream.includes("@depth")) replays.depth(data as Depth);
    else if ("lastUpdateId" in (data as object)) replays.snapshot(symbolOf(url, tickers), data as Snapshot);
  }
  return replays;
}

/** In the URL it was fetched from; a recording of one symbol does not say. */
function symbolOf(url: string | undefined, [ticker]: readonly Ticker[]): string {
  return url === undefined ? (ticker?.s ?? "") : (new URL(url).searchParams.get("symbol") ?? "");
}

const HFT = "ws/binance/hftbacktest";
/** How many tickers are of an update that a depth event ends with, as the recordings' notes count them. */
const ORACLES = [
  { name: "USD-M 2024", files: [`${HFT}/usdm_btcusdt_20240808.gz`], tickers: 629 },
  { name: "spot 2024", files: [`${HFT}/spot_btcusdt_20240808.gz`, `${HFT}/spot_btcusdt_20240809.gz`], tickers: 1072 },
  { name: "COIN-M 2024", files: [`${HFT}/cm_btcusd_perp_20240808.gz`], tickers: 1124 },
  {
    name: "USD-M 2023",
    files: [`${HFT}/usdm_btcusdt_20230404.dat.gz`, `${HFT}/usdm_btcusdt_20230405.dat.gz`],
    tickers: 1565,
  },
] as const;

describe.each(ORACLES)("recorded $name", ({ files, tickers }) => {
  const messages = recordedMessages(...files);

  test.skipIf(messages === undefined)(
    `best bid and ask, price and size, are the ticker's at every matching update: ${tickers}`,
    async () => {
      const replays = await replayed(messages ?? []);
      expect([replays.compared, replays.equal]).toEqual([tickers, tickers]);
      expect([replays.verdicts.get("gap"), replays.crossed]).toEqual([undefined, 0]);
      expect(replays.verdicts.get("apply")).toBeGreaterThan(1000);
    },
    60_000,
  );
});

const SEVERAL = [
  { name: "spot 2021-10, four symbols", file: "ws/binance/cryptofeed-spot-20211011.jsonl.gz", symbols: 4 },
  { name: "USD-M 2021-07, four symbols", file: "ws/binance/cryptofeed-usdm-20210722.jsonl.gz", symbols: 4 },
  { name: "spot 2021-04, three symbols", file: "ws/binance/cryptofeed-spot-btc-eth-dot-20210404.jsonl.gz", symbols: 3 },
] as const;

describe.each(SEVERAL)("recorded $name", ({ file, symbols }) => {
  const messages = recordedMessages(file);

  test.skipIf(messages === undefined)(
    "no gap, no crossed book, from snapshots that were fetched meanwhile",
    async () => {
      const replays = await replayed(messages ?? []);
      expect(replays.bySymbol.size).toBe(symbols);
      expect([replays.verdicts.get("gap"), replays.crossed]).toEqual([undefined, 0]);
      expect(replays.verdicts.get("apply")).toBeGreaterThan(100);
      expect([...replays.bySymbol.values()].flatMap(({ early }) => early)).toEqual([]);
      expect(replays.equal).toBe(replays.compared);
    },
  );
});
