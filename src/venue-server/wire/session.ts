import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Clock } from "../../base/index.ts";
import { FaultInjector, type WireAction } from "../faults/index.ts";
import type { Client, Topic } from "./client.ts";
import type { FeedFloor } from "./feed-floor.ts";
import { Outbox } from "./outbox.ts";
import type { PlayedFrame } from "./played-frame.ts";

/** Actions that may wait behind a delay before the server stops producing more. */
const ACTIONS_MAX = 1024;
const CONFIRMATION = "k2:";

export interface SessionSockets {
  readonly webSocket: WebSocket;
  readonly socket: Socket;
  readonly request: IncomingMessage;
}

/**
 * One client's connection: what is said to it, in order, and the faults that are done to it.
 * Answers go out as they are; only played frames can be struck by a fault.
 */
export class Session implements Client {
  readonly floor: FeedFloor;
  readonly webSocket: WebSocket;
  /** From 1, over all connections of the server. */
  readonly number: number;
  readonly topics: Set<Topic> = new Set();
  readonly #socket: Socket;
  readonly #outbox: Outbox;
  readonly #ended = new AbortController();
  readonly #confirmations = new Map<string, () => void>();
  #injector: FaultInjector<PlayedFrame> | undefined;
  #actions: WireAction<PlayedFrame>[] = [];
  #isActing = false;
  #isHalfOpen = false;
  #isDirty = false;
  #sequence = -1;
  #confirmed = 0;
  #lastSentMs: number;

  constructor(floor: FeedFloor, number: number, { webSocket, socket }: SessionSockets) {
    this.floor = floor;
    this.number = number;
    this.webSocket = webSocket;
    this.#socket = socket;
    this.#outbox = new Outbox(socket);
    this.#lastSentMs = this.clock.monotonicMs();
    this.applyFaults();
    socket.on("drain", () => this.floor.stage.changed.notify());
    webSocket.on("pong", (data) => this.#confirmations.get(data.toString())?.());
    webSocket.on("close", () => this.#end());
    webSocket.on("error", () => webSocket.terminate()); // The client broke the protocol or the connection.
  }

  get feed(): string {
    return this.floor.feed;
  }

  get clock(): Clock {
    return this.floor.stage.clock;
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  get isDirect(): boolean {
    return (
      this.#injector === undefined && !this.#isHalfOpen && this.#actions.length === 0 && !this.floor.stage.isWatched
    );
  }

  get isCongested(): boolean {
    if (this.#isHalfOpen) return false;
    return this.#outbox.isFull || this.#actions.length >= ACTIONS_MAX || (this.#isActing && this.floor.stage.lockstep);
  }

  /** Since anything was sent on this connection. */
  get idleMs(): number {
    return this.clock.monotonicMs() - this.#lastSentMs;
  }

  /** A ping of ours that asks whether the client has read so far, not one of the venue's. */
  isConfirmation(data: Buffer): boolean {
    return data.toString("latin1", 0, CONFIRMATION.length) === CONFIRMATION;
  }

  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /** Sends an answer at once. */
  answer(text: string): void {
    if (this.#isHalfOpen || this.signal.aborted) return;
    this.#outbox.text(text);
    this.#lastSentMs = this.clock.monotonicMs();
    this.flush();
  }

  /** Sends what keeps a connection alive, unless a fault has silenced it. */
  heartbeat(text: string): void {
    if (this.#injector?.isSilent(this.clock.monotonicMs()) !== true) this.answer(text);
  }

  /** Sends a ping of the protocol. */
  ping(): void {
    if (this.#isHalfOpen) return;
    this.flush();
    if (this.webSocket.readyState === this.webSocket.OPEN) this.webSocket.ping();
  }

  direct(text: string): void {
    this.#outbox.ascii(text);
    this.#sent();
  }

  play(frame: PlayedFrame): void {
    if (this.signal.aborted || this.#isHalfOpen) return;
    const actions: readonly WireAction<PlayedFrame>[] = this.#injector?.push(frame, this.clock.monotonicMs()) ?? [
      { kind: "send", frame, payload: frame.payload, harmed: false },
    ];
    this.#actions.push(...actions);
    this.#act();
  }

  releaseHeld(): void {
    this.#actions.push(...(this.#injector?.flush() ?? []));
    this.#act();
  }

  applyFaults(): void {
    const { schedule, protocol, feed, stage } = this.floor;
    this.releaseHeld();
    this.#injector = schedule.isEmpty
      ? undefined
      : new FaultInjector({
          schedule,
          pricePattern: protocol.pricePattern,
          count: ({ kind, ...change }) => stage.ledger.fault(feed, kind, change),
        });
  }

  flush(): void {
    this.#isDirty = false;
    this.#outbox.flush();
    if (this.#outbox.bufferedBytes <= this.floor.stage.bufferedBytesMax) return;
    this.floor.counts.slowClients += 1;
    this.#socket.destroy(); // A close frame would wait behind all that the client does not read.
  }

  disconnect(closeCode?: number, reason = ""): void {
    this.#actions = [];
    this.flush();
    if (closeCode === undefined) this.#socket.destroySoon();
    else this.webSocket.close(closeCode, reason);
    this.#end();
  }

  #act(): void {
    while (!this.#isActing) {
      const action = this.#actions.shift();
      if (action === undefined) return;
      const pending = this.#perform(action);
      if (pending === undefined) continue;
      this.#isActing = true;
      void pending
        .catch(() => {})
        .then(() => {
          this.#isActing = false;
          this.floor.stage.changed.notify();
          this.#act();
        });
    }
  }

  /** @returns a promise where the following actions have to wait */
  #perform(action: WireAction<PlayedFrame>): Promise<void> | undefined {
    switch (action.kind) {
      case "send":
        return this.#write(action);
      case "wait":
        this.flush();
        return this.clock.sleep(action.durationMs, { signal: this.signal });
      case "disconnect":
        this.disconnect(action.closeCode);
        return undefined;
      case "half-open":
        this.#halfOpen();
        return undefined;
    }
  }

  #write({ frame, payload, harmed }: WireAction<PlayedFrame> & { readonly kind: "send" }): Promise<void> | undefined {
    if (this.signal.aborted) return undefined;
    const { stage } = this.floor;
    stage.recordedNs = frame.timeNs ?? stage.recordedNs;
    if (frame.isBinary) this.#outbox.binary(payload);
    else this.#outbox.text(payload);
    this.#sent();
    if (!harmed) for (const { row, trade } of frame.trades) row.add(trade);
    stage.onSent?.({
      feed: this.floor.feed,
      session: this.number,
      connection: frame.connection,
      timeNs: frame.timeNs,
      payload,
      harmed,
    });
    return stage.lockstep ? this.#confirmRead() : undefined;
  }

  #sent(): void {
    this.floor.counts.frames += 1;
    if (this.#isDirty) return;
    this.#isDirty = true;
    this.#lastSentMs = this.clock.monotonicMs();
    this.floor.stage.dirty.push(this);
  }

  /** Resolves when the client has read everything so far: a WebSocket answers pings in order. */
  async #confirmRead(): Promise<void> {
    this.flush();
    this.#confirmed += 1;
    const token = CONFIRMATION + this.#confirmed;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#confirmations.set(token, resolve);
    if (this.webSocket.readyState === this.webSocket.OPEN) this.webSocket.ping(token);
    else resolve();
    await promise;
    this.#confirmations.delete(token);
  }

  #halfOpen(): void {
    this.flush();
    this.#isHalfOpen = true;
    this.#actions = [];
    this.#socket.pause();
    this.floor.leave(this);
    this.floor.stage.keepHalfOpen(this.#socket);
  }

  #end(): void {
    if (this.signal.aborted) return;
    this.#actions = [];
    this.floor.leave(this);
    this.#ended.abort();
    for (const confirm of this.#confirmations.values()) confirm();
    this.floor.stage.changed.notify();
  }
}
