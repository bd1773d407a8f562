import type { SubscriptionAnswer } from "./feed.ts";

export interface SubscriptionTallyOptions {
  /** Symbols times channels. */
  readonly subscriptions: number;
  /** Frames that ask for them. */
  readonly requests: number;
}

/**
 * Counts the answers to a socket's subscriptions. Venues differ: some answer each symbol, some each request,
 * some list all that is subscribed by now, and a request's answer need not say how many symbols it was about.
 */
export class SubscriptionTally {
  readonly #options: SubscriptionTallyOptions;
  #answers = 0;
  #accepted = 0;
  #refused = 0;

  constructor(options: SubscriptionTallyOptions) {
    this.#options = options;
  }

  take(answer: SubscriptionAnswer): void {
    this.#answers += 1;
    if (answer.kind === "refused") this.#refused += 1;
    else this.#accepted = answer.isTotal ? Math.max(this.#accepted, answer.count) : this.#accepted + answer.count;
  }

  get accepted(): number {
    return this.#accepted;
  }

  get refused(): number {
    return this.#refused;
  }

  /**
   * all: every subscription has its answer. perhaps: every request has one, so that this is all if no more
   * follow. none: answers are missing.
   */
  get answered(): "all" | "perhaps" | "none" {
    if (this.#accepted + this.#refused >= this.#options.subscriptions) return "all";
    return this.#answers >= this.#options.requests ? "perhaps" : "none";
  }
}
