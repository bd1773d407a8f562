import { randomBytes } from "node:crypto";
import { type Abortable, backoffMs, type Clock, type Random } from "../../base/index.ts";
import { formatJson, type JsonObject } from "../core/json.ts";
import { CommitUnknownError } from "../errors.ts";
import { type HttpClient, HttpFailure, type HttpResponse, retryAfterMs } from "../io/http/http-client.ts";
import type { RestAuth } from "./rest-auth.ts";
import { describeRefusal, type RestRefusal, restRefusal, unexpectedRefusal, unreachable } from "./rest-refusal.ts";

export interface RestRequest {
  readonly method: "GET" | "HEAD" | "POST" | "DELETE";
  /** From `/v1` on, percent-encoded. */
  readonly path: string;
  /** Values are encoded already. */
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: JsonObject;
  /** For messages: `load silver.trades`. */
  readonly what: string;
  /** Statuses besides 2xx that the caller understands. */
  readonly answers?: readonly number[];
}

export interface RestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Where the status is no success. */
  readonly refusal: RestRefusal | undefined;
  /** An earlier try of this very request had no answer that says what became of it. */
  readonly wasLost: boolean;
  /** So it may have taken effect, and a refusal be of its own doing; not where the server promises to answer keys again. */
  readonly isAmbiguous: boolean;
}

export interface RestTransportOptions {
  readonly http: HttpClient;
  readonly uri: string;
  readonly auth: RestAuth;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the server carries out a request once, however often it is sent under one key. */
  readonly hasIdempotency: boolean;
  readonly attemptsMax: number;
  readonly backoffFirstMs: number;
  readonly clock: Clock;
  readonly random: Random;
}

const BACKOFF_MAX_MS = 10_000;
const RETRY_AFTER_MAX_MS = 60_000;
const TOKEN_STATUS: ReadonlySet<number> = new Set([401, 419]);

/**
 * Requests of the protocol. What only reads is tried again; what changes something is tried again where the server never
 * had it, said that it did not carry it out (429), or honours idempotency keys.
 */
export class RestTransport {
  readonly #options: RestTransportOptions;
  readonly #origin: string;
  readonly #base: string;

  constructor(options: RestTransportOptions) {
    this.#options = options;
    const { origin, pathname } = new URL(options.uri);
    this.#origin = origin;
    this.#base = pathname.replace(/\/+$/, "");
  }

  /**
   * @throws {CommitUnknownError} when a change was sent and its outcome is not known
   * @throws {CatalogUnavailableError} when the server cannot be reached or is too busy; a change was not carried out
   * @throws {CatalogRefusedError} for a refusal that the caller does not understand
   */
  async send(request: RestRequest, { signal }: Abortable = {}): Promise<RestAnswer> {
    const isChange = request.method === "POST" || request.method === "DELETE";
    const key =
      isChange && this.#options.hasIdempotency ? uuidV7(Number(this.#options.clock.nowNs() / 1_000_000n)) : undefined;
    const state: Tries = { attempt: 1, wasLost: false, isTokenRenewed: false };
    for (; ; state.attempt += 1) {
      const outcome = await this.#tryOnce(request, key, signal);
      const waitMs = this.#waitBeforeNext(outcome, { isChange, hasKey: key !== undefined }, state);
      if (waitMs === undefined) {
        const { wasLost } = state;
        return this.#conclude(request, outcome, { wasLost, isAmbiguous: wasLost && key === undefined });
      }
      await this.#options.clock.sleep(waitMs, { signal });
    }
  }

  async #tryOnce(
    { method, path, query = {}, headers, body }: RestRequest,
    key: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<HttpResponse | HttpFailure> {
    const pairs = Object.entries(query).map(([name, value]) => `${name}=${value}`);
    const all = {
      accept: "application/json",
      ...this.#options.headers,
      ...headers,
      ...(await this.#options.auth.headers({ signal })),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(key === undefined ? {} : { "idempotency-key": key }),
    };
    const target = `${this.#base}${path}${pairs.length === 0 ? "" : `?${pairs.join("&")}`}`;
    const bytes = body === undefined ? undefined : Buffer.from(formatJson(body), "utf8");
    try {
      return await this.#options.http.send(
        { method, origin: this.#origin, target, headers: all, body: bytes },
        { signal },
      );
    } catch (error) {
      if (error instanceof HttpFailure) return error;
      throw error;
    }
  }

  /** Undefined where there is no next try. */
  #waitBeforeNext(
    outcome: HttpResponse | HttpFailure,
    { isChange, hasKey }: { readonly isChange: boolean; readonly hasKey: boolean },
    state: Tries,
  ): number | undefined {
    if (!(outcome instanceof HttpFailure) && TOKEN_STATUS.has(outcome.status)) return this.#renewToken(state);
    const failure = failureOf(outcome);
    if (failure === "none") return undefined;
    const isUnknown = isChange && failure === "unknown";
    if (isUnknown) state.wasLost = true;
    if (state.attempt >= this.#options.attemptsMax || (isUnknown && !hasKey)) return undefined;
    return Math.max(this.#askedMs(outcome), this.#backoff(state.attempt));
  }

  #renewToken(state: Tries): number | undefined {
    const isRenewed = !state.isTokenRenewed && this.#options.auth.renew();
    state.isTokenRenewed = true;
    return isRenewed ? 0 : undefined;
  }

  #askedMs(outcome: HttpResponse | HttpFailure): number {
    if (outcome instanceof HttpFailure) return 0;
    return Math.min(RETRY_AFTER_MAX_MS, retryAfterMs(outcome, Number(this.#options.clock.nowNs() / 1_000_000n)) ?? 0);
  }

  #conclude(
    { what, answers = [] }: RestRequest,
    outcome: HttpResponse | HttpFailure,
    doubt: Pick<RestAnswer, "wasLost" | "isAmbiguous">,
  ): RestAnswer {
    if (outcome instanceof HttpFailure) {
      if (doubt.wasLost) throw unknownOutcome(what, outcome.message, outcome);
      throw unreachable(what, outcome);
    }
    const { status, headers, bytes } = outcome;
    const isSuccess = status >= 200 && status < 300;
    const refusal = isSuccess ? undefined : restRefusal(outcome);
    if (refusal !== undefined && !answers.includes(status)) {
      if (doubt.isAmbiguous || (doubt.wasLost && status >= 500)) throw unknownOutcome(what, describeRefusal(refusal));
      throw unexpectedRefusal(what, refusal);
    }
    return { status, headers, text: Buffer.from(bytes).toString("utf8"), refusal, ...doubt };
  }

  #backoff(attempt: number): number {
    const { backoffFirstMs, random } = this.#options;
    return backoffMs(attempt - 1, { firstMs: backoffFirstMs, maxMs: BACKOFF_MAX_MS, random });
  }
}

/** `undone`: the server says, or it is plain, that nothing was carried out. `unknown`: it may have been. */
function failureOf(outcome: HttpResponse | HttpFailure): "none" | "undone" | "unknown" {
  if (outcome instanceof HttpFailure) return outcome.isUnsent ? "undone" : "unknown";
  if (outcome.status === 429) return "undone";
  return outcome.status >= 500 && outcome.status !== 501 ? "unknown" : "none";
}

interface Tries {
  attempt: number;
  wasLost: boolean;
  isTokenRenewed: boolean;
}

export function unknownOutcome(what: string, seen: string, cause?: unknown): CommitUnknownError {
  return new CommitUnknownError(
    `Cannot tell whether to ${what} succeeded: ${seen}. It may have taken effect; load it to see`,
    { cause },
  );
}

/** Time-ordered: RFC 9562, section 5.7. */
export function uuidV7(nowMs: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
