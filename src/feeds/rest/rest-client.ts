import { type Clock, describeError, type Logger } from "../../base/index.ts";
import { retryAfterMs } from "../retry-after.ts";
import type { RestLimits, RestRequest } from "./rest-trades.ts";

/** An answer of any status. */
export interface RestResponse {
  readonly url: string;
  readonly status: number;
  readonly body: Uint8Array;
  /** When all of it had arrived, nanoseconds since the Unix epoch. */
  readonly receivedNs: bigint;
}

export interface RestClientOptions {
  /** With the path under which it stands, if any: "https://api.binance.com". */
  readonly endpoint: string;
  readonly limits: RestLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}

const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
const TIMEOUT_MS = 20_000;
/** What a refusal without Retry-After costs. */
const PAUSE_MS = 10_000;
const REFUSALS: ReadonlySet<number> = new Set([403, 418, 429, 503]);

/**
 * One venue's HTTP endpoint, asked within an allowance that all who ask share: spent by weight, filled again with time.
 * A refusal (429, 418, 503, 403) stops all requests until the venue may be asked again.
 */
export class RestClient {
  readonly endpoint: string;
  readonly #options: RestClientOptions;
  #budget: number;
  #filledMs: number;
  /** Monotonic; before it nothing is asked. */
  #notBeforeMs = 0;
  #queue: Promise<void> = Promise.resolve();

  constructor(options: RestClientOptions) {
    this.endpoint = options.endpoint.replace(/\/$/, "");
    this.#options = options;
    this.#budget = options.limits.weightBurst;
    this.#filledMs = options.clock.monotonicMs();
  }

  /** How long nothing will be asked: the venue said so. */
  get bannedMs(): number {
    return Math.max(0, this.#notBeforeMs - this.#options.clock.monotonicMs());
  }

  /**
   * Asks once, when the allowance permits; requests are sent one after the other.
   *
   * @throws the signal's reason; the network's error, when there was no whole answer
   */
  get(request: RestRequest, { signal }: { readonly signal: AbortSignal }): Promise<RestResponse> {
    const answer = this.#queue.then(async () => {
      await this.#allowance(request.weight, signal);
      return this.#fetch(`${this.endpoint}${request.path}`, signal);
    });
    this.#queue = answer.then(
      () => {},
      () => {},
    );
    return answer;
  }

  async #allowance(weight: number, signal: AbortSignal): Promise<void> {
    const { clock, limits } = this.#options;
    for (;;) {
      signal.throwIfAborted();
      const nowMs = clock.monotonicMs();
      const perMs = limits.weightPerMinute / 60_000;
      this.#budget = Math.min(limits.weightBurst, this.#budget + (nowMs - this.#filledMs) * perMs);
      this.#filledMs = nowMs;
      // A request that is dearer than the burst is paid for afterwards.
      const missing = Math.min(weight, limits.weightBurst) - this.#budget;
      const waitMs = Math.max(missing / perMs, this.#notBeforeMs - nowMs);
      if (waitMs <= 0) break;
      await clock.sleep(waitMs, { signal });
    }
    this.#budget -= weight;
  }

  async #fetch(url: string, signal: AbortSignal): Promise<RestResponse> {
    const { clock, logger } = this.#options;
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(url, { signal: AbortSignal.any([signal, timeout]), redirect: "error" });
    const body = await readBody(response);
    const { status } = response;
    if (REFUSALS.has(status)) {
      const nowMs = Number(clock.nowNs() / 1_000_000n);
      const pauseMs = retryAfterMs(response.headers.get("retry-after") ?? undefined, nowMs) ?? PAUSE_MS;
      this.#notBeforeMs = clock.monotonicMs() + pauseMs;
      logger.warn({ url, status, pauseMs }, "the venue refuses requests; waiting");
    }
    return { url, status, body, receivedNs: clock.nowNs() };
  }
}

async function readBody(response: Response): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let byteLength = 0;
  for await (const piece of response.body ?? []) {
    pieces.push(piece);
    byteLength += piece.byteLength;
    if (byteLength > ANSWER_BYTES_MAX) {
      throw new Error(`An answer of ${response.url} exceeds ${ANSWER_BYTES_MAX} bytes; the rest was not read`);
    }
  }
  return Buffer.concat(pieces);
}

/** The cause as well: fetch says no more than "fetch failed" itself. */
export function describeFetchError(error: unknown): string {
  const { cause } = error instanceof Error ? error : { cause: undefined };
  return cause === undefined ? describeError(error) : `${describeError(error)}: ${describeError(cause)}`;
}
