import { type Clock, describeError, type Logger } from "../base/index.ts";
import type { Source } from "../domain/index.ts";
import { RestClient } from "../feeds/index.ts";
import type { Log } from "../log/index.ts";
import type { WantedSnapshot } from "../pipeline/index.ts";
import { FetchedRecorder } from "./healing/fetched-recorder.ts";
import type { HealedFeed } from "./healing/healed-feeds.ts";

export interface BookSnapshotsOptions {
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

/**
 * Asks venues that send no snapshot on the socket for the books that wait for one. The answers go into the raw log, where
 * the books find them; whether one proves its book is decided there alone.
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
    const healed = this.#feeds.get(want.feed);
    const key = `${want.connection} ${want.rawSymbol}`;
    if (healed === undefined || signal.aborted || this.#asked.has(key)) return;
    if (Number(clock.nowNs() / 1_000_000n) - want.timeUs / 1_000 > NEW_MS) return;
    this.#asked.add(key);
    const work = this.#ask(want, healed)
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

  async #ask(want: WantedSnapshot, healed: HealedFeed): Promise<void> {
    const { clock, signal } = this.#options;
    const request = healed.feed.books?.snapshotRequest?.(want.rawSymbol);
    const client = this.#client(healed);
    if (request === undefined || client === undefined) return;
    const { pathname, search } = new URL(request.url);
    const response = await client.get({ path: pathname + search, weight: request.weight }, { signal });
    await this.#recorder.fetched(want, healed, response, undefined);
    await clock.sleep(AGAIN_MS, { signal });
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
