import { useEffect, useMemo, useState } from "preact/hooks";
import { Candles } from "./candles.tsx";
import { Feeds } from "./feeds.tsx";
import type { Health, InstrumentRow } from "./model.ts";
import { Stream } from "./stream.ts";
import { Tape } from "./tape.tsx";

const INTERVALS = ["1s", "1m", "5m", "15m", "30m", "1h", "4h", "1d"];
const STREAM_URL = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/stream`;
const INSTRUMENTS_EVERY_MS = 3000;
const FIRST_SHOWN = "BTC-USDT-SPOT binance";

export function App(): preact.JSX.Element {
  const [connection, setConnection] = useState<"connecting" | "live" | "lost">("connecting");
  const [mode, setMode] = useState<string>();
  const [health, setHealth] = useState<Health>();
  const [chosen, setChosen] = useState<string>();
  const [interval, setInterval] = useState("1s");
  const instruments = useInstruments();
  const stream = useMemo(
    () =>
      new Stream(STREAM_URL, (state, reportedMode) => {
        setConnection(state);
        setMode(reportedMode);
      }),
    [],
  );
  useEffect(
    () => stream.subscribe({ channel: "health" }, (_kind, rows: readonly Health[]) => setHealth(rows.at(-1))),
    [stream],
  );

  const current =
    instruments.find((instrument) => keyOf(instrument) === chosen) ??
    instruments.find((instrument) => keyOf(instrument) === FIRST_SHOWN) ??
    instruments[0];
  return (
    <>
      {mode === "simulated" ? (
        <div class="banner" role="status">
          Simulated market: these prices are made up by this machine. <code>npm start -- --live</code> captures the real
          venues.
        </div>
      ) : null}
      <header>
        <h1>K2</h1>
        <label>
          Instrument{" "}
          <select
            value={current === undefined ? "" : keyOf(current)}
            onChange={(event) => setChosen(event.currentTarget.value)}
          >
            {instruments.map((instrument) => (
              <option key={keyOf(instrument)} value={keyOf(instrument)}>
                {instrument.symbol} · {instrument.venue}
              </option>
            ))}
          </select>
        </label>
        <nav aria-label="Bar width">
          {INTERVALS.map((width) => (
            <button key={width} type="button" aria-pressed={width === interval} onClick={() => setInterval(width)}>
              {width}
            </button>
          ))}
        </nav>
        <span class={`link ${connection}`} role="status">
          {connection}
        </span>
      </header>
      <main>
        {current === undefined ? (
          <p class="quiet">Waiting for the first trade …</p>
        ) : (
          <section class="market">
            <Candles stream={stream} symbol={current.symbol} venue={current.venue} interval={interval} />
            <Tape stream={stream} symbol={current.symbol} venue={current.venue} />
          </section>
        )}
        <section>
          <h2>Feeds</h2>
          {health?.problems.map((problem) => (
            <p key={problem} class="problem" role="alert">
              {problem}
            </p>
          ))}
          <Feeds health={health} />
        </section>
      </main>
      <footer>
        <a href="/openapi.json">API</a> · <a href="/metrics">metrics</a> · <a href="/v1/health">health</a> · charts by{" "}
        <a href="https://www.tradingview.com/">TradingView</a>
      </footer>
    </>
  );
}

function keyOf({ symbol, venue }: InstrumentRow): string {
  return `${symbol} ${venue}`;
}

/** The listings that have traded, asked for again while new ones may still appear. */
function useInstruments(): readonly InstrumentRow[] {
  const [instruments, setInstruments] = useState<readonly InstrumentRow[]>([]);
  useEffect(() => {
    const load = async (): Promise<void> => {
      const response = await fetch("/v1/instruments");
      if (!response.ok) return;
      const { rows } = (await response.json()) as { readonly rows: readonly InstrumentRow[] };
      const ordered = [...rows].sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
      setInstruments((before) => (before.length === ordered.length ? before : ordered));
    };
    const ask = (): void => void load().catch(() => {}); // The state line shows a lost connection.
    ask();
    const timer = window.setInterval(ask, INSTRUMENTS_EVERY_MS);
    return () => window.clearInterval(timer);
  }, []);
  return instruments;
}
