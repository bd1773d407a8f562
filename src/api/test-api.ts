import { WebSocket } from "ws";
import { createMetrics, type Logger, type Metrics, systemClock } from "../base/index.ts";
import { decodeTrades, Listings, TradeBatch } from "../domain/index.ts";
import { BookNotFoundError, type QueryEngine } from "../query/index.ts";
import { TestPlatform, type TestPlatformOptions } from "../query/test-platform.ts";
import { TEST_LISTINGS, type TestTrade, tradeRecords } from "../store/test-records.ts";
import { type ApiOptions, type ApiServer, type HealthReport, startApiServer } from "./index.ts";

export interface TestApiOptions extends Partial<ApiOptions> {
  /** Without it the API stands on `query`, or on nothing. */
  readonly platform?: TestPlatformOptions;
}

/** A platform without a row, for tests of what stands before it. */
export const NO_ROWS: QueryEngine = {
  trades: async () => ({ rows: [], cursor: undefined, receipt: EMPTY_RECEIPT }),
  bars: async () => ({ rows: [], cursor: undefined, receipt: EMPTY_RECEIPT }),
  book: async () => {
    throw new BookNotFoundError("No book is known here");
  },
  quality: async () => ({ rows: [], cursor: undefined, receipt: EMPTY_RECEIPT }),
  quoteQuality: async () => ({ rows: [], cursor: undefined, receipt: EMPTY_RECEIPT }),
  venueData: async () => ({ rows: [], cursor: undefined, receipt: EMPTY_RECEIPT }),
  listings: async () => [],
  sql: async () => ({ columns: [], rows: [], truncated: false }),
  [Symbol.asyncDispose]: async () => {},
};
const EMPTY_RECEIPT = { snapshots: {}, lakeOffsets: {}, tailOffsets: {} };

/** The whole API on a free loopback port; over a real store and a real lake where a platform is asked for. */
export class TestApi implements AsyncDisposable {
  readonly server: ApiServer;
  readonly listings: Listings;
  readonly metrics: Metrics;
  /** What was logged as an error. */
  readonly logged: readonly Readonly<Record<string, unknown>>[];
  readonly #platform: TestPlatform | undefined;
  readonly #clients: TestClient[] = [];

  private constructor(
    platform: TestPlatform | undefined,
    parts: Pick<TestApi, "server" | "listings" | "metrics" | "logged">,
  ) {
    this.#platform = platform;
    this.server = parts.server;
    this.listings = parts.listings;
    this.metrics = parts.metrics;
    this.logged = parts.logged;
  }

  static async open({ platform: platformOptions, ...options }: TestApiOptions = {}): Promise<TestApi> {
    const platform = platformOptions === undefined ? undefined : await TestPlatform.open(platformOptions);
    const listings = testListings();
    const metrics = createMetrics();
    const logged: Readonly<Record<string, unknown>>[] = [];
    const server = await startApiServer({
      mode: "simulated",
      version: "9.9.9",
      host: "127.0.0.1",
      port: 0,
      clock: systemClock,
      query: platform?.query ?? NO_ROWS,
      listings,
      health: () => testHealth(),
      recentTradesPerListingMax: 1000,
      metrics,
      logger: errorLogger(logged),
      extraRoutes: [],
      webFolder: "/nowhere",
      ...options,
    });
    return new TestApi(platform, { server, listings, metrics, logged });
  }

  get platform(): TestPlatform {
    if (this.#platform === undefined) throw new Error("This API was opened without a platform");
    return this.#platform;
  }

  get url(): string {
    return this.server.url;
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(this.url + path, { headers });
  }

  async json<T>(path: string): Promise<T> {
    return (await (await this.get(path)).json()) as T;
  }

  /** A stream client past its welcome. */
  async connect(): Promise<TestClient> {
    const client = new TestClient(`${this.url.replace("http", "ws")}/v1/stream`);
    this.#clients.push(client);
    await client.next();
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.socket.terminate();
    await this.server[Symbol.asyncDispose]();
    await this.#platform?.[Symbol.asyncDispose]();
  }
}

export interface Message {
  readonly type: string;
  readonly id?: number;
  readonly sequence?: number;
  readonly rows?: readonly Readonly<Record<string, unknown>>[];
  readonly code?: string;
  readonly remedy?: string;
  readonly detail?: string;
  readonly mode?: string;
  readonly version?: string;
}

/** A client that keeps what it gets until it is asked for. */
export class TestClient {
  readonly socket: WebSocket;
  /** Resolves with the close code. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #messages: Message[] = [];
  #wake: () => void = () => {};

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.socket = new WebSocket(url, { headers, perMessageDeflate: false });
    this.socket.on("message", (data) => {
      this.#messages.push(JSON.parse(String(data)) as Message);
      this.#wake();
    });
    this.socket.on("error", () => {});
    this.closed = new Promise((resolve) =>
      this.socket.on("close", (code, reason) => {
        resolve({ code, reason: String(reason) });
        this.#wake();
      }),
    );
  }

  send(request: unknown): void {
    this.socket.send(typeof request === "string" ? request : JSON.stringify(request));
  }

  /** @throws when the connection ends first */
  async next(): Promise<Message> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) return message;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error("The stream closed before another message");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async ask(request: unknown): Promise<Message> {
    this.send(request);
    return await this.next();
  }

  /** Everything up to the answer to a ping: what was sent before it has arrived. */
  async drain(): Promise<readonly Message[]> {
    this.send({ op: "ping", id: 999_999 });
    const messages: Message[] = [];
    for (;;) {
      const message = await this.next();
      if (message.type === "pong" && message.id === 999_999) return messages;
      messages.push(message);
    }
  }
}

export function testListings(): Listings {
  const listings = new Listings();
  for (const listing of TEST_LISTINGS) listings.add(listing);
  return listings;
}

export function tradeBatch(trades: readonly TestTrade[]): TradeBatch {
  const batch = new TradeBatch(16);
  decodeTrades(tradeRecords(trades), batch);
  return batch;
}

export function testHealth(changes: Partial<HealthReport> = {}): HealthReport {
  return {
    mode: "simulated",
    version: "9.9.9",
    startedAt: "2026-11-21T08:00:00.000000Z",
    now: "2026-11-21T08:30:00.000000Z",
    ready: true,
    problems: [],
    feeds: [
      {
        feed: "binance",
        venue: "binance",
        connection: "binance/0",
        state: "live",
        url: "ws://127.0.0.1:9000",
        breaker: "closed",
        symbols: ["BTC-USDT-SPOT"],
        epoch: 1,
        frames: 12_345,
        framesPerSecond: 41.5,
        latencyMs: -0.25,
        lastFrameAt: "2026-11-21T08:30:00.000000Z",
        reconnects: 2,
        gaps: 1,
        lastError: null,
      },
    ],
    pipeline: { frames: 12_345, trades: 12_000, duplicates: 5, refused: 1, lagFrames: 0 },
    store: { trades: 12_000, lagRecords: 0 },
    quality: {
      minute: "2025-11-21T08:00:00.000000Z",
      listings: 2,
      worst: [
        {
          venue: "kraken",
          symbol: "BTC-USD-SPOT",
          minute: "2025-11-21T08:00:00.000000Z",
          problem: "a gap of 1.5 s",
        },
      ],
    },
    clocks: {
      notes: ["this machine's clock is behind"],
      connections: [
        {
          ...{ feed: "binance", venue: "binance", connection: "binance/0", minutes: 15 },
          ...{ floorMs: -7.25, typicalMs: 3, slowMs: 40.5, driftPpm: null },
        },
      ],
    },
    lake: [
      { table: "silver.trades", snapshot: "42", committedAt: "2026-11-21T08:29:00.000000Z", rows: 11_000, files: 3 },
    ],
    process: { residentBytes: 123_456_789, uptimeSeconds: 1800.5, folder: "/data" },
    ...changes,
  };
}

function errorLogger(logged: Readonly<Record<string, unknown>>[]): Logger {
  const ignore = (): void => {};
  const logger: Logger = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (fields, message) => void logged.push({ ...fields, message }),
    child: () => logger,
  };
  return logger;
}
