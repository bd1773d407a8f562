import { formatBytes, formatCount, type Health, secondsSince } from "./model.ts";
import { RateChart } from "./rate-chart.tsx";

/** The health of every connection, and of what stands behind them. */
export function Feeds({ health }: { readonly health: Health | undefined }): preact.JSX.Element {
  if (health === undefined) return <p class="quiet">Waiting for the first report …</p>;
  return (
    <>
      <div class="cards">
        <Card name="Trades" value={formatCount(health.pipeline.trades)} />
        <Card name="Duplicates" value={formatCount(health.pipeline.duplicates)} />
        <Card name="Quarantined" value={formatCount(health.pipeline.refused)} warn={health.pipeline.refused > 0} />
        <Card name="Frames waiting" value={formatCount(health.pipeline.lagFrames)} />
        {health.books === undefined ? null : (
          <Card
            name="Books proven"
            value={`${formatCount(health.books.proven)} of ${formatCount(health.books.books)}`}
            note={`${formatCount(health.books.lagFrames)} frames waiting`}
            warn={health.books.proven < health.books.books}
          />
        )}
        {health.venueData === undefined ? null : (
          <Card name="Frames of venue data waiting" value={formatCount(health.venueData.lagFrames)} />
        )}
        <Card name="In the hot store" value={formatCount(health.store.trades)} />
        {health.lake.map((table) => (
          <Card
            key={table.table}
            name={`Lake: ${table.table}`}
            value={formatCount(table.rows)}
            note={`${table.files} files, ${secondsSince(table.committedAt)}`}
          />
        ))}
        <Card name="Memory" value={formatBytes(health.process.residentBytes)} />
      </div>
      <RateChart health={health} />
      <table class="feeds">
        <thead>
          <tr>
            <th>Connection</th>
            <th>State</th>
            <th>Messages/s</th>
            <th title="Our clock minus the venue's; negative where the venue's runs ahead">Lag</th>
            <th>Last frame</th>
            <th>Frames</th>
            <th>Reconnects</th>
            <th>Gaps</th>
            <th>Endpoint</th>
          </tr>
        </thead>
        <tbody>
          {health.feeds.map((feed) => (
            <tr
              key={feed.connection}
              title={`${feed.symbols.join(" ")}${feed.lastError === null ? "" : `\n${feed.lastError}`}`}
            >
              <td>{feed.connection}</td>
              <td>
                <span class={`state ${feed.state}`}>{feed.state}</span>
              </td>
              <td>{formatCount(feed.framesPerSecond)}</td>
              <td>{feed.latencyMs === null ? "–" : `${feed.latencyMs.toFixed(1)} ms`}</td>
              <td>{secondsSince(feed.lastFrameAt)}</td>
              <td>{formatCount(feed.frames)}</td>
              <td>{feed.reconnects}</td>
              <td class={feed.gaps > 0 ? "warn" : ""}>{feed.gaps}</td>
              <td class="endpoint">{feed.url}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Quality quality={health.quality} />
    </>
  );
}

/** The listings whose last five minutes are worth a look, the worst first. */
function Quality({ quality }: { readonly quality: Health["quality"] }): preact.JSX.Element | null {
  const { minute, listings, worst } = quality;
  if (minute === null) return null;
  return (
    <>
      <h2>Quality</h2>
      <p class="quiet">
        {listings} listings in the last five minutes{listings > 0 && worst.length === 0 ? ", all well" : ""}
      </p>
      {worst.length === 0 ? null : (
        <table class="feeds quality">
          <thead>
            <tr>
              <th>Minute</th>
              <th>Venue</th>
              <th>Instrument</th>
              <th>What is wrong</th>
            </tr>
          </thead>
          <tbody>
            {worst.map(({ venue, symbol, minute: at, problem }) => (
              <tr key={`${venue} ${symbol}`}>
                <td>{at.slice(11, 16)}</td>
                <td>{venue}</td>
                <td>{symbol}</td>
                <td class="warn">{problem}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

interface CardProps {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
  readonly warn?: boolean;
}

function Card({ name, value, note, warn = false }: CardProps): preact.JSX.Element {
  return (
    <div class={warn ? "card warn" : "card"}>
      <span>{name}</span>
      <strong>{value}</strong>
      {note === undefined ? null : <small>{note}</small>}
    </div>
  );
}
