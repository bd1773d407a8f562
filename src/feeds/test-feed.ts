import {
  createMetrics,
  type Logger,
  type Metrics,
  type RecordBatch,
  recordAt,
  seededRandom,
  silentLogger,
} from "../base/index.ts";
import { type ConnectionClosed, type ConnectionOpened, type Frame, FrameRecord } from "../domain/index.ts";
import type { Feed } from "./feed.ts";
import { FeedMetrics } from "./feed-metrics.ts";
import type { FeedRunOptions } from "./feed-run.ts";
import { TestClock } from "./test-clock.ts";

/** A venue of our own: `{"subscribe":"A"}` is answered `{"ok":"A"}` or `{"no":"A"}`; anything else is data. */
export function testFeed(changes: Partial<Feed> = {}): Feed {
  return {
    id: "test",
    venue: "testvenue",
    name: "Test venue",
    url: "ws://127.0.0.1:1/",
    documentation: "https://example.org/",
    channels: ["trade", "book"],
    rawSymbol: () => undefined,
    subscribe: (symbols) => symbols.map((symbol) => JSON.stringify({ subscribe: symbol })),
    readAnswer: (frame) => {
      if (frame.startsWith('{"ok"')) return { kind: "accepted", count: 1 };
      return frame.startsWith('{"no"') ? { kind: "refused", reason: frame } : undefined;
    },
    limits: {
      symbolsPerConnectionMax: 10,
      sendsPerSecondMax: 1_100,
      silenceMsMax: 30_000,
      connectionAgeMsMax: undefined,
    },
    ping: undefined,
    createDecoder: () => ({ decode: () => "control" }),
    ...changes,
  };
}

/** A sink that keeps what it was given, each connection apart, in order. */
export class KeptFrames {
  readonly batches: { readonly connection: number; readonly records: RecordBatch }[] = [];

  readonly sink = async (connection: number, records: RecordBatch): Promise<void> => {
    this.batches.push({ connection, records });
  };

  frames(connection = 0): readonly Frame[] {
    return this.batches
      .filter((batch) => batch.connection === connection)
      .flatMap(({ records }) =>
        Array.from({ length: records.count }, (_, index) => new FrameRecord(recordAt(records, index)).frame()),
      );
  }

  /** Each record in a word: `opened 1`, `sent 1 {…}`, `received 1 a`, `closed 1 remote`. */
  story(connection = 0): readonly string[] {
    return this.frames(connection).map((frame) => {
      const text = new TextDecoder().decode(frame.payload);
      if (frame.kind === "opened") {
        return `opened ${frame.epoch}${(JSON.parse(text) as ConnectionOpened).planned ? " planned" : ""}`;
      }
      if (frame.kind === "closed") return `closed ${frame.epoch} ${(JSON.parse(text) as ConnectionClosed).cause}`;
      return `${frame.kind} ${frame.epoch} ${text}`;
    });
  }

  details(connection = 0): readonly string[] {
    return this.frames(connection)
      .filter((frame) => frame.kind === "closed")
      .map((frame) => (JSON.parse(new TextDecoder().decode(frame.payload)) as ConnectionClosed).detail);
  }
}

export interface TestRunOptions extends FeedRunOptions {
  readonly clock: TestClock;
  readonly prometheus: Metrics;
}

/** Options of a run with nothing left open; a test says what is its own. */
export function testRunOptions(changes: Partial<FeedRunOptions> & { readonly clock?: TestClock }): TestRunOptions {
  const prometheus = createMetrics();
  return {
    feed: testFeed(),
    rawSymbols: ["A"],
    source: "simulated",
    lastEpochs: new Map(),
    sink: async () => {},
    random: seededRandom(1),
    logger: silentLogger,
    metrics: new FeedMetrics(prometheus),
    prometheus,
    ...changes,
    clock: changes.clock ?? new TestClock(),
  };
}

/** A logger that keeps its lines of one level and above. */
export function keepLines(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (_fields: unknown, message: string): void => void lines.push(message);
  const logger: Logger = { debug: () => {}, info: () => {}, warn: keep, error: keep, child: () => logger };
  return { logger, lines };
}
