import { type Clock, describeError, type Logger, type Random } from "../base/index.ts";
import type { ConnectionClosed, ConnectionOpened } from "../domain/index.ts";
import { Alarm } from "./alarm.ts";
import type { ConnectionSettings } from "./connection-settings.ts";
import type { Feed } from "./feed.ts";
import type { FrameRecorder } from "./frame-recorder.ts";
import { PacedSender, sendSpacingMs } from "./paced-sender.ts";
import {
  hasOpened,
  type SessionAction,
  type SessionEvent,
  type SessionOutcome,
  type SessionState,
  transition,
} from "./session-state.ts";
import type { OpenSocket, Socket, SocketHandlers } from "./socket.ts";
import { SubscriptionTally } from "./subscription-tally.ts";

/** What all sessions of one connection share. */
export interface SessionContext {
  readonly feed: Feed;
  readonly url: string;
  readonly symbols: readonly string[];
  readonly channels: readonly string[];
  readonly subscribeFrames: readonly string[];
  readonly recorder: FrameRecorder;
  readonly openSocket: OpenSocket;
  readonly settings: ConnectionSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What a session asks of its connection, or tells it. */
export interface SessionOwner {
  /** The number of the socket that has just opened. */
  nextEpoch(): number;
  /** Whether another socket of the connection is still open, so that this one interrupts nothing. */
  isPlanned(session: Session): boolean;
  received(byteLength: number): void;
  refused(reason: string): void;
  becameLive(session: Session): void;
  wantsSuccessor(session: Session): void;
  /** A socket is about to be opened. */
  trying(): void;
  healthy(): void;
  finished(session: Session, outcome: SessionOutcome): void;
}

/** Answers are short; a longer frame is market data and is not looked at. */
const ANSWER_BYTES_MAX = 65_536;
/** The socket is replaced this much before the venue's limit: a tenth of it, at most ten minutes, then spread. */
const ROTATION_MARGIN = 0.1;
const ROTATION_MARGIN_MS_MAX = 600_000;

/** Requests that wait for their turn beside the subscriptions: what does not fit is asked for again later. */
const REQUESTS_WAITING_MAX = 50;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One socket of a connection, from the pause before the try to its end: session-state.ts decides, this acts. */
export class Session {
  readonly #context: SessionContext;
  readonly #owner: SessionOwner;
  readonly #startMs: number;
  readonly #stateAlarm: Alarm;
  readonly #silenceAlarm: Alarm;
  readonly #settleAlarm: Alarm;
  readonly #ageAlarm: Alarm;
  readonly #pingAlarm: Alarm;
  readonly #sender: PacedSender;
  #state: SessionState = { name: "waiting" };
  #socket: Socket | undefined;
  #epoch = 0;
  #openedMs = 0;
  #heardMs = 0;
  /** The read of the network in which `heardMs` was taken: the clock is asked once a read, not once a frame. */
  #heardTurn = 0;
  #isPaused = false;
  /** False keeps the hot path from looking at frames. */
  #awaitsAnswers = false;
  readonly #tally: SubscriptionTally;

  /** @param startMs pause before the try */
  constructor(context: SessionContext, owner: SessionOwner, startMs: number) {
    this.#context = context;
    this.#owner = owner;
    this.#startMs = startMs;
    const { clock } = context;
    this.#tally = new SubscriptionTally({
      subscriptions: context.symbols.length * context.channels.length,
      requests: context.subscribeFrames.length,
    });
    this.#stateAlarm = new Alarm(clock, () => this.handle({ kind: "timeUp" }));
    this.#silenceAlarm = new Alarm(clock, () => this.#checkSilence());
    this.#settleAlarm = new Alarm(clock, () => this.handle({ kind: "answered" }));
    this.#ageAlarm = new Alarm(clock, () => this.handle({ kind: "aged" }));
    this.#pingAlarm = new Alarm(clock, () => this.#ping());
    this.#sender = new PacedSender({
      clock,
      sendsPerSecondMax: context.feed.limits.sendsPerSecondMax,
      send: (frame) => this.#send(frame),
    });
  }

  get state(): SessionState {
    return this.#state;
  }

  /** 0 until the venue has accepted the socket. */
  get epoch(): number {
    return this.#epoch;
  }

  start(): void {
    this.#enter(this.#state);
  }

  /** Stops or starts reading from the socket; frames wait at the venue. */
  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (!hasOpened(this.#state)) return;
    if (isPaused) this.#socket?.pause();
    else this.#socket?.resume();
    this.#heardMs = this.#context.clock.monotonicMs(); // A silence of our own making is none.
    if (waitsForFrames(this.#state)) this.#watchState();
  }

  /** Sends requests in their turn while the session is live. @returns false where it is not, or too many wait already */
  request(frames: readonly string[]): boolean {
    if (this.#state.name !== "live" || this.#sender.waiting + frames.length > REQUESTS_WAITING_MAX) return false;
    this.#sender.send(...frames);
    return true;
  }

  handle(event: SessionEvent): void {
    const before = this.#state;
    const { state, actions } = transition(before, event);
    this.#state = state;
    if (state !== before) this.#enter(state);
    for (const action of actions) {
      if (this.#state !== state) return; // An action led to an event: the rest belongs to a state that is over.
      this.#act(action);
    }
  }

  #enter(state: SessionState): void {
    const { logger } = this.#context;
    logger.debug({ state: state.name, epoch: this.#epoch }, "session state");
    this.#watchState();
    if (state.name === "subscribing" || state.name === "waiting" || state.name === "connecting") return;
    this.#awaitsAnswers = false;
    this.#settleAlarm.cancel();
    if (state.name === "live") return;
    this.#ageAlarm.cancel();
    if (state.name === "draining" && state.step === "overlap") return;
    this.#pingAlarm.cancel();
    this.#sender.stop();
    this.#silenceAlarm.cancel();
  }

  #watchState(): void {
    const state = this.#state;
    const limitMs = this.#stateMsMax(state);
    if (limitMs === undefined || (this.#isPaused && waitsForFrames(state))) this.#stateAlarm.cancel();
    else this.#stateAlarm.set(limitMs);
  }

  #stateMsMax(state: SessionState): number | undefined {
    const { settings, feed, subscribeFrames } = this.#context;
    switch (state.name) {
      case "waiting":
        return this.#startMs;
      case "connecting":
        return settings.connectMsMax;
      case "subscribing":
        return settings.answerMsMax + subscribeFrames.length * sendSpacingMs(feed.limits.sendsPerSecondMax);
      case "live":
        return settings.healthyMs;
      case "draining":
        if (state.step === "cut") return undefined;
        return state.step === "overlap" ? settings.overlapMs : settings.closeMsMax;
      case "stopped":
        return undefined;
    }
  }

  #act(action: SessionAction): void {
    switch (action.kind) {
      case "open":
        this.#open();
        break;
      case "recordOpened":
        this.#recordOpened();
        break;
      case "subscribe":
        this.#subscribe();
        break;
      case "warnUnanswered":
        this.#warnUnanswered();
        break;
      case "takeOver":
        this.#watchAge();
        this.#owner.becameLive(this);
        break;
      case "openSuccessor":
        this.#owner.wantsSuccessor(this);
        break;
      case "forgetFailures":
        this.#owner.healthy();
        break;
      case "close":
        this.#socket?.close();
        break;
      case "terminate":
        this.#socket?.terminate();
        break;
      case "recordClosed":
        this.#recordClosed(action.closed);
        break;
      case "finish":
        this.#owner.finished(this, action.outcome);
        break;
    }
  }

  #open(): void {
    const { openSocket, url, settings, clock } = this.#context;
    const handlers: SocketHandlers = {
      opened: () => {
        this.#openedMs = clock.monotonicMs();
        this.#heardMs = this.#openedMs;
        this.handle({ kind: "opened" });
      },
      frame: (payload, isText) => this.#receive(payload, isText),
      heard: () => {
        this.#heardMs = clock.monotonicMs();
      },
      ended: (end) => this.handle({ kind: "ended", end }),
    };
    this.#owner.trying();
    this.#socket = openSocket(url, handlers, settings);
  }

  /** The hot path: recorded first, looked at only while answers are awaited. */
  #receive(payload: Uint8Array, isText: boolean): void {
    if (this.#state.name === "stopped") return; // The recorder has failed; what is still in the socket is lost with it.
    const { recorder, clock } = this.#context;
    recorder.record("received", this.#epoch, payload);
    this.#owner.received(payload.byteLength);
    if (recorder.turn !== this.#heardTurn) {
      this.#heardTurn = recorder.turn;
      this.#heardMs = clock.monotonicMs();
    }
    if (this.#awaitsAnswers && isText && payload.byteLength <= ANSWER_BYTES_MAX) {
      this.#readAnswer(decoder.decode(payload));
    }
  }

  #readAnswer(frame: string): void {
    const { feed, logger, settings } = this.#context;
    try {
      const answer = feed.readAnswer(frame);
      if (answer === undefined) return;
      this.#tally.take(answer);
      if (answer.kind === "refused") this.#owner.refused(answer.reason);
    } catch (error) {
      // A frame that a feed cannot read must not end the connection: it is in the log already.
      logger.error(
        { error: describeError(error), frame: frame.slice(0, 200) },
        "cannot read an answer; answers are no longer counted",
      );
      this.#awaitsAnswers = false;
      return;
    }
    const { answered } = this.#tally;
    if (answered === "all") this.handle({ kind: "answered" });
    else if (answered === "perhaps") this.#settleAlarm.set(settings.answerSettleMs);
  }

  #recordOpened(): void {
    const { recorder, url, symbols, logger } = this.#context;
    this.#epoch = this.#owner.nextEpoch();
    const opened: ConnectionOpened = { url, symbols, planned: this.#owner.isPlanned(this) };
    recorder.record("opened", this.#epoch, encoder.encode(JSON.stringify(opened)));
    logger.info({ epoch: this.#epoch, url, symbols: symbols.length, planned: opened.planned }, "connection opened");
    if (this.#isPaused) this.#socket?.pause();
  }

  #recordClosed(closed: ConnectionClosed): void {
    const { recorder, logger } = this.#context;
    recorder.record("closed", this.#epoch, encoder.encode(JSON.stringify(closed)));
    const isWanted = closed.cause === "planned" || closed.cause === "shutdown";
    logger[isWanted ? "info" : "warn"]({ epoch: this.#epoch, ...closed }, "connection closed");
  }

  #subscribe(): void {
    const { feed, subscribeFrames } = this.#context;
    this.#awaitsAnswers = true;
    this.#silenceAlarm.set(feed.limits.silenceMsMax);
    if (feed.ping !== undefined) this.#pingAlarm.set(feed.ping.everyMs);
    this.#sender.send(...subscribeFrames);
    if (subscribeFrames.length === 0) this.handle({ kind: "answered" }); // The URL alone subscribes.
  }

  #send(frame: string): void {
    this.#context.recorder.record("sent", this.#epoch, encoder.encode(frame));
    this.#socket?.send(frame);
  }

  #ping(): void {
    const { feed, logger } = this.#context;
    if (feed.ping === undefined) return;
    this.#pingAlarm.set(feed.ping.everyMs);
    // Frames that wait for their turn keep the connection as well as a ping would, and the queue stays bounded.
    if (this.#sender.waiting > 0) return;
    try {
      const frame = feed.ping.frame();
      if (frame === undefined) this.#socket?.ping?.();
      else this.#sender.send(frame);
    } catch (error) {
      logger.error({ error: describeError(error) }, "the feed made no ping; the venue may end the connection");
    }
  }

  #checkSilence(): void {
    const { clock, feed } = this.#context;
    const { silenceMsMax } = feed.limits;
    const silentMs = clock.monotonicMs() - this.#heardMs;
    if (this.#isPaused || silentMs < silenceMsMax) {
      this.#silenceAlarm.set(this.#isPaused ? silenceMsMax : Math.ceil(silenceMsMax - silentMs));
    } else {
      this.handle({ kind: "silent", detail: `Nothing received for ${Math.round(silentMs)} ms` });
    }
  }

  #watchAge(): void {
    const { feed, random, clock } = this.#context;
    const ageMsMax = feed.limits.connectionAgeMsMax;
    if (ageMsMax === undefined) return;
    const marginMs = Math.min(ageMsMax * ROTATION_MARGIN, ROTATION_MARGIN_MS_MAX);
    // Spread over another margin, so that connections opened together do not all change over together.
    const changeAgeMs = ageMsMax - marginMs - random.next() * marginMs;
    this.#ageAlarm.set(Math.max(0, Math.round(changeAgeMs - (clock.monotonicMs() - this.#openedMs))));
  }

  #warnUnanswered(): void {
    const { logger, symbols, channels } = this.#context;
    const { accepted, refused } = this.#tally;
    logger.warn(
      { epoch: this.#epoch, expected: symbols.length * channels.length, accepted, refused },
      "the venue has not answered every subscription; the connection goes on with what it delivers",
    );
  }
}

/**
 * Whether the state's time is time for frames to arrive in, so that it stands still while we do not read: answers
 * would be missed, and an old socket be closed on frames that its successor came too late for.
 */
function waitsForFrames(state: SessionState): boolean {
  return state.name === "subscribing" || (state.name === "draining" && state.step === "overlap");
}
