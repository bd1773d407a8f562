import { backoffMs, type Clock, type Random } from "../../base/index.ts";
import type { GapConcluded } from "../../domain/index.ts";
import {
  describeFetchError,
  type RestAnswer,
  type RestClient,
  type RestRequest,
  type RestResponse,
  type RestTrades,
  type TradeFields,
  type WantedTrades,
} from "../../feeds/index.ts";

/** Tries of one request, and requests for one stretch of trades: then asking ends, and says so. */
const TRIES_MAX = 6;
const REQUESTS_MAX = 2_000;
/** A venue that refuses for longer than this is not waited for. */
const BAN_MS_MAX = 15 * 60_000;
const BACKOFF_MS = { firstMs: 500, maxMs: 30_000 };
const OK = 200;
const REFUSED_FOR_NOW: ReadonlySet<number> = new Set([403, 418, 429]);

export interface AskOptions {
  readonly rest: RestTrades;
  readonly client: RestClient;
  readonly wanted: WantedTrades;
  /** Tries of one request; default 6. */
  readonly triesMax?: number;
  /** Puts an answer into the raw log; nothing looks at it before that is durable. `symbol` is undefined of a probe. */
  readonly record: (response: RestResponse, symbol: string | undefined) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

export interface Asked {
  readonly coverage: GapConcluded["coverage"];
  readonly requests: number;
  /** Records of trades in the answers, new or not. */
  readonly trades: number;
  /** Of all answers; -1 where none had a numeric id. */
  readonly newestId: number;
  /** Event times of all answers; infinitely far apart, the wrong way round, where there were none. */
  readonly oldestUs: number;
  readonly newestUs: number;
  /** Why asking ended early; else empty. */
  readonly detail: string;
}

/**
 * Asks a venue for trades, page after page, until it has answered all or it can go no further.
 *
 * @throws the signal's reason, and what `record` rejects with; nothing that the venue or the network does
 */
export async function askVenue(options: AskOptions): Promise<Asked> {
  const dialogue = options.rest.ask(options.wanted);
  const counts = {
    requests: 0,
    trades: 0,
    newestId: -1,
    oldestUs: Number.POSITIVE_INFINITY,
    newestUs: Number.NEGATIVE_INFINITY,
  };
  for (let step = dialogue.next(); ; ) {
    if (step.done === true) return { ...counts, coverage: step.value, detail: "" };
    if (counts.requests >= REQUESTS_MAX) {
      return { ...counts, coverage: "givenUp", detail: `more than ${REQUESTS_MAX} requests would be needed` };
    }
    const page = await askPage(step.value, options, counts);
    if (typeof page === "string") return { ...counts, coverage: "givenUp", detail: page };
    counts.trades += page.length;
    for (const { id, time } of page) {
      counts.newestId = Math.max(counts.newestId, numberOf(id));
      counts.oldestUs = Math.min(counts.oldestUs, time.us);
      counts.newestUs = Math.max(counts.newestUs, time.us);
    }
    step = dialogue.next(page);
  }
}

/** @returns the trades; or, where the venue does not give them, why */
async function askPage(
  request: RestRequest,
  options: AskOptions,
  counts: { requests: number },
): Promise<readonly TradeFields[] | string> {
  const { client, clock, random, signal, triesMax = TRIES_MAX } = options;
  let problem = "";
  for (let attempt = 0; attempt < triesMax; attempt += 1) {
    if (attempt > 0) await clock.sleep(backoffMs(attempt - 1, { ...BACKOFF_MS, random }), { signal });
    if (client.bannedMs > BAN_MS_MAX) return `the venue refuses requests for ${Math.round(client.bannedMs / 1000)} s`;
    counts.requests += 1;
    const result = await askOnce(request, options);
    if (Array.isArray(result)) return result;
    const { reason, isFinal } = result as Refused;
    if (isFinal) return reason;
    problem = reason;
  }
  return triesMax === 1 ? problem : `${problem}, ${triesMax} times`;
}

interface Refused {
  readonly reason: string;
  /** Asking the same again is of no use. */
  readonly isFinal: boolean;
}

async function askOnce(
  request: RestRequest,
  { client, rest, wanted, record, signal }: AskOptions,
): Promise<readonly TradeFields[] | Refused> {
  let response: RestResponse;
  try {
    response = await client.get(request, { signal });
  } catch (error) {
    signal.throwIfAborted();
    return { reason: `no answer: ${describeFetchError(error)}`, isFinal: false };
  }
  await record(response, request.isProbe === true ? undefined : wanted.rawSymbol);
  const { status } = response;
  if (status !== OK)
    return { reason: `HTTP ${status}`, isFinal: status >= 400 && status < 500 && !REFUSED_FOR_NOW.has(status) };
  return tradesOf(rest.read({ ...response, symbol: wanted.rawSymbol }));
}

function tradesOf(answer: RestAnswer): readonly TradeFields[] | Refused {
  switch (answer.kind) {
    case "trades":
      return answer.trades.filter((trade): trade is TradeFields => !("problem" in trade));
    case "refused":
      return { reason: `the venue says ${answer.reason}`, isFinal: !answer.isTemporary };
    case "malformed":
      return { reason: `an answer that cannot be read: ${answer.detail}`, isFinal: false };
    case "other":
      return { reason: "an answer to something else", isFinal: true };
  }
}

function numberOf(id: string): number {
  return /^a?\d{1,16}$/.test(id) ? Number(id.replace("a", "")) : -1;
}
