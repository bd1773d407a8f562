import { type Clock, describeError, type Logger } from "../base/index.ts";
import type { Source } from "../domain/index.ts";
import { RestClient } from "../feeds/index.ts";
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
  readonly log: Pick<Log, "append">;
  readonly source: Source;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** A message that waited longer than this is of the backlog: its socket is mostly gone. */
const NEW_MS = 30_000;
/** Before the same book is asked for again: an answer that came too early is found out by the next message. */
const AGAIN_MS = 1_000;
/** The same, of a book that was subscribed anew: its snapshot comes behind all that is on the way. */
const RENEW_AGAIN_MS = 10_000;

/**
 * Has venues send the books that are not proven: where they send snapshots on the socket, by subscribing the one book
 * anew; else by asking over HTTP. Both stand in the raw log, where the books find them; whether what came proves its book
 * is decided there alone.
 */
export class BookSnapshots {
  readonly #options: BookSnapshotsOptions;
  readonly #feeds: ReadonlyMap<string, HealedFeed>;
  readonly #recorder: FetchedRecorder;
  readonly #clients = new Map<string, RestClient>();
  /** Books that are asked for, or were a moment ago. */
  readonly #asked = new Set<string>();
  readonly #work = new Set<Promise<void>>();

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
      await clock.sleep(this.#renew(want, renewal) ? RENEW_AGAIN_MS : AGAIN_MS, { signal });
    } else if (healed !== undefined) {
      await this.#fetch(want, healed);
      await clock.sleep(AGAIN_MS, { signal });
    }
  }

  #renew(want: WantedSnapshot, requests: readonly string[]): boolean {
    const { capture, logger } = this.#options;
    const isSent = capture.request(want.feed, want, requests);
    if (isSent) logger.info({ ...want }, "a book that is not proven is subscribed anew");
    return isSent;
  }

  async #fetch(want: WantedSnapshot, healed: HealedFeed): Promise<void> {
    const request = healed.feed.books?.snapshotRequest?.(want.rawSymbol);
    const client = this.#client(healed);
    if (request === undefined || client === undefined) return;
    const { pathname, search } = new URL(request.url);
    const path = pathname + search;
    const response = await client.get({ path, weight: request.weight }, { signal: this.#options.signal });
    await this.#recorder.fetched(want, healed, response, undefined);
  }

  /** Of a feed's endpoint; undefined where the venue is not to be asked. */
  #client({ feed, endpoint }: HealedFeed): RestClient | undefined {
    if (endpoint === undefined || feed.rest === undefined) return undefined;
    const { clock, logger } = this.#options;
    const client = this.#clients.get(endpoint) ?? new RestClient({ endpoint, limits: feed.rest.limits, clock, logger });
    this.#clients.set(endpoint, client);
    return client;
  }
}
