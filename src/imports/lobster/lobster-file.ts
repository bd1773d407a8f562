/** What the name of a LOBSTER file tells. */
export interface LobsterFile {
  readonly kind: "message" | "orderbook";
  readonly ticker: string;
  /** YYYYMMDD, in New York. */
  readonly date: number;
  /** Price levels a side. */
  readonly levels: number;
  /** Midnight in New York at the beginning of the day, microseconds since the Unix epoch: what times count from. */
  readonly midnightUs: number;
}

/** Names of message files. */
export const LOBSTER_MESSAGE_FILE_NAME: RegExp =
  /^(?<symbol>[A-Z0-9.-]{1,10})_\d{4}-\d\d-\d\d_\d{7,8}_\d{7,8}_message_\d{1,3}\.csv(?:\.gz)?$/;
const NAME =
  /^(?<ticker>[A-Z0-9.-]{1,10})_(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)_\d{7,8}_\d{7,8}_(?<kind>message|orderbook)_(?<levels>\d{1,3})\.csv(?:\.gz)?$/;
const NEW_YORK_HOUR = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/New_York",
  hour: "2-digit",
  hourCycle: "h23",
});
const HOUR_MS = 3_600_000;

/** @returns undefined when the name is none of LOBSTER's */
export function parseLobsterFileName(name: string): LobsterFile | undefined {
  const parts = NAME.exec(name)?.groups;
  if (parts === undefined) return undefined;
  const { ticker = "", year = "", month = "", day = "", kind, levels } = parts;
  const utcMs = Date.UTC(Number(year), Number(month) - 1, Number(day));
  // New York is 4 or 5 hours behind UTC; clocks change at night on Sundays, so midnight and the session agree.
  const offset = [4, 5].find((hours) => NEW_YORK_HOUR.format(utcMs + hours * HOUR_MS) === "00");
  if (offset === undefined) return undefined;
  return {
    kind: kind === "message" ? "message" : "orderbook",
    ticker,
    date: Number(year + month + day),
    levels: Number(levels),
    midnightUs: (utcMs + offset * HOUR_MS) * 1000,
  };
}
