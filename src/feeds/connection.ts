import { backoffMs } from "../base/index.ts";
import type { ConnectionStatus } from "./connection-status.ts";
import { Endpoints } from "./endpoints.ts";
import type { FeedMeters } from "./feed-meters.ts";
import { FrameRecorder, type FrameRecorderOptions } from "./frame-recorder.ts";
import type { FramesNotRecordedError } from "./frames-not-recorded-error.ts";
import { retryAfterMs } from "./retry-after.ts";
import { Session, type SessionContext, type SessionOwner } from "./session.ts";
import type { SessionOutcome } from "./session-state.ts";

export interface ConnectionOptions
  extends Omit<SessionContext, "recorder" | "url">,
    Pick<FrameRecorderOptions, "source" | "flush"> {
  /** Its name, such as "binance/0". */
  readonly name: string;
  /** Where to connect, the preferred first: after some failures in a row the next is tried. At least one. */
  readonly urls: readonly string[];
  /** Of the last socket that the log knows; 0 when there was none. */
  readonly lastEpoch: number;
  readonly metrics: FeedMeters;
  onFailed(error: FramesNotRecordedError): void;
}

/**
 * Keeps one set of symbols subscribed: a succession of sockets, each with its epoch, into one sequence of records.
 * A socket that ends is replaced after a pause; one that nears the venue's age limit is replaced before it ends.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #labels: { readonly feed: string; readonly connection: string };
  readonly #recorder: FrameRecorder;
  readonly #context: Omit<SessionContext, "url">;
  readonly #endpoints: Endpoints;
  readonly #owner: SessionOwner;
  readonly #ended: PromiseWithResolvers<void> = Promise.withResolvers();
  /** All that have not finished: the current one, a successor on its way, old ones that drain. */
  readonly #sessions = new Set<Session>();
  #current: Session | undefined;
  #successor: Session | undefined;
  #isStopping = false;
  #failures = 0;
  #epoch: number;
  #framesTotal = 0;
  #bytesTotal = 0;
  #reconnectsTotal = 0;
  #lastFrameAtNs: bigint | undefined;
  #subscribedAtNs: bigint | undefined;
  #lastError: string | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#epoch = options.lastEpoch;
    this.#labels = { feed: options.feed.id, connection: options.name };
    this.#endpoints = new Endpoints(options.urls, options.settings);
    this.#recorder = this.#createRecorder();
    this.#context = { ...options, recorder: this.#recorder };
    this.#owner = this.#createOwner();
  }

  /** @param delayMs pause before the first try */
  start(delayMs: number): void {
    this.#current = this.#begin(delayMs);
  }

  get name(): string {
    return this.#options.name;
  }

  /** Sends requests on the socket of this epoch. @returns false where it is not live, or too many wait already */
  request(epoch: number, frames: readonly string[]): boolean {
    return this.#current?.epoch === epoch && this.#current.request(frames);
  }

  /** Ends the sockets and flushes what they delivered: see `ended`. */
  stop(): void {
    this.#isStopping = true;
    for (const session of [...this.#sessions]) session.handle({ kind: "stop" });
    this.#settle();
  }

  /**
   * Resolves after `stop()`, when every socket has ended and every record is durable.
   *
   * @throws {FramesNotRecordedError} when the sink rejected
   */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  status(): ConnectionStatus {
    const { feed, symbols } = this.#options;
    return {
      ...this.#labels,
      venue: feed.venue,
      state: this.#current?.state.name ?? "stopped",
      epoch: this.#epoch,
      url: this.#endpoints.url,
      urls: this.#endpoints.all,
      breaker: this.#endpoints.breaker,
      failuresInRow: this.#endpoints.failures,
      symbols,
      lastFrameAtNs: this.#lastFrameAtNs,
      framesTotal: this.#framesTotal,
      bytesTotal: this.#bytesTotal,
      reconnectsTotal: this.#reconnectsTotal,
      lastError: this.#lastError,
      subscribedAtNs: this.#subscribedAtNs,
      unflushedBytes: this.#recorder.unflushedBytes,
      isPaused: this.#recorder.isPressed,
    };
  }

  #begin(delayMs: number): Session {
    const session = new Session({ ...this.#context, url: this.#endpoints.url }, this.#owner, delayMs);
    this.#sessions.add(session);
    session.setPaused(this.#recorder.isPressed);
    session.start();
    return session;
  }

  #createOwner(): SessionOwner {
    return {
      nextEpoch: () => {
        this.#epoch += 1;
        return this.#epoch;
      },
      isPlanned: (session) => session === this.#successor && this.#current?.state.name === "live",
      received: (byteLength) => {
        this.#lastFrameAtNs = this.#recorder.timeNs;
        this.#framesTotal += 1;
        this.#bytesTotal += byteLength;
      },
      refused: (reason) => this.#refused(reason),
      becameLive: (session) => this.#becameLive(session),
      wantsSuccessor: (session) => {
        if (session === this.#current && this.#successor === undefined) this.#successor = this.#begin(0);
      },
      trying: () => this.#endpoints.trying(),
      healthy: () => this.#healthy(),
      finished: (session, outcome) => this.#finished(session, outcome),
    };
  }

  #becameLive(session: Session): void {
    if (session === this.#successor) {
      const old = this.#current;
      this.#current = session;
      this.#successor = undefined;
      old?.handle({ kind: "superseded" });
    }
    this.#subscribedAtNs = this.#options.clock.nowNs();
    this.#options.logger.info({ epoch: session.epoch }, "connection live");
  }

  #healthy(): void {
    if (this.#endpoints.breaker !== "closed") this.#options.logger.info({}, "the venue can be captured again");
    this.#failures = 0;
    this.#endpoints.healthy();
  }

  #refused(reason: string): void {
    this.#lastError = `Subscription refused: ${reason}`;
    this.#options.metrics.subscriptionRefused(this.#labels);
    this.#options.logger.warn({ reason }, "the venue refused a subscription; the others go on");
  }

  #finished(session: Session, outcome: SessionOutcome): void {
    this.#sessions.delete(session);
    if (session === this.#current) this.#subscribedAtNs = undefined;
    if (this.#isStopping || this.#recorder.failure !== undefined) {
      if (session === this.#current) this.#current = undefined;
      this.#settle();
      return;
    }
    this.#count(outcome);
    if (session === this.#successor) {
      this.#successor = this.#begin(this.#retryMs(outcome));
    } else if (session === this.#current) {
      // A successor on its way takes the place at once, whatever its state.
      this.#current = this.#successor ?? this.#begin(this.#retryMs(outcome));
      this.#successor = undefined;
    }
  }

  #count({ opened, closed }: SessionOutcome): void {
    const { metrics, logger } = this.#options;
    if (closed.cause !== "planned") this.#lastError = closed.detail;
    if (opened) {
      this.#reconnectsTotal += 1;
      metrics.reconnected(this.#labels, closed.cause);
    } else {
      metrics.connectFailed(this.#labels);
      logger.warn({ detail: closed.detail, failures: this.#failures + 1 }, "cannot connect");
    }
  }

  /** Longer with each failure in a row; never shorter than what the venue asked for. */
  #retryMs({ refusal }: SessionOutcome): number {
    const { settings, random, clock, logger } = this.#options;
    const backoff = backoffMs(this.#failures, { firstMs: settings.retryFirstMs, maxMs: settings.retryMsMax, random });
    this.#failures += 1;
    const pauseMs = Math.max(backoff, this.#noteFailure());
    if (refusal === undefined) return pauseMs;
    const askedMs = retryAfterMs(refusal.retryAfter, Number(clock.nowNs() / 1_000_000n));
    const delayMs = Math.max(pauseMs, askedMs ?? settings.refusedMsMin);
    logger.warn(
      { status: refusal.status, retryAfter: refusal.retryAfter, delayMs },
      "refused; waiting before the next try",
    );
    return delayMs;
  }

  /** @returns the least pause that the endpoints ask for */
  #noteFailure(): number {
    const { logger, settings } = this.#options;
    const before = this.#endpoints.url;
    const pauseMs = this.#endpoints.failed();
    const { url, failures } = this.#endpoints;
    if (url !== before) logger.warn({ from: before, to: url }, "too many failures in a row: trying the next endpoint");
    if (pauseMs > 0) {
      const last = this.#lastError === undefined ? "" : `; the last: ${this.#lastError}`;
      const pause = `${Math.round(settings.breakerPauseMs / 1000)} s`;
      this.#lastError = `${failures} failures in a row: nothing is tried for ${pause}, then once${last}`;
      logger.error({ failures, pauseMs }, "the venue cannot be captured: waiting before one more try");
    }
    return pauseMs;
  }

  #createRecorder(): FrameRecorder {
    const { feed, name, source, clock, settings, flush, metrics } = this.#options;
    return new FrameRecorder({
      feed: feed.id,
      connection: name,
      source,
      clock,
      unflushedBytesMax: settings.unflushedBytesMax,
      batchBytesMax: settings.batchBytesMax,
      flush,
      onPressure: (isHigh) => this.#setPaused(isHigh),
      onFlushed: (seconds) => metrics.flushed(this.#labels, seconds),
      onFailed: (error) => this.#failed(error),
    });
  }

  #setPaused(isPaused: boolean): void {
    const { logger, metrics, settings } = this.#options;
    if (isPaused) metrics.paused(this.#labels);
    for (const session of this.#sessions) session.setPaused(isPaused);
    const fields = { unflushedBytes: this.#recorder.unflushedBytes, unflushedBytesMax: settings.unflushedBytesMax };
    if (isPaused) logger.warn(fields, "the raw log cannot keep up: not reading from the venue until it has");
    else logger.info(fields, "the raw log has caught up: reading again");
  }

  #failed(error: FramesNotRecordedError): void {
    this.#lastError = error.message;
    this.#options.logger.error({ error: error.message, code: error.code }, "connection stopped");
    for (const session of [...this.#sessions]) session.handle({ kind: "recordingFailed", detail: error.message });
    this.#options.onFailed(error);
    this.#settle();
  }

  #settle(): void {
    if (this.#sessions.size > 0) return;
    this.#recorder.flushed().then(this.#ended.resolve, this.#ended.reject);
  }
}
