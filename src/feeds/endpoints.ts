/** When to give up an endpoint for the next, and when to stop trying for a while. */
export interface EndpointSettings {
  /** Failures in a row at one endpoint, after which the next is tried. */
  readonly failoverFailures: number;
  /** Failures in a row at all of them, after which nothing is tried for `breakerPauseMs`. */
  readonly breakerFailures: number;
  readonly breakerPauseMs: number;
}

/** closed: as usual. open: too many failures, nothing is tried until the pause is over. half-open: one try decides. */
export type BreakerState = "closed" | "open" | "half-open";

/**
 * Which of a feed's endpoints a connection uses, and whether it is worth trying at all.
 *
 * A circuit breaker after Michael T. Nygard, "Release It!": a venue that refuses for a quarter of an hour is not
 * asked every minute for ever, and says so.
 */
export class Endpoints {
  readonly #urls: readonly string[];
  readonly #settings: EndpointSettings;
  #index = 0;
  #failuresHere = 0;
  #failures = 0;
  #breaker: BreakerState = "closed";

  /** @param urls at least one, the preferred first */
  constructor(urls: readonly string[], settings: EndpointSettings) {
    this.#urls = urls;
    this.#settings = settings;
  }

  get url(): string {
    return this.#urls[this.#index] ?? "";
  }

  get all(): readonly string[] {
    return this.#urls;
  }

  get breaker(): BreakerState {
    return this.#breaker;
  }

  /** In a row, at whichever endpoint. */
  get failures(): number {
    return this.#failures;
  }

  /** A try begins. */
  trying(): void {
    if (this.#breaker === "open") this.#breaker = "half-open";
  }

  /** A socket was live for long enough. */
  healthy(): void {
    this.#failures = 0;
    this.#failuresHere = 0;
    this.#breaker = "closed";
  }

  /** A socket failed, or could not be opened. @returns the least pause before the next try, milliseconds */
  failed(): number {
    const { failoverFailures, breakerFailures, breakerPauseMs } = this.#settings;
    this.#failures += 1;
    this.#failuresHere += 1;
    if (this.#urls.length > 1 && this.#failuresHere >= failoverFailures) {
      this.#index = (this.#index + 1) % this.#urls.length;
      this.#failuresHere = 0;
    }
    if (this.#breaker !== "half-open" && this.#failures < breakerFailures) return 0;
    this.#breaker = "open";
    return breakerPauseMs;
  }
}
