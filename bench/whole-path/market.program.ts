/*
 * The venue's side of a whole-path benchmark, in a process of its own so that its work is not counted as K2's:
 * `node market.program.ts <tradesPerSecond> <feed> …` plays the simulated market until its standard input ends.
 */
import { startVenueServer } from "../../src/venue-server/index.ts";
import { ASSETS } from "./market-feeds.ts";

const [tradesPerSecond = "40", ...feeds] = process.argv.slice(2);
const server = await startVenueServer({
  source: {
    kind: "market",
    seed: 1,
    tradesPerSecond: Number(tradesPerSecond),
    feeds,
    assets: ASSETS,
    joinNow: true,
    snapshots: false,
  },
});
const urls = Object.fromEntries(feeds.map((feed) => [feed, server.url(feed)]));
process.stdout.write(`${JSON.stringify({ httpUrl: server.httpUrl, urls })}\n`);
process.stdin.resume().on("end", () => process.exit());
