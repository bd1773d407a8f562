import {
  CandlestickSeries,
  createChart,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type UTCTimestamp,
} from "lightweight-charts";
import { useEffect, useRef } from "preact/hooks";
import type { BarRow } from "./model.ts";
import type { Stream } from "./stream.ts";

interface Props {
  readonly stream: Stream;
  readonly symbol: string;
  readonly venue: string;
  readonly interval: string;
}

const UP = "#26a69a";
const DOWN = "#ef5350";

/** Live candles with volume: the last 500 bars, then every change. */
export function Candles({ stream, symbol, venue, interval }: Props): preact.JSX.Element {
  const holder = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (holder.current === null) return;
    const chart = makeChart(holder.current, interval);
    const candles = chart.addSeries(CandlestickSeries, {
      upColor: UP,
      downColor: DOWN,
      borderVisible: false,
      wickUpColor: UP,
      wickDownColor: DOWN,
    });
    const volume = chart.addSeries(HistogramSeries, { priceFormat: { type: "volume" }, priceScaleId: "volume" });
    chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    const bars = new Map<number, BarRow>();
    const leave = stream.subscribe(
      { channel: "bars", symbol, venue, interval, snapshot: 500 },
      (kind, rows: readonly BarRow[]) => {
        if (kind === "snapshot") bars.clear();
        const latest = Math.max(0, ...bars.keys());
        for (const bar of rows) bars.set(secondsOf(bar), bar);
        const moved = kind === "update" && rows.every((bar) => secondsOf(bar) >= latest);
        if (moved) for (const bar of rows) draw(candles, volume, bar);
        else drawAll(candles, volume, bars);
        holder.current?.setAttribute("data-bars", String(bars.size)); // For those who cannot see a canvas, tests among them.
      },
    );
    return () => {
      leave();
      chart.remove();
    };
  }, [stream, symbol, venue, interval]);
  return <div class="chart" ref={holder} role="img" aria-label={`Candles of ${symbol} on ${venue}, ${interval}`} />;
}

function makeChart(element: HTMLElement, interval: string): IChartApi {
  return createChart(element, {
    autoSize: true,
    layout: { background: { color: "transparent" }, textColor: "#9aa4b2", attributionLogo: true },
    grid: { vertLines: { color: "#1d2530" }, horzLines: { color: "#1d2530" } },
    timeScale: { timeVisible: true, secondsVisible: interval === "1s", borderColor: "#2a3441", rightOffset: 4 },
    rightPriceScale: { borderColor: "#2a3441" },
    crosshair: { mode: 0 },
  });
}

function secondsOf(bar: BarRow): number {
  return Math.floor(Date.parse(bar.start) / 1000);
}

function candle(bar: BarRow): { time: UTCTimestamp; open: number; high: number; low: number; close: number } {
  return {
    time: secondsOf(bar) as UTCTimestamp,
    open: Number(bar.open),
    high: Number(bar.high),
    low: Number(bar.low),
    close: Number(bar.close),
  };
}

function volumeBar(bar: BarRow): { time: UTCTimestamp; value: number; color: string } {
  const rising = Number(bar.close) >= Number(bar.open);
  return { time: secondsOf(bar) as UTCTimestamp, value: Number(bar.volume), color: `${rising ? UP : DOWN}66` };
}

function draw(candles: ISeriesApi<"Candlestick">, volume: ISeriesApi<"Histogram">, bar: BarRow): void {
  candles.update(candle(bar));
  volume.update(volumeBar(bar));
}

function drawAll(
  candles: ISeriesApi<"Candlestick">,
  volume: ISeriesApi<"Histogram">,
  bars: ReadonlyMap<number, BarRow>,
): void {
  const ordered = [...bars.entries()].sort(([a], [b]) => a - b).map(([, bar]) => bar);
  setPrecision(candles, ordered.at(-1));
  candles.setData(ordered.map(candle));
  volume.setData(ordered.map(volumeBar));
}

/** As many decimals as the venue's prices have. */
function setPrecision(candles: ISeriesApi<"Candlestick">, bar: BarRow | undefined): void {
  const decimals = Math.max(
    2,
    ...[bar?.open, bar?.high, bar?.low, bar?.close].map((text) => text?.split(".")[1]?.length ?? 0),
  );
  candles.applyOptions({
    priceFormat: { type: "price", precision: Math.min(decimals, 14), minMove: 10 ** -Math.min(decimals, 14) },
  });
}
