import type { Clock } from "../../base/index.ts";
import type { Gap } from "../../domain/index.ts";
import type { WantedTrades } from "../../feeds/index.ts";
import type { Asked } from "./ask-venue.ts";
import type { Covered } from "./covered.ts";

/** A page is asked for again when about so much of what it held could have been pushed out since. */
const SHARE_OF_PAGE = 0.4;
const AGAIN_MS_MIN = 50;
/** Also where hardly anything is traded: rates change. */
const AGAIN_MS_MAX = 10 * 60_000;
/** After asking has failed. While the connection is lost a request is tried once: who can be reached again is not to wait. */
const FAILED_MS = 2_000;
const TRIES_WHILE_LOST = 1;

export interface NewestWatchOptions {
  readonly gap: Gap;
  /** What to ask for now; by ids it changes with every answer. */
  readonly plan: (gap: Gap) => readonly WantedTrades[];
  readonly ask: (wanted: WantedTrades, triesMax?: number) => Promise<Asked>;
  /** What all pages of a symbol tell together, also those that were asked for another gap's sake. */
  readonly covered: (wanted: Pick<WantedTrades, "rawSymbol" | "channel">) => Covered;
  readonly clock: Clock;
}

/**
 * Asks a venue that tells only its newest trades again and again while a connection to it is lost, so often that the pages
 * meet: whatever is the nearest to be pushed out comes first. What was missed then is had whole, however long the loss lasts.
 */
export class NewestWatch {
  readonly #options: NewestWatchOptions;
  /** By channel and symbol: when it is to be asked for again, monotonic. */
  readonly #dueMs = new Map<string, number>();
  #requests = 0;

  constructor(options: NewestWatchOptions) {
    this.#options = options;
  }

  /** Those of `run`. */
  get requests(): number {
    return this.#requests;
  }

  /** Asks until aborted. @throws what `ask` rejects with */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, gap, plan } = this.#options;
    const dueMs = (wanted: WantedTrades): number => this.#dueMs.get(keyOf(wanted)) ?? Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      const [first] = plan(gap).toSorted((a, b) => dueMs(a) - dueMs(b));
      if (first === undefined) return;
      const waitMs = dueMs(first) - clock.monotonicMs();
      if (waitMs > 0) await clock.sleep(waitMs, { signal }).catch(() => {});
      else this.#requests += (await this.ask(first, TRIES_WHILE_LOST)).requests;
    }
  }

  /** Asks once, and takes note of what the answer tells. */
  async ask(wanted: WantedTrades, triesMax?: number): Promise<Asked> {
    const { clock, ask, covered } = this.#options;
    const asked = await ask(wanted, triesMax);
    const { coverage, oldestUs, newestUs } = asked;
    const fromUs = coverage === "whole" ? Math.min(oldestUs, wanted.fromUs - 1) : oldestUs;
    const isAnswered = coverage === "whole" || coverage === "beyond";
    if (isAnswered && newestUs >= fromUs) covered(wanted).add({ fromUs, toUs: newestUs });
    const againMs = isAnswered ? ((newestUs - oldestUs) / 1_000) * SHARE_OF_PAGE : FAILED_MS;
    const pauseMs = Number.isFinite(againMs) ? Math.min(AGAIN_MS_MAX, Math.max(AGAIN_MS_MIN, againMs)) : AGAIN_MS_MAX;
    this.#dueMs.set(keyOf(wanted), clock.monotonicMs() + pauseMs);
    return asked;
  }
}

function keyOf({ rawSymbol, channel }: WantedTrades): string {
  return `${channel} ${rawSymbol}`;
}
