import { sameBar, sameDecimal } from "./bar-columns.ts";
import { actionKey, isLater, type KnownAction, type KnownBar, type Said } from "./known.ts";
import type { CorporateAction, VendorAnswer } from "./vendor-answer.ts";

/** What an answer adds to what was known. */
export interface NewStatements {
  readonly bars: readonly KnownBar[];
  readonly actions: readonly KnownAction[];
}

/** Everything that one vendor has said of one symbol's corporate actions, shared by its series of all intervals. */
export class ActionHistory {
  /** By actionKey(). */
  readonly said: Map<string, KnownAction[]> = new Map();

  constructor(actions: readonly KnownAction[]) {
    for (const action of actions) append(this.said, actionKey(action), action);
  }
}

/**
 * Everything that one vendor has said of one series (a symbol at an interval), and of the symbol's corporate actions.
 * Nothing is ever changed in it: what an answer says differently becomes a further statement.
 */
export class Statements {
  readonly #bars = new Map<number, KnownBar[]>();
  readonly #actions: Map<string, KnownAction[]>;

  constructor(bars: readonly KnownBar[], actions: ActionHistory) {
    for (const bar of bars) append(this.#bars, bar.startUs, bar);
    this.#actions = actions.said;
  }

  /**
   * Takes in what a vendor answered at a time, and returns what of it was not known by then: the same again is nothing new.
   * An action that a complete answer no longer has is withdrawn; a candle that it no longer has stays.
   */
  take(answer: Pick<VendorAnswer, "bars" | "actions" | "complete">, knownAtUs: number): NewStatements {
    const bars: KnownBar[] = [];
    for (const bar of answer.bars) {
      const said = this.#bars.get(bar.startUs) ?? [];
      const before = newestAt(said, knownAtUs);
      if (before !== undefined && sameBar(before, bar)) continue;
      bars.push(append(this.#bars, bar.startUs, { ...bar, knownAtUs, revision: said.length }));
    }
    const stated = answer.actions.flatMap((action) => this.#state(action, knownAtUs));
    return { bars, actions: [...stated, ...this.#withdraw(answer, knownAtUs)] };
  }

  #state(action: CorporateAction, knownAtUs: number): readonly KnownAction[] {
    const said = this.#actions.get(actionKey(action)) ?? [];
    const before = newestAt(said, knownAtUs);
    if (before?.state === "stated" && sameAction(before, action)) return [];
    const known: KnownAction = { ...action, state: "stated", knownAtUs, revision: said.length };
    return [append(this.#actions, actionKey(action), known)];
  }

  #withdraw(
    { actions, complete }: Pick<VendorAnswer, "actions" | "complete">,
    knownAtUs: number,
  ): readonly KnownAction[] {
    if (complete === undefined) return [];
    const { kinds, fromUs, toUs } = complete;
    const present = new Set(actions.map(actionKey));
    const withdrawn: KnownAction[] = [];
    for (const [key, said] of this.#actions) {
      const before = newestAt(said, knownAtUs);
      if (before === undefined || before.state === "withdrawn" || present.has(key)) continue;
      if (!kinds.includes(before.kind) || before.exDateUs < fromUs || before.exDateUs > toUs) continue;
      withdrawn.push(append(this.#actions, key, { ...before, state: "withdrawn", knownAtUs, revision: said.length }));
    }
    return withdrawn;
  }
}

function append<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): Value {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
  return value;
}

function newestAt<T extends Said>(said: readonly T[], atUs: number): T | undefined {
  let newest: T | undefined;
  for (const each of said) {
    if (each.knownAtUs <= atUs && (newest === undefined || isLater(each, newest))) newest = each;
  }
  return newest;
}

function sameAction(a: CorporateAction, b: CorporateAction): boolean {
  if (a.kind === "split") return b.kind === "split" && a.to === b.to && a.from === b.from;
  return b.kind === "dividend" && a.adjustment === b.adjustment && sameDecimal(a.amount, b.amount);
}
