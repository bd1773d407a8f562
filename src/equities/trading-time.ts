const DAY_US = 86_400_000_000;

/** A trading day is a date, kept as its 00:00 UTC: `2018-01-02`, or `1/2/2018` as American files write it. */
export function tradingDayUs(text: string): number | undefined {
  const american = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text);
  const iso = american === null ? text : `${american[3]}-${pad(american[1])}-${pad(american[2])}`;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(iso)) return undefined;
  const milliseconds = Date.parse(`${iso}T00:00:00Z`);
  // Date.parse() takes 30 February for 2 March.
  if (Number.isNaN(milliseconds) || !new Date(milliseconds).toISOString().startsWith(iso)) return undefined;
  return milliseconds * 1000;
}

/** `2018-01-02` */
export function dayText(dayUs: number): string {
  return new Date(dayUs / 1000).toISOString().slice(0, 10);
}

/** The date that a moment falls on in UTC. */
export function dayOf(timeUs: number): number {
  return Math.floor(timeUs / DAY_US) * DAY_US;
}

export function nextDay(dayUs: number): number {
  return dayUs + DAY_US;
}

/** The date in a time zone (IANA name) at a moment, as a trading day. */
export function tradingDayAt(timeUs: number, timeZone: string): number | undefined {
  const offset = zoneOffsetMs(timeUs / 1000, timeZone);
  return offset === undefined ? undefined : dayOf(timeUs + offset * 1000);
}

/**
 * The moment of a local time such as `2020-01-29 12:12:00` in a time zone, microseconds since the Unix epoch. An hour that
 * a clock passes twice is taken as the first; one that it leaves out gives undefined.
 */
export function zonedTimeUs(text: string, timeZone: string): number | undefined {
  const match = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2})(:\d{2})?$/.exec(text);
  const [, date = "", minutes = "", seconds = ":00"] = match ?? [];
  if (match === null || tradingDayUs(date) === undefined) return undefined;
  const wallMs = Date.parse(`${date}T${minutes}${seconds}Z`);
  if (Number.isNaN(wallMs)) return undefined;
  const around = [-DAY_US / 1000, DAY_US / 1000].map((shift) => zoneOffsetMs(wallMs + shift, timeZone));
  const moments = around
    .filter((offset) => offset !== undefined)
    .map((offset) => wallMs - offset)
    .filter((moment) => moment + (zoneOffsetMs(moment, timeZone) ?? Number.NaN) === wallMs);
  return moments.length === 0 ? undefined : Math.min(...moments) * 1000;
}

const formatters = new Map<string, Intl.DateTimeFormat | undefined>();
const FORMATTERS_MAX = 64;

/** How far a zone's clocks are ahead of UTC at a moment; undefined for a zone that is not known. */
function zoneOffsetMs(timeMs: number, timeZone: string): number | undefined {
  const formatter = formatterOf(timeZone);
  if (formatter === undefined) return undefined;
  const parts = new Map(formatter.formatToParts(timeMs).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
  const wall = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return wall - Math.floor(timeMs / 1000) * 1000;
}

function formatterOf(timeZone: string): Intl.DateTimeFormat | undefined {
  if (!formatters.has(timeZone)) {
    if (formatters.size === FORMATTERS_MAX) formatters.clear();
    formatters.set(timeZone, makeFormatter(timeZone));
  }
  return formatters.get(timeZone);
}

function makeFormatter(timeZone: string): Intl.DateTimeFormat | undefined {
  const numeric = "numeric";
  const fields = {
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  } as const;
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", ...fields });
  } catch {
    return undefined;
  }
}

function pad(text = ""): string {
  return text.padStart(2, "0");
}
