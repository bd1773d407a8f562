import { type Clock, type Random, seededRandom } from "../../base/index.ts";
import type { PastTrades } from "../play/index.ts";
import type { BookMoment } from "../protocols/index.ts";
import { REST_ROUTES } from "./routes.ts";

/**
 * What can go wrong with a request over HTTP: refused for a while (429), banned (418), the venue in trouble (503), or an
 * answer that takes `durationMs`.
 */
export type RestFaultKind = "too-many-requests" | "banned" | "unavailable" | "slow";

export interface RestFaultRule {
  readonly kind: RestFaultKind;
  /** Only this feed; without it, all. */
  readonly feed?: string;
  /** Of each request, in [0, 1]; default 1. */
  readonly probability?: number;
  /** Strikes at most this often. */
  readonly timesMax?: number;
  /** What Retry-After says; without it there is no such header. */
  readonly retryAfterSeconds?: number;
  /** slow; default 1,000. */
  readonly durationMs?: number;
}

export interface RestFaultPlan {
  readonly seed: number;
  readonly rules: readonly RestFaultRule[];
}

export interface RestReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const STATUS: Readonly<Record<Exclude<RestFaultKind, "slow">, number>> = {
  "too-many-requests": 429,
  banned: 418,
  unavailable: 503,
};

/** How long is waited for the first trade of a symbol. */
const BEGINS_MS_MAX = 5_000;
const LOOK_EVERY_MS = 50;

/** The venues' HTTP side: `/<feed>` and then the venue's own path answers with the trades of the past. */
export class RestDesk {
  readonly #clock: Clock;
  readonly #past: (feed: string, symbol: string) => PastTrades | undefined;
  readonly #book: (feed: string, symbol: string, channel?: string) => BookMoment | undefined;
  #plan: RestFaultPlan = { seed: 0, rules: [] };
  #random: Random = seededRandom(0);
  readonly #strikes = new Map<RestFaultRule, number>();
  /** Requests since the start, by feed. */
  readonly requests: Map<string, number> = new Map();

  constructor(
    clock: Clock,
    past: (feed: string, symbol: string) => PastTrades | undefined,
    book: (feed: string, symbol: string, channel?: string) => BookMoment | undefined = () => undefined,
  ) {
    this.#clock = clock;
    this.#past = past;
    this.#book = book;
  }

  setFaults(plan: RestFaultPlan): void {
    this.#plan = plan;
    this.#random = seededRandom(plan.seed);
    this.#strikes.clear();
  }

  /** @returns undefined where no venue's request is meant */
  async answer(url: URL, signal: AbortSignal): Promise<RestReply | undefined> {
    const [, feed = "", ...rest] = url.pathname.split("/");
    const path = `/${rest.join("/")}`;
    const route = REST_ROUTES.find(({ feeds, pattern }) => feeds.includes(feed) && pattern.test(path));
    if (route === undefined) return undefined;
    this.requests.set(feed, (this.requests.get(feed) ?? 0) + 1);
    for (const rule of this.#plan.rules) {
      if (!this.#strikesNow(rule, feed)) continue;
      if (rule.kind === "slow") await this.#clock.sleep(rule.durationMs ?? 1000, { signal }).catch(() => {});
      else return refusal(STATUS[rule.kind], rule.retryAfterSeconds);
    }
    const reply = await route.answer({
      feed,
      path,
      query: url.searchParams,
      past: (symbol) => this.#past(feed, symbol),
      book: (symbol, channel) => this.#book(feed, symbol, channel),
      bookSoon: (symbol) => this.#bookSoon(feed, symbol, signal),
    });
    return { status: reply.status ?? 200, headers: {}, body: reply.body };
  }

  async #bookSoon(feed: string, symbol: string, signal: AbortSignal): Promise<BookMoment | undefined> {
    const endMs = this.#clock.monotonicMs() + BEGINS_MS_MAX;
    for (;;) {
      const book = this.#book(feed, symbol);
      const isOver = this.#past(feed, symbol) === undefined || this.#clock.monotonicMs() >= endMs;
      if (book !== undefined || isOver || signal.aborted) return book;
      await this.#clock.sleep(LOOK_EVERY_MS, { signal }).catch(() => {});
    }
  }

  #strikesNow(rule: RestFaultRule, feed: string): boolean {
    const strikes = this.#strikes.get(rule) ?? 0;
    if ((rule.feed !== undefined && rule.feed !== feed) || strikes >= (rule.timesMax ?? Number.POSITIVE_INFINITY))
      return false;
    if (this.#random.next() >= (rule.probability ?? 1)) return false;
    this.#strikes.set(rule, strikes + 1);
    return true;
  }
}

function refusal(status: number, retryAfterSeconds: number | undefined): RestReply {
  return {
    status,
    headers: retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) },
    body: '{"code":-1003,"msg":"Too many requests; or in trouble. Simulated."}',
  };
}
