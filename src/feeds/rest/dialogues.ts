import type { TradeFields } from "../decode/trade-fields.ts";
import type { RestDialogue, RestRequest, WantedTrades } from "./rest-trades.ts";

/** The number of a trade's id, also where it is written `a<number>`. */
export function idOf({ id }: TradeFields): number {
  return Number(id.startsWith("a") ? id.slice(1) : id);
}

interface Span {
  readonly firstId: number;
  readonly lastId: number;
  readonly firstUs: number;
  readonly lastUs: number;
}

/** What a page reaches from and to, in whichever order the venue gives it. */
export function spanOf(trades: readonly TradeFields[]): Span {
  let [firstId, lastId, firstUs, lastUs] = [Number.POSITIVE_INFINITY, -1, Number.POSITIVE_INFINITY, -1];
  for (const trade of trades) {
    const id = idOf(trade);
    if (id < firstId) firstId = id;
    if (id > lastId) lastId = id;
    if (trade.time.us < firstUs) firstUs = trade.time.us;
    if (trade.time.us > lastUs) lastUs = trade.time.us;
  }
  return { firstId, lastId, firstUs, lastUs };
}

/** Pages that ascend from an id: until the last wanted, or a page that is not full. */
export function* askUpwards(
  from: number,
  { lastId, toUs }: WantedTrades,
  { pageMax, request }: { readonly pageMax: number; readonly request: (fromId: number) => RestRequest },
): RestDialogue {
  for (let next = from; ; ) {
    const page = yield request(next);
    if (page.length === 0) return "whole";
    const span = spanOf(page);
    const isThere = lastId === undefined ? span.lastUs > toUs : span.lastId >= lastId;
    if (isThere || page.length < pageMax || span.lastId < next) return "whole";
    next = span.lastId + 1;
  }
}

/**
 * Pages that descend from before an id, or from the newest: until the first wanted. A page that is not full is the last.
 *
 * @param options.hasAll the venue tells all trades that ever were: there are none before the last page
 */
export function* askDownwards(
  { firstId, lastId, fromUs }: WantedTrades,
  {
    pageMax,
    request,
    hasAll = false,
  }: {
    readonly pageMax: number;
    readonly request: (beforeId: number | undefined) => RestRequest;
    readonly hasAll?: boolean;
  },
): RestDialogue {
  const atEnd = hasAll ? "whole" : "beyond";
  for (let before = lastId === undefined ? undefined : lastId + 1; ; ) {
    const page = yield request(before);
    if (page.length === 0) return atEnd;
    const span = spanOf(page);
    if (reaches(span, { firstId, fromUs })) return "whole";
    if (page.length < pageMax) return atEnd;
    if (before !== undefined && span.firstId >= before) return "beyond";
    before = span.firstId;
  }
}

/** One page of the newest trades, which is all that the venue offers. */
export function* askNewest({ firstId, fromUs }: WantedTrades, request: RestRequest, pageMax: number): RestDialogue {
  const page = yield request;
  if (page.length < pageMax) return "whole"; // All trades that the listing ever had, or none.
  const span = spanOf(page);
  return reaches(span, { firstId, fromUs }) ? "whole" : "beyond";
}

/** Whether it goes back far enough. */
function reaches(span: Span, { firstId, fromUs }: Pick<WantedTrades, "firstId" | "fromUs">): boolean {
  return firstId === undefined ? span.firstUs < fromUs : span.firstId <= firstId;
}

/** How far from the newest trade is looked first; then four times as far each time. */
const NEAR_NEWEST = 1_000;

/**
 * The first id at or after a time: looked for backwards from the newest, then by halving; for venues that page by ids alone.
 *
 * @param request for a page of at most one trade, the newest before an id (or of all)
 */
export function* findId(
  timeUs: number,
  request: (beforeId: number | undefined) => RestRequest,
): Generator<RestRequest, number, readonly TradeFields[]> {
  const [newest] = yield { ...request(undefined), isProbe: true };
  if (newest === undefined || newest.time.us < timeUs) return newest === undefined ? 1 : idOf(newest) + 1;
  const [oldest] = yield { ...request(2), isProbe: true };
  if (oldest !== undefined && oldest.time.us >= timeUs) return idOf(oldest);
  // The lower is known to be before the time, the higher to be at or after it.
  const bounds = { low: oldest === undefined ? 0 : idOf(oldest), high: idOf(newest) };
  const look = function* (middle: number): Generator<RestRequest, boolean, readonly TradeFields[]> {
    const [trade] = yield { ...request(middle + 1), isProbe: true };
    const isBefore = trade === undefined || trade.time.us < timeUs;
    if (isBefore) bounds.low = middle;
    else bounds.high = Math.min(middle, Math.max(bounds.low + 1, idOf(trade)));
    return isBefore;
  };
  for (let step = NEAR_NEWEST; bounds.high - step > bounds.low; step *= 4) if (yield* look(bounds.high - step)) break;
  while (bounds.high - bounds.low > 1) yield* look(Math.floor((bounds.low + bounds.high) / 2));
  return bounds.high;
}
