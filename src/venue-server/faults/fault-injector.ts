import { type Random, seededRandom } from "../../base/index.ts";
import { corrupted, mistyped, truncated } from "./damage.ts";
import type { FaultKind, FaultPlan, FaultRule } from "./fault-plan.ts";

/** What the injector needs to know of a frame. */
export interface FaultyFrame {
  readonly payload: Uint8Array;
  /** How many trade records it holds. */
  readonly tradeCount: number;
}

/** One thing to do on a connection, in order. `harmed` frames hold no trade that a client could read. */
export type WireAction<F> =
  | { readonly kind: "send"; readonly frame: F; readonly payload: Uint8Array; readonly harmed: boolean }
  | { readonly kind: "wait"; readonly durationMs: number }
  | { readonly kind: "disconnect"; readonly closeCode: number | undefined }
  | { readonly kind: "half-open" };

export interface FaultCount {
  readonly kind: FaultKind;
  readonly times: number;
  readonly frames: number;
  readonly trades: number;
}

interface RunningRule {
  readonly rule: FaultRule;
  readonly random: Random;
  readonly at: ReadonlySet<number>;
  times: number;
}

/** Decides which frames of one feed are struck. Shared by the feed's connections, so that scripts count through reconnects. */
export class FaultSchedule {
  readonly #rules: readonly RunningRule[];
  #frames = 0;

  constructor(plan: FaultPlan, feed: string) {
    this.#rules = plan.rules
      .map((rule, index) => ({ rule, random: seededRandom(plan.seed * 31 + index), at: new Set(rule.at), times: 0 }))
      .filter(({ rule }) => rule.feed === undefined || rule.feed === feed);
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /** Takes the next frame's number. Every rule draws for every frame, so that one rule does not shift another's luck. */
  strike(): { readonly rule: FaultRule; readonly random: Random } | undefined {
    const number = this.#frames;
    this.#frames += 1;
    let struck: RunningRule | undefined;
    for (const running of this.#rules) {
      const { rule, random, at, times } = running;
      const applies = (rule.probability !== undefined && random.next() < rule.probability) || at.has(number);
      if (applies && struck === undefined && times < (rule.timesMax ?? Number.POSITIVE_INFINITY)) struck = running;
    }
    if (struck !== undefined) struck.times += 1;
    return struck;
  }
}

export interface FaultInjectorOptions {
  readonly schedule: FaultSchedule;
  readonly pricePattern: RegExp;
  readonly count: (count: FaultCount) => void;
}

/** One connection's faults: frames in, what is to be done on the wire out. Pure but for its own memory. */
export class FaultInjector<F extends FaultyFrame> {
  readonly #options: FaultInjectorOptions;
  /** Frames that later ones overtake, with how many more may. At most as many as rules' windows add up to. */
  #held: { readonly frame: F; left: number }[] = [];
  #silentUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: FaultInjectorOptions) {
    this.#options = options;
  }

  isSilent(nowMs: number): boolean {
    return nowMs < this.#silentUntilMs;
  }

  push(frame: F, nowMs: number): readonly WireAction<F>[] {
    const struck = this.#options.schedule.strike();
    if (this.isSilent(nowMs)) {
      this.#count("silence", frame, { times: 0 });
      return [];
    }
    const actions: WireAction<F>[] = [];
    if (struck === undefined) actions.push(sent(frame));
    else actions.push(...this.#strike(frame, struck, nowMs));
    return struck?.rule.kind === "reorder" ? actions : this.#overtake(actions);
  }

  /** What is still held back, at the end of the tape. */
  flush(): readonly WireAction<F>[] {
    const actions = this.#held.map(({ frame }) => sent(frame));
    this.#held = [];
    return actions;
  }

  #strike(
    frame: F,
    { rule, random }: { readonly rule: FaultRule; readonly random: Random },
    nowMs: number,
  ): readonly WireAction<F>[] {
    switch (rule.kind) {
      case "disconnect":
        this.#count(rule.kind, frame, { frames: 0 });
        // What was held back arrives first: a frame that is only late must not be lost with the connection.
        return [...this.flush(), sent(frame), { kind: "disconnect", closeCode: rule.closeCode }];
      case "half-open":
        this.#count(rule.kind, frame);
        return [{ kind: "half-open" }];
      case "duplicate":
        this.#count(rule.kind, frame);
        return [sent(frame), sent(frame)];
      case "reorder":
        this.#count(rule.kind, frame);
        this.#held.push({ frame, left: 1 + random.int(rule.windowMax ?? 4) });
        return [];
      case "silence":
        this.#count(rule.kind, frame);
        this.#silentUntilMs = nowMs + (rule.durationMs ?? 1000);
        return [];
      case "delay":
        this.#count(rule.kind, frame);
        return [{ kind: "wait", durationMs: rule.durationMs ?? 1000 }, sent(frame)];
      case "corrupt":
        this.#count(rule.kind, frame);
        return [harmed(frame, corrupted(frame.payload, random))];
      case "malformed":
        this.#count(rule.kind, frame);
        return [harmed(frame, truncated(frame.payload, random))];
      case "wrong-type": {
        const payload = mistyped(frame.payload, this.#options.pricePattern);
        if (payload === undefined) return [sent(frame)]; // No price, no wrong price.
        this.#count(rule.kind, frame);
        return [harmed(frame, payload)];
      }
    }
  }

  #overtake(actions: WireAction<F>[]): readonly WireAction<F>[] {
    if (this.#held.length === 0) return actions;
    for (const held of this.#held) held.left -= 1;
    const due = this.#held.filter(({ left }) => left <= 0);
    this.#held = this.#held.filter(({ left }) => left > 0);
    return [...actions, ...due.map(({ frame }) => sent(frame))];
  }

  #count(kind: FaultKind, frame: F, change: { readonly times?: number; readonly frames?: number } = {}): void {
    const frames = change.frames ?? 1;
    this.#options.count({ kind, times: change.times ?? 1, frames, trades: frames * frame.tradeCount });
  }
}

function sent<F extends FaultyFrame>(frame: F): WireAction<F> {
  return { kind: "send", frame, payload: frame.payload, harmed: false };
}

function harmed<F extends FaultyFrame>(frame: F, payload: Uint8Array): WireAction<F> {
  return { kind: "send", frame, payload, harmed: true };
}
