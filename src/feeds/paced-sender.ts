import type { Clock } from "../base/index.ts";
import { Alarm } from "./alarm.ts";

export interface PacedSenderOptions {
  readonly clock: Clock;
  readonly sendsPerSecondMax: number;
  send(frame: string): void;
}

/** A second with a tenth more: the network may bring two frames closer together than they were sent. */
const SECOND_MS = 1_100;

/** Milliseconds between two frames, so that no second holds more than the venue allows. */
export function sendSpacingMs(sendsPerSecondMax: number): number {
  return Math.ceil(SECOND_MS / sendsPerSecondMax);
}

/** Sends frames in order, evenly spaced: venues cut off clients that send in bursts. */
export class PacedSender {
  readonly #options: PacedSenderOptions;
  readonly #spacingMs: number;
  readonly #alarm: Alarm;
  readonly #queue: string[] = [];
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(options: PacedSenderOptions) {
    this.#options = options;
    this.#spacingMs = sendSpacingMs(options.sendsPerSecondMax);
    this.#alarm = new Alarm(options.clock, () => this.#pump());
  }

  /** Frames that wait for their turn. */
  get waiting(): number {
    return this.#queue.length;
  }

  send(...frames: readonly string[]): void {
    const isIdle = this.#queue.length === 0;
    this.#queue.push(...frames);
    if (isIdle) this.#pump();
  }

  /** Forgets what was not sent. */
  stop(): void {
    this.#queue.length = 0;
    this.#alarm.cancel();
  }

  #pump(): void {
    const { clock, send } = this.#options;
    while (this.#queue.length > 0) {
      const nowMs = clock.monotonicMs();
      if (nowMs < this.#nextMs) {
        this.#alarm.set(Math.ceil(this.#nextMs - nowMs));
        return;
      }
      this.#nextMs = nowMs + this.#spacingMs;
      send(this.#queue.shift() ?? "");
    }
  }
}
