import { type Clock, describeError, type Logger } from "../base/index.ts";
import type { Source } from "../domain/index.ts";
import type { RestClient, RestClients } from "../feeds/index.ts";
import type { Log } from "../log/index.ts";
import type { WantedSnapshot } from "../pipeline/index.ts";
import { bookRenewal } from "./books.ts";
import type { Capture, CapturedFeed } from "./capture.ts";
import { FetchedRecorder } from "./healing/fetched-recorder.ts";
import type { HealedFeed } from "./healing/healed-feeds.ts";

export interface BookSnapshotsOptions {
  readonly captured: readonly CapturedFeed[];
  readonly capture: Pick<Capture, "request">;
  /** Those that can be asked over HTTP. */
  readonly feeds: readonly HealedFeed[];
  /** Shared with all others who ask venues. */
  readonly clients: RestClients;
  readonly log: Pick<Log, "append">;
  readonly source: Source;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** A message that waited longer than this is of the backlog: its socket is mostly gone. */
const NEW_MS = 30_000;
/**
 * Before the same book is asked for again: an answer that came too early is found out by the next message. Twice as long each
 * time: a book that stays broken, as in an auction, is not polled.
 */
const AGAIN_MS = 1_000;
/** The most; of a book that was subscribed anew, whose snapshot comes behind all that is on the way; and after a refusal. */
const AGAIN_MS_MAX = 10_000;
/** Without being asked for so long, a book was whole in between. */
const FORGOTTEN_MS = 2 * AGAIN_MS_MAX;

/**
 * Has venues send the books that are not proven: where they send snapshots on the socket, by subscribing the one book
 * anew; else by asking over HTTP. Both stand in the raw log, where the books find them; whether what came proves its book
 * is decided there alone.
 */
export class BookSnapshots {
  readonly #options: BookSnapshotsOptions;
  readonly #feeds: ReadonlyMap<string, HealedFeed>;
  readonly #recorder: FetchedRecorder;
  /** Books that are asked for, or were a moment ago. */
  readonly #asked = new Set<string>();
  readonly #work = new Set<Promise<void>>();
  /** Feeds of which no book can be asked for. */
  readonly #unasked = new Set<string>();
  /** How often a book was asked for in a row, and when last. */
  readonly #asks = new Map<string, { readonly count: number; readonly atMs: number }>();

  constructor(options: BookSnapshotsOptions) {
    this.#options = options;
    this.#feeds = new Map(options.feeds.map((healed) => [healed.feed.id, healed]));
    this.#recorder = new FetchedRecorder(options.log, options.source);
  }

  wanted(want: WantedSnapshot): void {
    const { clock, signal } = this.#options;
    const key = `${want.connection} ${want.rawSymbol}`;
    if (signal.aborted || this.#asked.has(key)) return;
    if (Number(clock.nowNs() / 1_000_000n) - want.timeUs / 1_000 > NEW_MS) return;
    this.#asked.add(key);
    const work = this.#ask(want)
      .catch((error: unknown) => {
        if (!signal.aborted)
          this.#options.logger.warn({ ...want, error: describeError(error) }, "no snapshot of a book");
      })
      .finally(() => {
        this.#asked.delete(key);
        this.#work.delete(work);
      });
    this.#work.add(work);
  }

  /** Resolves when nothing is asked for any more. */
  async idle(): Promise<void> {
    await Promise.all(this.#work);
  }

  async #ask(want: WantedSnapshot): Promise<void> {
    const { clock, signal, captured } = this.#options;
    const renewal = bookRenewal(captured, want);
    const healed = this.#feeds.get(want.feed);
    if (renewal !== undefined) {
      await clock.sleep(this.#renew(want, renewal) ? AGAIN_MS_MAX : AGAIN_MS, { signal });
    } else if (healed !== undefined) {
      const isAnswered = await this.#fetch(want, healed);
      await clock.sleep(isAnswered ? this.#pauseMs(want) : AGAIN_MS_MAX, { signal });
    }
  }

  #pauseMs({ connection, rawSymbol }: WantedSnapshot): number {
    const key = `${connection} ${rawSymbol}`;
    const atMs = this.#options.clock.monotonicMs();
    const before = this.#asks.get(key);
    const count = before !== undefined && atMs - before.atMs < FORGOTTEN_MS ? before.count + 1 : 0;
    this.#asks.set(key, { count, atMs });
    return Math.min(AGAIN_MS_MAX, AGAIN_MS * 2 ** count);
  }

  #renew(want: WantedSnapshot, requests: readonly string[]): boolean {
    const { capture, logger } = this.#options;
    const isSent = capture.request(want.feed, want, requests);
    if (isSent) logger.info({ ...want }, "a book that is not proven is subscribed anew");
    return isSent;
  }

  /** @returns whether the venue gave one */
  async #fetch(want: WantedSnapshot, healed: HealedFeed): Promise<boolean> {
    const request = healed.feed.books?.snapshotRequest?.(want.rawSymbol);
    const client = this.#client(healed);
    if (request === undefined || client === undefined) {
      this.#cannotAsk(want.feed);
      return false;
    }
    const { pathname, search } = new URL(request.url);
    const path = pathname + search;
    const response = await client.get({ path, weight: request.weight }, { signal: this.#options.signal });
    await this.#recorder.fetched(want, healed, response, undefined);
    const { url, status } = response;
    if (status !== 200) this.#options.logger.warn({ ...want, url, status }, "the venue gave no snapshot of a book");
    return status === 200;
  }

  /** Said once a feed. */
  #cannotAsk(feed: string): void {
    if (this.#unasked.has(feed)) return;
    this.#unasked.add(feed);
    const reason =
      "no book of this feed can be proven: there is nowhere to ask for it. Give the feed a restUrl beside its url";
    this.#options.logger.warn({ feed }, reason);
  }

  /** Of a feed's endpoint; undefined where the venue is not to be asked. */
  #client({ feed, endpoint }: HealedFeed): RestClient | undefined {
    if (endpoint === undefined || feed.rest === undefined) return undefined;
    return this.#options.clients.of(endpoint, feed.rest.limits);
  }
}
