import type { Command } from "commander";
import { type BookAnswer, type Config, openOffline } from "../app/index.ts";
import { InvalidInputError } from "../base/index.ts";
import { parseInstant } from "../domain/index.ts";
import { type CommonOptions, configOf, withCommonOptions } from "./common-options.ts";
import { askRunning } from "./running-k2.ts";
import { textTable } from "./text-table.ts";

interface BookCommandOptions extends CommonOptions {
  readonly venue?: string;
  readonly at?: string;
  readonly depth: string;
  readonly json?: boolean;
}

interface BookQuestion {
  readonly symbol: string;
  readonly venue: string | undefined;
  readonly depth: number;
}

const API_DEPTH_MAX = 5_000;

export function addBook(program: Command): void {
  withCommonOptions(program.command("book <symbol>"))
    .description("An order book as it was at a time, with what proves it; or why it is not proven")
    .option("--venue <venue>", "needed where several venues list the symbol")
    .option("--at <time>", "when, by the clock of receipt (default: now, from the K2 that runs, if one does)")
    .option("--depth <number>", "levels a side at the most", "10")
    .option("--json", "as the API answers")
    .addHelpText(
      "after",
      `
Example:  k2 book BTC-USDT-SPOT --venue binance --at 2026-11-21T08:30:00Z

Books are kept of feeds whose configuration names a book channel; see docs/books.md.`,
    )
    .action(async (symbol: string, options: BookCommandOptions) => {
      const depth = Number(options.depth);
      if (!Number.isSafeInteger(depth) || depth < 1)
        throw new InvalidInputError(`--depth must be a whole number above 0, not ${options.depth}`);
      const at = options.at === undefined ? undefined : instantOf(options.at);
      const request = { symbol, venue: options.venue, depth };
      const config = configOf(options);
      // Deeper than the API goes there are the tables alone.
      const isNow = at === undefined && depth <= API_DEPTH_MAX;
      const now = isNow ? await askRunning<BookAnswer>(config, bookPath(request)) : undefined;
      const book = now ?? (await storedBook(config, { ...request, atUs: at }));
      process.stdout.write(options.json === true ? `${JSON.stringify(book, null, 2)}\n` : bookText(book));
    });
}

/** Of a K2 that runs: it has the book in memory. */
function bookPath({ symbol, venue, depth }: BookQuestion): string {
  const query = new URLSearchParams({ symbol, depth: String(depth) });
  if (venue !== undefined) query.set("venue", venue);
  return `/v1/book?${query}`;
}

async function storedBook(
  config: Config,
  request: BookQuestion & { readonly atUs: number | undefined },
): Promise<BookAnswer> {
  await using offline = await openOffline(config);
  return await offline.query.book(request);
}

function instantOf(text: string): number {
  const instant = parseInstant(text);
  if (instant === undefined)
    throw new InvalidInputError(`--at is not a time: ${text}. Write ISO 8601 (2026-11-21T08:30:00Z) or a Unix time`);
  return instant.us;
}

/** Best levels first, bids beside asks, then the proof. */
export function bookText({ venue, symbol, time, bids, asks, proof }: BookAnswer): string {
  const rows = Array.from({ length: Math.max(bids.length, asks.length) }, (_, rank) => {
    const [bid, ask] = [bids[rank], asks[rank]];
    return [bid?.size ?? "", bid?.price ?? "", ask?.price ?? "", ask?.size ?? ""];
  });
  const checksum = proof.checksum === "ok" ? ", whose checksum holds" : "";
  const depth = proof.subscribedDepth === null ? "the whole book" : `${proof.subscribedDepth} levels a side`;
  const more = proof.complete ? "" : "\nMore levels exist than are proven here: those shown are.";
  return `${symbol} at ${venue}, as of ${time}

${textTable(["bid size", "bid", "ask", "ask size"], rows)}

Proven: ${proof.snapshotCause === "replace" ? "the venue's snapshot" : "K2's snapshot"} of ${proof.snapshotTime}${checksum}, and ${proof.changes} messages since, none missing.
Socket ${proof.epoch} of ${proof.connection}, ${depth}.${more}
`;
}
