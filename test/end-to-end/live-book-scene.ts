import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { StreamHub } from "../../src/api/stream/hub.ts";
import { testHealth } from "../../src/api/test-api.ts";
import { type EventTopic, encodeListings, type Frame, TOPICS } from "../../src/domain/index.ts";
import { type Books, type BooksOptions, openBooks } from "../../src/pipeline/books/books.ts";
import { bookFrame, ReadyDesk, type ScriptedMessage, scriptedBooks } from "../../src/pipeline/books/test-books.ts";
import { closed, frame, MemoryLog, opened, T0 } from "../../src/pipeline/test-support.ts";
import { openQueryEngine, type QueryEngine } from "../../src/query/index.ts";
import { openStore, type Store, type StorePin } from "../../src/store/index.ts";

const TOLD = [TOPICS.bookChanges, TOPICS.bookSnapshots, TOPICS.gaps] as const satisfies readonly EventTopic[];
const NO_LAKE = { snapshot: async () => undefined };

/** The keeper of books on a log in memory, its events in a real store, and both ways to ask for a book. */
export class LiveBookScene implements AsyncDisposable {
  readonly hub: StreamHub;
  /** From the tables alone. */
  readonly stored: QueryEngine;
  /** From memory where it can. */
  readonly live: QueryEngine;
  /** Called when the books have taken frames in, before their events are durable. */
  onAhead: () => void = () => {};
  readonly #log = new MemoryLog();
  readonly #desk = new ReadyDesk();
  readonly #store: Store | undefined;
  readonly #folder: string;
  readonly #options: Partial<BooksOptions>;
  #books: Books | undefined;
  #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #frames = 0;

  private constructor(folder: string, store: Store | undefined, options: Partial<BooksOptions>) {
    this.#folder = folder;
    this.#store = store;
    this.#options = options;
    const liveBooks = (listing: number) => this.#books?.live(listing) ?? [];
    const listings = () => this.#desk.listings.all();
    const tables = store ?? noTables(listings);
    this.#log.beforeAppend = () => this.onAhead();
    this.stored = openQueryEngine({ store: tables, lake: NO_LAKE });
    this.live = openQueryEngine({ store: tables, lake: NO_LAKE, liveBooks });
    this.hub = new StreamHub({
      listings: this.#desk.listings,
      query: this.live,
      liveBooks,
      health: testHealth,
      recentTradesPerListingMax: 1,
    });
  }

  /** @param hasTables without them the books are in memory alone */
  static async open(options: Partial<BooksOptions>, hasTables: boolean): Promise<LiveBookScene> {
    const folder = await mkdtemp(join(tmpdir(), "k2-live-books-"));
    const scene = new LiveBookScene(folder, hasTables ? await openStore({ folder }) : undefined, options);
    await scene.#start();
    return scene;
  }

  /** Resolves when the events of these frames are durable and in the tables. */
  async take(frames: readonly Frame[]): Promise<void> {
    this.#log.putFrames(frames);
    this.#frames += frames.length;
    while ((this.#books?.status().positions[0]?.offset ?? 0) < this.#frames) await new Promise(setImmediate);
    if (this.#store !== undefined) await this.#fill(this.#store);
  }

  /** As after a crash: what was in memory comes from the last checkpoint and the frames since. */
  async restart(): Promise<void> {
    await this.#end();
    await this.#start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
    this.hub[Symbol.dispose]();
    await this.#store?.[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #fill(store: Store): Promise<void> {
    await store.apply({
      ...{ topic: TOPICS.listings, partition: 0, firstOffset: 0, appendedMs: 0 },
      records: encodeListings(this.#desk.listings.all()),
    });
    for (const topic of TOLD) {
      for (const { partition, endOffset } of await this.#log.bounds(topic)) {
        const held = store.positions(topic).find((range) => range.partition === partition)?.end ?? 0;
        if (held === endOffset) continue;
        for await (const chunk of this.#log.read({ topic, partition, offset: held }, { follow: false }))
          await store.apply({ ...chunk, appendedMs: 0 });
      }
    }
  }

  async #start(): Promise<void> {
    this.#stop = new AbortController();
    if (this.#frames === 0) this.#log.putFrames([]);
    const { signal } = this.#stop;
    this.#books = await openBooks({
      ...{ raw: this.#log, events: this.#log, rules: scriptedBooks, rawTopics: ["raw.one"], desk: this.#desk },
      onEvents: ({ changes, gaps }) => this.hub.publishBooks(changes, gaps),
      ...this.#options,
    });
    this.#running = this.#books.run({ signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  async #end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

/** Knows listings, and nothing of any book. */
function noTables(listings: Store["listings"]): Store {
  const pin: StorePin = {
    held: () => [],
    times: () => undefined,
    relation: () => undefined,
    [Symbol.dispose]: () => {},
  };
  const nothing = async (): Promise<never> => {
    throw new Error("There are no tables here");
  };
  return {
    ...{ listings, pin: () => pin, positions: () => [], rows: () => 0 },
    ...{ apply: nothing, evict: nothing, query: nothing, session: nothing },
    [Symbol.asyncDispose]: async () => {},
  };
}

const steps = fc.array(
  fc.record({
    kind: fc.oneof(
      { weight: 30, arbitrary: fc.constantFrom("change", "change", "change", "two", "idle") },
      { weight: 6, arbitrary: fc.constantFrom("snap", "snap", "empty") },
      { weight: 3, arbitrary: fc.constantFrom("hole", "lost", "reopen", "close", "planned", "junk", "cross", "calm") },
    ),
    symbol: fc.constantFrom("BTC", "ETH"),
    price: fc.integer({ min: 90, max: 110 }),
    size: fc.integer({ min: 0, max: 3 }),
  }),
  { minLength: 20, maxLength: 80 },
);

/**
 * Frames of one connection: snapshots, also empty ones, changes, several messages in a frame, missing ones, crossings that
 * end by themselves, sockets that end or are changed over.
 */
export const bookFrames: fc.Arbitrary<readonly Frame[]> = steps.map((all) => {
  const script = new Script();
  for (const { kind, symbol, price, size } of all) script.add(kind, symbol, price, size);
  return script.frames;
});

class Script {
  readonly frames: Frame[] = [opened(T0, 1)];
  readonly #sequences = new Map<string, number>();
  #epoch = 1;
  #timeUs = T0;

  add(kind: string, s: string, price: number, size: number): void {
    this.#timeUs += 700;
    const [timeUs, epoch] = [this.#timeUs, this.#epoch];
    const level = [`${price}`, `${size}`] as const;
    const side = price < 100 ? { b: [level] } : { a: [level] };
    if (kind === "lost") this.frames.push(frame(timeUs, { lost: "some" }, { epoch }));
    else if (kind === "junk") this.frames.push(frame(timeUs, "junk", { epoch }));
    else if (kind === "close") this.frames.push(closed(timeUs, epoch));
    else if (kind === "reopen" || kind === "planned") {
      this.#epoch += 1;
      this.frames.push(opened(timeUs, this.#epoch, { planned: kind === "planned" }));
    } else {
      const messages =
        kind === "two" ? [this.#message(s, side), this.#message("ETH", side)] : [this.#of(kind, s, side)];
      this.frames.push(bookFrame(timeUs, messages, { epoch: price % 7 === 0 ? Math.max(1, epoch - 1) : epoch }));
    }
  }

  #of(kind: string, s: string, side: Partial<ScriptedMessage>): ScriptedMessage {
    if (kind === "hole") this.#next(s);
    if (kind === "snap") return this.#message(s, { snap: true, b: [["98", "1"]], a: [["103", "2"]] });
    if (kind === "idle") return this.#message(s, {});
    if (kind === "empty") return this.#message(s, { snap: true });
    if (kind === "cross") return this.#message(s, { b: [["107", "1"]] });
    if (kind === "calm") return this.#message(s, { b: [["107", "0"]], right: true });
    return this.#message(s, side);
  }

  #message(s: string, of: Partial<ScriptedMessage>): ScriptedMessage {
    return { s, seq: this.#next(s), ...of };
  }

  #next(s: string): number {
    const seq = (this.#sequences.get(s) ?? 0) + 1;
    this.#sequences.set(s, seq);
    return seq;
  }
}
