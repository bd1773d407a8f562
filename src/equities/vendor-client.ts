import {
  type Abortable,
  backoffMs,
  type Clock,
  describeError,
  type Random,
  retryAfterMs,
  systemClock,
  systemRandom,
} from "../base/index.ts";
import { VendorRefusedError, VendorUnavailableError } from "./errors.ts";
import { readVendorBytes, type VendorBytes, type VendorReading } from "./read-answer.ts";
import type { VendorAnswer } from "./vendor-answer.ts";

/** A question to a vendor. */
export interface VendorRequest {
  /** The whole address, with the key where one is needed; never logged or kept. */
  readonly address: string;
  /** The address without the key. */
  readonly url: string;
}

/** An answer that is data. */
export interface Fetched {
  readonly bytes: VendorBytes;
  readonly answer: VendorAnswer;
  /** Our clock when it had arrived. */
  readonly knownAtUs: number;
}

export interface VendorClientOptions {
  /** At least so long between the beginnings of two requests. */
  readonly spacingMs: number;
  readonly attemptsMax?: number;
  readonly timeoutMs?: number;
  readonly bodyBytesMax?: number;
  /** The first wait after a failure; it doubles up to `waitMsMax`, unless the vendor names its own. */
  readonly firstWaitMs?: number;
  readonly waitMsMax?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Told of each wait: why, and how long. */
  readonly onWait?: (reason: string, waitMs: number) => void;
}

const DEFAULTS = {
  attemptsMax: 6,
  timeoutMs: 30_000,
  bodyBytesMax: 64 * 1024 * 1024,
  firstWaitMs: 1_000,
  waitMsMax: 120_000,
};
const AGENT = "k2-market-data";

/** Why an answer is no data yet, and how long to wait where it says so. */
interface NotYet {
  readonly reason: string;
  readonly waitMs?: number | undefined;
}

/** One try: an answer to read, or why there is none and how long to wait. */
type Attempt =
  | { readonly bytes: VendorBytes; readonly retryAfterMs: number | undefined }
  | { readonly failure: string; readonly retryAfterMs: number | undefined };

/**
 * Asks a vendor over HTTP, one question after the other and never faster than allowed. What says "later" (429, 5xx, a notice
 * in the body, a broken connection) is asked again, after the time that Retry-After or the notice names or an exponential one.
 */
export class VendorClient {
  readonly #options: VendorClientOptions & typeof DEFAULTS;
  readonly #clock: Clock;
  readonly #random: Random;
  #turn: Promise<void> = Promise.resolve();
  #notBeforeMs = 0;

  constructor(options: VendorClientOptions) {
    this.#options = { ...DEFAULTS, ...options };
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
  }

  /**
   * @throws {VendorUnavailableError} when the vendor gave no answer in all attempts; a later try may
   * @throws {VendorRefusedError} when it answered with an error or with what is no data; nothing was taken from it
   */
  async ask(request: VendorRequest, { signal }: Abortable = {}): Promise<Fetched> {
    const { attemptsMax } = this.#options;
    for (let attempt = 0; ; attempt += 1) {
      const tried = await this.#try(request, signal);
      const said = "bytes" in tried ? this.#read(tried.bytes, request) : { reason: tried.failure };
      if ("answer" in said) return said;
      if (attempt + 1 >= attemptsMax) {
        const often = attemptsMax === 1 ? "" : ` in ${attemptsMax} attempts; the last time`;
        throw new VendorUnavailableError(
          `${host(request)} gave no data${often}: ${sentence(said.reason)}. Nothing was changed; try again later`,
        );
      }
      await this.#wait(said.reason, attempt, tried.retryAfterMs ?? said.waitMs, signal);
    }
  }

  #read(bytes: VendorBytes, request: VendorRequest): Fetched | NotYet {
    const { reading }: VendorReading = readVendorBytes(bytes);
    if (reading.kind === "answer") {
      return { bytes, answer: reading.answer, knownAtUs: Number(this.#clock.nowNs() / 1000n) };
    }
    if (reading.kind === "rate-limited")
      return { reason: `asked too often (${reading.detail})`, waitMs: reading.waitMs };
    if (bytes.status >= 500 || bytes.status === 408) return { reason: reading.detail };
    throw new VendorRefusedError(
      `${host(request)} did not answer ${request.url} with data: ${sentence(reading.detail)}. Nothing was taken from it, and what is known stays`,
    );
  }

  async #try(request: VendorRequest, signal: AbortSignal | undefined): Promise<Attempt> {
    await this.#myTurn(signal);
    const deadline = AbortSignal.timeout(this.#options.timeoutMs);
    try {
      const response = await fetch(request.address, {
        headers: { "user-agent": AGENT, accept: "application/json, text/csv" },
        signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      });
      const header = response.headers.get("retry-after") ?? undefined;
      const wait = retryAfterMs(header, Number(this.#clock.nowNs() / 1_000_000n));
      const body = await boundedBody(response, this.#options.bodyBytesMax);
      if (body === undefined) return { failure: "the answer is too large", retryAfterMs: wait };
      return { bytes: { url: request.url, status: response.status, body }, retryAfterMs: wait };
    } catch (error) {
      signal?.throwIfAborted();
      // A failed fetch may tell the address, and the address the key.
      return { failure: describeError(error).replaceAll(request.address, request.url), retryAfterMs: undefined };
    }
  }

  /** Requests begin one after the other, so far apart as allowed. */
  async #myTurn(signal: AbortSignal | undefined): Promise<void> {
    const turn = this.#turn.then(async () => {
      const waitMs = this.#notBeforeMs - this.#clock.monotonicMs();
      if (waitMs > 0) await this.#clock.sleep(waitMs, { signal });
      this.#notBeforeMs = this.#clock.monotonicMs() + this.#options.spacingMs;
    });
    this.#turn = turn.catch(() => {}); // Who gave up waiting does not hold up the next.
    await turn;
    signal?.throwIfAborted();
  }

  async #wait(
    reason: string,
    attempt: number,
    askedForMs: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { firstWaitMs: firstMs, waitMsMax: maxMs } = this.#options;
    const waitMs = askedForMs ?? backoffMs(attempt, { firstMs, maxMs, random: this.#random });
    this.#options.onWait?.(reason, waitMs);
    this.#notBeforeMs = Math.max(this.#notBeforeMs, this.#clock.monotonicMs() + waitMs);
    await this.#clock.sleep(waitMs, { signal });
  }
}

async function boundedBody(response: Response, bytesMax: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > bytesMax) return undefined; // Leaving the loop cancels the rest.
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** Without its full stop. */
function sentence(text: string): string {
  return text.replace(/\.$/, "");
}

function host({ url }: VendorRequest): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
