import type { VenueServer } from "../../venue-server/index.ts";
import type { CapturedFeed } from "../capture.ts";
import type { Config } from "../config.ts";
import { healedFeeds } from "./healed-feeds.ts";
import { Healing, type HealingOptions } from "./healing.ts";

/** Whether a feed's venue is asked for what was missed. Known before the simulated market runs: who has an endpoint is. */
export function healable(
  { healing, mode }: Pick<Config, "healing" | "mode">,
  feeds: readonly CapturedFeed[],
): (feed: string) => boolean {
  const simulated = mode === "simulated" ? () => "simulated" : undefined;
  const asked = healing.enabled ? healedFeeds(feeds, simulated).filter(({ endpoint }) => endpoint !== undefined) : [];
  const names = new Set(asked.map(({ feed }) => feed.id));
  return (feed) => names.has(feed);
}

/** The healing of the configured feeds, from the venues or from the simulated market; of none where it is switched off. */
export function openHealing(
  { healing, mode }: Pick<Config, "healing" | "mode">,
  feeds: readonly CapturedFeed[],
  { market, ...parts }: Omit<HealingOptions, "feeds" | "source"> & { readonly market: VenueServer | undefined },
): Healing {
  const healed = healing.enabled ? healedFeeds(feeds, market && ((feed) => market.restUrl(feed))) : [];
  return new Healing({ ...parts, feeds: healed, source: mode === "simulated" ? "simulated" : "backfill" });
}
