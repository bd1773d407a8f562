import type { Abortable, Clock } from "../../base/index.ts";
import { InvalidInputError } from "../../base/index.ts";
import {
  alphaVantageQuoteRequest,
  alphaVantageRequest,
  batchOf,
  type Fetched,
  rawEquitySymbol,
  type Vendor,
  VendorClient,
  VendorRefusedError,
  type VendorRequest,
  yahooChartRequest,
  yahooQuoteRequest,
} from "../../equities/index.ts";
import type { Config } from "../config.ts";
import { canonicalSymbol } from "./canonical-symbol.ts";
import { openEquitiesLake } from "./equities-lake.ts";
import { EquitiesWriter } from "./equities-writer.ts";
import { EQUITIES_WRITER } from "./import-equities.ts";
import { type LandedReport, landAnswers } from "./land-answers.ts";

export interface VendorAccess {
  readonly vendor: Vendor;
  /** Of Alpha Vantage: from the environment, never from a file. */
  readonly key?: string | undefined;
  readonly onWait?: ((reason: string, waitMs: number) => void) | undefined;
  readonly clock?: Clock | undefined;
  /** The first wait after a failure. */
  readonly firstWaitMs?: number | undefined;
}

export interface FetchEquitiesOptions extends VendorAccess, Abortable {
  /** Canonical ids, or tickers of configured ones; all that are configured without. */
  readonly symbols?: readonly string[] | undefined;
  readonly interval: string;
  readonly startUs: number;
  readonly endUs: number;
  readonly onLanded?: ((report: LandedReport) => void) | undefined;
}

const MINUTE_MS = 60_000;

/**
 * Asks a vendor for each symbol's candles and corporate actions, and keeps each answer as soon as it has come. A symbol that
 * the vendor refuses holds up no other.
 *
 * @throws {VendorUnavailableError} where the vendor does not answer: what came before is kept
 * @throws {VendorRefusedError} when all symbols were asked for, with what the vendor said of those that it refuses
 */
export async function fetchEquities(config: Config, options: FetchEquitiesOptions): Promise<readonly LandedReport[]> {
  const { vendor, interval, startUs, endUs, signal, onLanded = () => {} } = options;
  const symbols = rawSymbols(config, vendor, options.symbols);
  const client = vendorClient(config, options);
  await using lake = await openEquitiesLake(config);
  const writer = new EquitiesWriter(lake, EQUITIES_WRITER);
  const reports: LandedReport[] = [];
  const refusals: VendorRefusedError[] = [];
  for (const [symbol, rawSymbol] of symbols) {
    const question = { rawSymbol, interval, startUs, endUs };
    const fetched = await client.ask(seriesRequest(config, options, question), { signal }).catch((error: unknown) => {
      if (error instanceof VendorRefusedError) return error;
      throw error;
    });
    if (fetched instanceof VendorRefusedError) {
      refusals.push(fetched);
      continue;
    }
    const { bytes, answer, knownAtUs } = fetched;
    const batch = batchOf(vendor, bytes, knownAtUs);
    const arrived = { name: symbol, source: "backfill", batch, answer, symbol, rawSymbol } as const;
    for (const report of await landAnswers(lake, writer, [arrived], { signal })) {
      reports.push(report);
      onLanded(report);
    }
  }
  if (refusals.length > 0) throw new VendorRefusedError(refusals.map(({ message }) => message).join("\n"));
  return reports;
}

/** The vendor's spelling of each symbol. @throws {InvalidInputError} when it has none */
export function rawSymbols(
  config: Pick<Config, "equities">,
  vendor: Vendor,
  symbols: readonly string[] = [],
): ReadonlyMap<string, string> {
  const wanted =
    symbols.length === 0 ? config.equities.symbols : symbols.map((symbol) => canonicalSymbol(config, symbol));
  return new Map(
    wanted.map((symbol) => {
      const raw = rawEquitySymbol(vendor, symbol);
      if (raw === undefined)
        throw new InvalidInputError(
          `${symbol} is no share that K2 can ask ${vendor} for. Write for example AAPL-XNAS-EQ`,
        );
      return [symbol, raw];
    }),
  );
}

function vendorClient(
  { equities }: Pick<Config, "equities">,
  access: VendorAccess,
  attemptsMax: number = equities.attempts,
): VendorClient {
  const { onWait, clock, firstWaitMs } = access;
  return new VendorClient({
    spacingMs: MINUTE_MS / equities.requestsPerMinute,
    attemptsMax,
    ...(onWait === undefined ? {} : { onWait }),
    ...(clock === undefined ? {} : { clock }),
    ...(firstWaitMs === undefined ? {} : { firstWaitMs }),
  });
}

function seriesRequest(
  { equities }: Pick<Config, "equities">,
  { vendor, key }: VendorAccess,
  question: Parameters<typeof yahooChartRequest>[1],
): VendorRequest {
  return vendor === "yahoo"
    ? yahooChartRequest(equities.yahooUrl, question)
    : alphaVantageRequest(equities.alphaVantageUrl, keyOf(key), question);
}

/** Asks for a last price, once: who wants it at a cadence asks again, and waits for no other. */
export function quoteAsker(
  config: Pick<Config, "equities">,
  access: VendorAccess,
): (rawSymbol: string, signal: AbortSignal) => Promise<Fetched> {
  const client = vendorClient(config, access, 1);
  const { equities } = config;
  const requestOf = (rawSymbol: string): VendorRequest =>
    access.vendor === "yahoo"
      ? yahooQuoteRequest(equities.yahooUrl, rawSymbol)
      : alphaVantageQuoteRequest(equities.alphaVantageUrl, keyOf(access.key), rawSymbol);
  return (rawSymbol, signal) => client.ask(requestOf(rawSymbol), { signal });
}

function keyOf(key: string | undefined): string {
  if (key !== undefined && key !== "") return key;
  throw new InvalidInputError("Alpha Vantage asks for a key. Set ALPHAVANTAGE_API_KEY in the environment");
}
