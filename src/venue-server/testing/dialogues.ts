import { expect } from "vitest";
import { PROTOCOLS } from "../protocols/index.ts";
import { startVenueServer, type VenueServer } from "../venue-server.ts";

/*
 * What the tests of the dialogues share: each is one documented dialogue, spoken by a client that knows nothing but text
 * frames.
 */

/** A busy market, so that no test waits for trades. */
export async function startBusyMarket(): Promise<VenueServer> {
  return await startVenueServer({
    source: { kind: "market", seed: 5, tradesPerSecond: 4000, firstTradeId: 1000 },
  });
}

/** True of a text that holds all parts. */
export const has =
  (...parts: readonly string[]): ((text: string) => boolean) =>
  (text) =>
    parts.every((part) => text.includes(part));

type Told = ReturnType<(typeof PROTOCOLS)[number]["tradesOf"]>;

/** The trades that frames of a feed tell. */
export function tradesOf(feed: string, frames: readonly string[]): Told {
  const protocol = PROTOCOLS.find((known) => known.feed === feed);
  return frames.flatMap((frame) => protocol?.tradesOf(frame) ?? []);
}

export function expectContiguous(ids: readonly (string | undefined)[]): void {
  const numbers = ids.map((id) => BigInt(id ?? "0"));
  for (const [index, id] of numbers.slice(1).entries()) expect(id).toBe((numbers[index] ?? 0n) + 1n);
}
