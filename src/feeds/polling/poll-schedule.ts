import type { RestLimits } from "../rest/rest-trades.ts";
import type { PolledChannel, PollRequest } from "./polled-channel.ts";

/** A request that is sent again and again. */
export interface Poll {
  readonly channel: PolledChannel;
  readonly request: PollRequest;
  readonly everyMs: number;
  /** When it is sent next, on the monotonic clock. */
  dueMs: number;
  /** In a row. */
  failures: number;
}

export interface PollScheduleOptions {
  readonly channels: readonly PolledChannel[];
  readonly rawSymbols: readonly string[];
  /** By channel, instead of its own. */
  readonly everyMs?: Readonly<Record<string, number>> | undefined;
  readonly limits: RestLimits;
  readonly nowMs: number;
}

/** Of the allowance; the rest is for what heals gaps and books. */
const SHARE = 0.5;

/**
 * Which request is due when. The requests of a channel are spread over its period, so that a venue is asked evenly; where
 * all together would take more than half of the allowance, every period is longer by the same factor.
 */
export class PollSchedule {
  readonly #polls: Poll[];
  /** By how much the periods are longer than they should be: 1 mostly. */
  readonly stretch: number;

  constructor({ channels, rawSymbols, everyMs = {}, limits, nowMs }: PollScheduleOptions) {
    const planned = channels.map((channel) => ({
      channel,
      periodMs: everyMs[channel.name] ?? channel.everyMs,
      requests: channel.requests(rawSymbols),
    }));
    const weightPerMinute = planned.reduce((sum, { periodMs, requests }) => {
      return sum + (requests.reduce((weights, { weight }) => weights + weight, 0) * 60_000) / periodMs;
    }, 0);
    this.stretch = Math.max(1, weightPerMinute / (limits.weightPerMinute * SHARE));
    this.#polls = planned.flatMap(({ channel, periodMs, requests }) => {
      const stretchedMs = periodMs * this.stretch;
      return requests.map((request, index) => ({
        ...{ channel, request, everyMs: stretchedMs, failures: 0 },
        dueMs: nowMs + (stretchedMs * index) / requests.length,
      }));
    });
  }

  /** The one that is due first; there is at least one. */
  get next(): Poll | undefined {
    return this.#polls.reduce<Poll | undefined>(
      (first, poll) => (first === undefined || poll.dueMs < first.dueMs ? poll : first),
      undefined,
    );
  }

  /** Was answered: again after its period; periods that have passed meanwhile are left out. */
  answered(poll: Poll, nowMs: number): void {
    poll.failures = 0;
    const dueMs = poll.dueMs + poll.everyMs;
    poll.dueMs = dueMs > nowMs ? dueMs : nowMs + poll.everyMs;
  }

  /** Was not: again after this pause. */
  failed(poll: Poll, nowMs: number, pauseMs: number): void {
    poll.failures += 1;
    poll.dueMs = nowMs + pauseMs;
  }

  /** Asks in two halves what was refused whole. @returns false where one symbol alone was asked for, or none */
  halve(poll: Poll, nowMs: number): boolean {
    const { channel, request, everyMs } = poll;
    const { rawSymbols } = request;
    if (rawSymbols.length < 2) return false;
    const middle = Math.ceil(rawSymbols.length / 2);
    const halves = [rawSymbols.slice(0, middle), rawSymbols.slice(middle)].flatMap((half) => channel.requests(half));
    const at = this.#polls.indexOf(poll);
    this.#polls.splice(
      at,
      1,
      ...halves.map((half) => ({ channel, request: half, everyMs, dueMs: nowMs, failures: 0 })),
    );
    return true;
  }
}
