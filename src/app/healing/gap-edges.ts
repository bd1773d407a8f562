import type { Gap, Listing } from "../../domain/index.ts";
import { parseInstant } from "../../domain/index.ts";
import type { QueryEngine, TradeRow, TradesRequest } from "../../query/index.ts";

/** What the stream told of a listing on both sides of a gap: event times by the venue's clock, microseconds. */
export interface GapEdges {
  /** The newest trade before it: what is older is here. undefined: none in the last minutes, or nobody can tell. */
  readonly beforeUs: number | undefined;
  /** The first trade after it: what is newer is here. undefined: none yet, or nobody can tell. */
  readonly afterUs: number | undefined;
}

/** How far is looked back for the trade before. */
const BEFORE_US_MAX = 10 * 60_000_000;
/** How far the venue's clock may be ahead of ours, and a stream go on before healing begins. */
const AFTER_US_MAX = 60 * 60_000_000;
const PAGE_ROWS = 1_000;
const PAGES_MAX = 100;

/**
 * Looks the edges up among the rows that are here, by the clock of receipt. What was asked for (source "backfill") or sent
 * as history is no edge: there may be holes before it.
 */
export async function gapEdges(
  trades: QueryEngine["trades"],
  { venue, symbol, rawSymbol }: Pick<Listing, "venue" | "symbol" | "rawSymbol">,
  { fromUs, toUs = Number.POSITIVE_INFINITY }: Pick<Gap, "fromUs" | "toUs">,
  signal: AbortSignal | undefined,
): Promise<GapEdges> {
  const window = { startUs: fromUs - BEFORE_US_MAX, endUs: fromUs + AFTER_US_MAX };
  let afterUs: number | undefined;
  for await (const row of newestFirst(trades, { venues: [venue], symbols: [symbol], ...window }, signal)) {
    if (row.rawSymbol !== rawSymbol || !isStreamed(row)) continue;
    const receivedUs = instantUs(row.receiveTime);
    if (receivedUs <= fromUs) return { beforeUs: instantUs(row.eventTime), afterUs };
    if (receivedUs >= toUs) afterUs = instantUs(row.eventTime);
  }
  return { beforeUs: undefined, afterUs };
}

async function* newestFirst(
  trades: QueryEngine["trades"],
  range: Pick<TradesRequest, "venues" | "symbols" | "startUs" | "endUs">,
  signal: AbortSignal | undefined,
): AsyncGenerator<TradeRow> {
  let cursor: string | undefined;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const page = await trades({ ...range, order: "descending", limit: PAGE_ROWS, cursor }, { signal });
    yield* page.rows;
    cursor = page.cursor;
    if (cursor === undefined) return;
  }
}

function isStreamed({ source, flags }: TradeRow): boolean {
  return source !== "backfill" && !flags.includes("snapshot");
}

function instantUs(text: string): number {
  return parseInstant(text)?.us ?? 0;
}
