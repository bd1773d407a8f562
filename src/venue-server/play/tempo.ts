import type { Abortable, Clock } from "../../base/index.ts";
import type { Notice } from "../wire/index.ts";

/** Times real time, or "max": as fast as the sockets take. */
export type Speed = number | "max";

/** How far a tape or a market has run: real time times the speed, except while paused or held. */
export class Tempo {
  readonly #clock: Clock;
  readonly #changed: Notice;
  #speed: Speed;
  #isPaused: boolean;
  #isHeld = false;
  #baseMs = 0;
  #anchorMs: number;
  #waking: AbortController | undefined;

  constructor(
    { clock, changed }: { readonly clock: Clock; readonly changed: Notice },
    { speed, paused }: { readonly speed: Speed; readonly paused: boolean },
  ) {
    this.#clock = clock;
    this.#changed = changed;
    this.#speed = speed;
    this.#isPaused = paused;
    this.#anchorMs = clock.monotonicMs();
  }

  get isMax(): boolean {
    return this.#speed === "max";
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Played milliseconds since the start; meaningless at "max". */
  get positionMs(): number {
    if (this.#isPaused || this.#isHeld || this.#speed === "max") return this.#baseMs;
    return this.#baseMs + (this.#clock.monotonicMs() - this.#anchorMs) * this.#speed;
  }

  /** Says where a player is that paces itself, so that a change of speed goes on from there. */
  moveTo(positionMs: number): void {
    this.#baseMs = positionMs;
    this.#anchorMs = this.#clock.monotonicMs();
  }

  setSpeed(speed: Speed): void {
    this.#rebase();
    this.#speed = speed;
    this.#change();
  }

  setPaused(paused: boolean): void {
    this.#rebase();
    this.#isPaused = paused;
    this.#change();
  }

  /** Stops the time while nobody listens; unlike a pause, the player itself takes it back. */
  setHeld(held: boolean): void {
    if (held === this.#isHeld) return;
    this.#rebase();
    this.#isHeld = held;
  }

  /** Waits until `positionMs` is due, at most `tickMs` or until the speed changes. */
  async reach(positionMs: number, { tickMs, signal }: Abortable & { readonly tickMs: number }): Promise<void> {
    const speed = this.#speed === "max" ? Number.POSITIVE_INFINITY : this.#speed;
    const waitMs = Math.min(tickMs, Math.max(0, (positionMs - this.positionMs) / speed));
    const waking = new AbortController();
    const onAbort = (): void => waking.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#waking = waking;
    try {
      await this.#clock.sleep(waitMs, { signal: waking.signal });
    } catch (error) {
      signal?.throwIfAborted();
      if (!waking.signal.aborted) throw error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #change(): void {
    this.#waking?.abort();
    this.#changed.notify();
  }

  #rebase(): void {
    this.moveTo(this.positionMs);
  }
}
