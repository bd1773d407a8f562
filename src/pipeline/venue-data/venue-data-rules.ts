import type { VenueDataReader } from "../../domain/index.ts";
import type { ListedInstrument } from "../ports.ts";

/** What of the configured feeds the keeper of venue data must know. */
export interface VenueDataRules {
  /** The market whose symbols the feed carries. */
  venueOf(feed: string): string;
  /** Of the channels that are configured; called once a partition. */
  readerFor(feed: string): VenueDataReader;
  /** What a venue's symbol stands for; undefined when it is not configured. */
  instrument(feed: string, rawSymbol: string): ListedInstrument | undefined;
}
