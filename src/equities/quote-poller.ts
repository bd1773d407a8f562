import { type Clock, describeError } from "../base/index.ts";
import type { Vendor, VendorQuote } from "./vendor-answer.ts";
import type { Fetched } from "./vendor-client.ts";

/** What one look at a listing gave. */
export type QuoteEvent =
  | { readonly kind: "quote"; readonly rawSymbol: string; readonly quote: VendorQuote; readonly fetched: Fetched }
  | { readonly kind: "failed"; readonly vendor: Vendor; readonly rawSymbol: string; readonly detail: string };

export interface QuotePollerOptions {
  readonly vendor: Vendor;
  readonly rawSymbols: readonly string[];
  /** From the beginning of one round to that of the next; a round that takes longer is followed by the next at once. */
  readonly cadenceMs: number;
  /** Ends after so many rounds; without it when aborted. */
  readonly roundsMax?: number | undefined;
  readonly ask: (rawSymbol: string, signal: AbortSignal) => Promise<Fetched>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Looks at each listing once a round. A failure of one is told, and holds up neither the others nor the next round. */
export async function* pollQuotes(options: QuotePollerOptions): AsyncGenerator<QuoteEvent> {
  const { rawSymbols, cadenceMs, roundsMax = Number.POSITIVE_INFINITY, clock, signal } = options;
  let dueMs = clock.monotonicMs();
  for (let round = 0; round < roundsMax && !signal.aborted; round += 1) {
    const waitMs = dueMs - clock.monotonicMs();
    if (waitMs > 0) await clock.sleep(waitMs, { signal }).catch(() => {});
    for (const rawSymbol of rawSymbols) {
      if (signal.aborted) return;
      const event = await look(rawSymbol, options);
      if (event !== undefined) yield event;
    }
    // Rounds that were missed are not made up for.
    dueMs = Math.max(dueMs + cadenceMs, clock.monotonicMs());
  }
}

async function look(rawSymbol: string, { vendor, ask, signal }: QuotePollerOptions): Promise<QuoteEvent | undefined> {
  try {
    const fetched = await ask(rawSymbol, signal);
    const { quote } = fetched.answer;
    if (quote !== undefined) return { kind: "quote", rawSymbol, quote, fetched };
    return { kind: "failed", vendor, rawSymbol, detail: "the answer has no last price" };
  } catch (error) {
    return signal.aborted ? undefined : { kind: "failed", vendor, rawSymbol, detail: describeError(error) };
  }
}
