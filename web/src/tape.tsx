import { useEffect, useState } from "preact/hooks";
import { type TradeRow, timeOfDay } from "./model.ts";
import type { Stream } from "./stream.ts";

const ROWS_MAX = 60;

/** The tape: trades as they come, newest first. */
export function Tape({
  stream,
  symbol,
  venue,
}: {
  readonly stream: Stream;
  readonly symbol: string;
  readonly venue: string;
}): preact.JSX.Element {
  const [trades, setTrades] = useState<readonly TradeRow[]>([]);
  useEffect(() => {
    let newest: readonly TradeRow[] = [];
    let scheduled = 0;
    const show = (): void => {
      scheduled = 0;
      setTrades(newest);
    };
    const leave = stream.subscribe(
      { channel: "trades", symbol, venue, snapshot: ROWS_MAX },
      (kind, rows: readonly TradeRow[]) => {
        // Some venues send a few older trades after newer ones; the sort is stable, so equal times keep their order.
        newest = [...[...rows].reverse(), ...(kind === "snapshot" ? [] : newest)].sort(newestFirst).slice(0, ROWS_MAX);
        scheduled ||= requestAnimationFrame(show); // A burst is one redraw.
      },
    );
    return () => {
      leave();
      cancelAnimationFrame(scheduled);
    };
  }, [stream, symbol, venue]);
  return (
    <table class="tape">
      <thead>
        <tr>
          <th>Time (UTC)</th>
          <th>Price</th>
          <th>Size</th>
          <th>Side</th>
        </tr>
      </thead>
      <tbody>
        {trades.map((trade) => (
          <tr key={trade.tradeId} class={trade.side} title={`trade ${trade.tradeId}, ${trade.source}`}>
            <td>{timeOfDay(trade.eventTime)}</td>
            <td>{trade.price}</td>
            <td>{trade.size}</td>
            <td>{trade.side}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function newestFirst(a: TradeRow, b: TradeRow): number {
  return a.eventTime === b.eventTime ? 0 : a.eventTime < b.eventTime ? 1 : -1;
}
