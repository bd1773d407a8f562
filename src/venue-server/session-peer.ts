import type { IncomingMessage } from "node:http";
import type { Clock, Random } from "../base/index.ts";
import type { Source } from "./play/index.ts";
import type { Peer, RecentTrades } from "./protocols/index.ts";
import type { Session } from "./wire/index.ts";

export interface SessionPeerOptions {
  readonly source: Source;
  readonly random: Random;
  /** Says nothing but answers to requests: a recording brings its own greetings and heartbeats. */
  readonly isTerse: boolean;
}

/** What a venue's dialogue may do, on a real connection. */
export class SessionPeer implements Peer {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly random: Random;
  readonly #session: Session;
  readonly #source: Source;
  readonly #isTerse: boolean;
  #isAsked = false;

  constructor(session: Session, request: IncomingMessage, { source, random, isTerse }: SessionPeerOptions) {
    const url = new URL(request.url ?? "/", "ws://localhost");
    this.path = url.pathname
      .split("/")
      .slice(2)
      .map((part) => `/${decodeURIComponent(part)}`)
      .join("");
    this.query = url.searchParams;
    this.random = random;
    this.#session = session;
    this.#source = source;
    this.#isTerse = isTerse;
  }

  get clock(): Clock {
    return this.#session.clock;
  }

  get signal(): AbortSignal {
    return this.#session.signal;
  }

  get idleMs(): number {
    return this.#session.idleMs;
  }

  /** Whatever is answered while `handle` runs is an answer to a request. */
  asked(handle: () => void): void {
    this.#isAsked = true;
    try {
      handle();
    } finally {
      this.#isAsked = false;
    }
  }

  answer(text: string): void {
    if (this.#isAsked || !this.#isTerse) this.#session.answer(text);
  }

  refuse(text: string): void {
    this.#session.floor.counts.refusals += 1;
    this.#session.answer(text);
  }

  heartbeat(text: string): void {
    if (!this.#isTerse) this.#session.heartbeat(text);
  }

  ping(): void {
    this.#session.ping();
  }

  nextSequence(): number {
    return this.#session.nextSequence();
  }

  knows(symbol: string): boolean {
    return this.#source.knows(this.#session.floor.feed, symbol);
  }

  recent(symbol: string, countMax: number): RecentTrades | undefined {
    return this.#source.recent(this.#session, symbol, countMax);
  }

  subscribe(topic: string): void {
    if (this.#session.floor.isCrowded) this.cut(1013, "too many subscriptions");
    else this.#source.subscribe(this.#session, topic);
  }

  unsubscribe(topic: string): void {
    this.#source.unsubscribe(this.#session, topic);
  }

  cut(closeCode: number, reason: string): void {
    this.#session.disconnect(closeCode, reason);
  }

  every(periodMs: number, act: () => void): void {
    void this.#repeat(periodMs, act);
  }

  async #repeat(periodMs: number, act: () => void): Promise<void> {
    try {
      while (!this.signal.aborted) {
        await this.clock.sleep(periodMs, { signal: this.signal });
        act();
      }
    } catch (error) {
      if (!this.signal.aborted) throw error;
    }
  }
}
