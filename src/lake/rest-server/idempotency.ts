import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Clock, Logger } from "../../base/index.ts";
import { describeError } from "../../base/index.ts";
import type { ChangeOptions, Receipt } from "../catalog/change-options.ts";
import { type Receipts, ReceiptTakenError } from "../catalog/receipts.ts";
import { formatJson, parseJson } from "../core/json.ts";
import { JsonReader } from "../core/json-object.ts";
import { errorBody, type RestAnswer } from "./rest-answer.ts";
import { type ChangeKind, protocolError, RequestError } from "./rest-errors.ts";

/** Advertised, as ISO 8601: how long a client may send a request again under its key. */
export const KEY_LIFETIME = "PT1H";
const KEEP_MS = 3_600_000 + 300_000;
const FORGET_EVERY_MS = 60_000;
/** A longer answer is not kept but made again: `LoadTableResult` grows with the table. */
const BODY_LENGTH_MAX = 65_536;
const KEY = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A change that a request asks for. */
export interface Change<Result> {
  /** Hands the options on to the catalog, whose transaction then holds the receipt too. */
  run(options: ChangeOptions<Result>): Promise<Result>;
  answer(result: Result): RestAnswer;
  /** Whether nothing was changed, so that nothing is to be remembered: `answer` then throws. */
  isRefused?(result: Result): boolean;
  /** Makes the answer of a change that was made before, where the first answer was too long to keep. */
  again(): Promise<RestAnswer>;
}

/** Of a change that answers whether it found something to change: only then is it remembered. */
export function whenFound({ receipt }: ChangeOptions<void>): ChangeOptions<boolean> {
  return receipt === undefined ? {} : { receipt: (wasFound) => (wasFound ? receipt() : undefined) };
}

/** Carries out each request once, however often it is sent under one `Idempotency-Key`. */
export class Idempotency {
  readonly #receipts: Receipts | undefined;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #forgetAtMs = 0;

  /** @param receipts undefined where the catalog keeps none: then keys have no effect, and are not advertised */
  constructor(receipts: Receipts | undefined, { clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#receipts = receipts;
    this.#clock = clock;
    this.#logger = logger;
  }

  get isKept(): boolean {
    return this.#receipts !== undefined;
  }

  async once<Result>(
    request: FastifyRequest,
    change: Change<Result>,
    kind: ChangeKind = "change",
  ): Promise<RestAnswer> {
    const key = keyOf(request);
    const receipts = this.#receipts;
    if (key === undefined || receipts === undefined) return change.answer(await change.run({}));
    const fingerprint = fingerprintOf(request);
    const receiptOf = (answer: RestAnswer): Receipt => this.#receipt(key, fingerprint, answer);
    const before = await this.#replay(receipts, key, fingerprint, change);
    if (before !== undefined) return before;
    try {
      const answer = change.answer(await change.run({ receipt: (result) => receiptOf(change.answer(result)) }));
      this.#forgetSometimes(receipts);
      return answer;
    } catch (error) {
      // The same request, sent twice at once: the other was first, and this one met what it did.
      const other = await this.#replay(receipts, key, fingerprint, change);
      if (other !== undefined) return other;
      const refused = protocolError(error, kind);
      if (refused.isFinal) await receipts.save(receiptOf({ status: refused.status, body: errorBody(refused) }));
      throw error instanceof ReceiptTakenError ? conflict(key) : error;
    }
  }

  async #replay<Result>(
    receipts: Receipts,
    key: string,
    fingerprint: string,
    change: Change<Result>,
  ): Promise<RestAnswer | undefined> {
    const receipt = await receipts.find(key);
    if (receipt === undefined) return undefined;
    if (receipt.request !== fingerprint) {
      throw new RequestError(
        422,
        "UnprocessableEntityException",
        `The Idempotency-Key ${key} was used for another request. Nothing was changed; make a new key for each change`,
      );
    }
    const reader = new JsonReader(parseJson(receipt.answer), "kept answer");
    const status = reader.integer("status");
    const body = reader.optionalText("body");
    if (body === undefined && status === 200) return change.again();
    return { status, body, headers: reader.textMap("headers") };
  }

  #receipt(key: string, request: string, { status, body, headers }: RestAnswer): Receipt {
    const kept = body !== undefined && body.length > BODY_LENGTH_MAX ? undefined : body;
    const expiresMs = Number(this.#clock.nowNs() / 1_000_000n) + KEEP_MS;
    return { key, request, answer: formatJson({ status, body: kept, headers }), expiresMs };
  }

  #forgetSometimes(receipts: Receipts): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < this.#forgetAtMs) return;
    this.#forgetAtMs = nowMs + FORGET_EVERY_MS;
    receipts.forgetExpired().catch((error: unknown) => {
      this.#logger.warn({ error: describeError(error) }, "Expired idempotency keys could not be removed");
    });
  }
}

function keyOf(request: FastifyRequest): string | undefined {
  const key = request.headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (typeof key === "string" && KEY.test(key)) return key.toLowerCase();
  throw new RequestError(
    400,
    "BadRequestException",
    `The Idempotency-Key ${JSON.stringify(key)} is not a UUID. Nothing was changed`,
  );
}

/** What the request asks for: who sends it again sends the same. */
function fingerprintOf(request: FastifyRequest): string {
  const body = request.body === undefined ? "" : formatJson(request.body as Parameters<typeof formatJson>[0]);
  return createHash("sha256").update(`${request.method} ${request.raw.url}\n${body}`).digest("hex");
}

function conflict(key: string): RequestError {
  return new RequestError(
    409,
    "CommitFailedException",
    `The request ${key} is being carried out already. Nothing was changed`,
  );
}
