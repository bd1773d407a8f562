import type { Abortable } from "../base/index.ts";
import { BAR_INTERVAL_US } from "../domain/index.ts";
import { BarReader, type BarsContext } from "./bar-reader.ts";
import type { BarKey } from "./bar-rows.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { fillPage } from "./fill-bars.ts";
import type { BarRow, BarsRequest, Page } from "./query.ts";
import { windowOf } from "./range.ts";

const KEY_PARTS = [/^-?\d{1,16}$/, /^.{1,200}$/s, /^.{1,200}$/s];

/** One page of the latest revision of each bar, by time, venue and raw symbol; see QueryEngine.bars. */
export async function barsPage(
  request: BarsRequest,
  context: BarsContext,
  { signal }: Abortable,
): Promise<Page<BarRow>> {
  const { order, limit, cursor, fill } = request;
  const key = cursor === undefined ? undefined : cursorKey(decodeCursor(cursor, { kind: "bars", order }, KEY_PARTS));
  const reader = new BarReader(request, context, signal);
  const found =
    fill === "previous"
      ? await fillPage({ range: request, key, limit: limit + 1, intervalUs: BAR_INTERVAL_US[request.interval], reader })
      : await reader.page(windowOf(request, key?.startUs), key, limit + 1);
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  return {
    rows: page.map(({ row }) => row),
    cursor:
      last === undefined
        ? undefined
        : encodeCursor({ kind: "bars", order, key: [last.startUs, last.row.venue, last.row.rawSymbol] }),
    receipt: context.sources.receipt(),
  };
}

function cursorKey([startUs = "", venue = "", rawSymbol = ""]: readonly string[]): BarKey {
  return { startUs: Number(startUs), venue, rawSymbol };
}
