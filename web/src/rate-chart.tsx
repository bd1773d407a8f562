import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Health } from "./model.ts";

const SECONDS_MAX = 300;
const SHOWN_SECONDS_MIN = 60;
const HEIGHT_PX = 130;

/** Messages a second over all feeds, the last five minutes. */
export function RateChart({ health }: { readonly health: Health }): preact.JSX.Element {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const points = useRef<[number[], number[]]>([[], []]);

  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    plot.current = new uPlot(options(element.clientWidth), points.current, element);
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
    };
  }, []);

  useEffect(() => {
    const [times, rates] = points.current;
    times.push(Date.now() / 1000);
    rates.push(health.feeds.reduce((sum, feed) => sum + feed.framesPerSecond, 0));
    if (times.length > SECONDS_MAX) {
      times.shift();
      rates.shift();
    }
    plot.current?.setData(points.current);
  }, [health]);

  return <div class="rate" ref={holder} role="img" aria-label="Messages a second, the last five minutes" />;
}

function options(width: number): uPlot.Options {
  const axis = { stroke: "#9aa4b2", grid: { stroke: "#1d2530" }, ticks: { show: false } };
  return {
    width,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { range: ({ data: [times] }) => spanOf(times) },
      y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] },
    },
    axes: [axis, { ...axis, size: 60, label: "messages/s", labelSize: 18, stroke: "#9aa4b2" }],
    series: [{}, { label: "messages/s", stroke: "#26a69a", fill: "#26a69a22", width: 1.5, points: { show: false } }],
  };
}

/** Seconds since the epoch: what is shown of these times. No sample, or a first one alone, has no length of its own. */
function spanOf(times: ArrayLike<number>): [number, number] {
  const last = times[times.length - 1] ?? SHOWN_SECONDS_MIN;
  return [Math.min(times[0] ?? 0, last - SHOWN_SECONDS_MIN), last];
}
