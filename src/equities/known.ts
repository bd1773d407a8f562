import type { ActionKind, CorporateAction, VendorBar } from "./vendor-answer.ts";

/** When something was said, and which of what was said at once came last. */
export interface Said {
  /** Our clock when the vendor's answer arrived, microseconds since the Unix epoch. */
  readonly knownAtUs: number;
  /** From 0, one more for each statement about the same thing. */
  readonly revision: number;
}

/** A vendor's statement about one of its candles. */
export interface KnownBar extends VendorBar, Said {}

/** A vendor's statement about one corporate action, or that there is none after all. */
export type KnownAction = CorporateAction & Said & { readonly state: "stated" | "withdrawn" };

/** Of each candle what was known at a time, oldest first. */
export function barsKnownAt<Bar extends KnownBar>(bars: readonly Bar[], atUs: number): readonly Bar[] {
  return newest(bars, atUs, ({ startUs }) => String(startUs)).sort((a, b) => a.startUs - b.startUs);
}

/** The actions that were known at a time and not withdrawn by then, oldest first. */
export function actionsKnownAt<Action extends KnownAction>(
  actions: readonly Action[],
  atUs: number,
): readonly Action[] {
  return newest(actions, atUs, actionKey)
    .filter(({ state }) => state === "stated")
    .sort((a, b) => a.exDateUs - b.exDateUs || a.kind.localeCompare(b.kind));
}

/** A vendor states at most one split and one dividend of a day. */
export function actionKey({ kind, exDateUs }: { readonly kind: ActionKind; readonly exDateUs: number }): string {
  return `${kind} ${exDateUs}`;
}

export function isLater(a: Said, b: Said): boolean {
  return a.knownAtUs > b.knownAtUs || (a.knownAtUs === b.knownAtUs && a.revision > b.revision);
}

function newest<T extends Said>(statements: readonly T[], atUs: number, keyOf: (statement: T) => string): T[] {
  const found = new Map<string, T>();
  for (const statement of statements) {
    if (statement.knownAtUs > atUs) continue;
    const key = keyOf(statement);
    const other = found.get(key);
    if (other === undefined || isLater(statement, other)) found.set(key, statement);
  }
  return [...found.values()];
}
