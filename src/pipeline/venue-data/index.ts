export { deriveVenueData } from "./derive-venue-data.ts";
export type { VenueData, VenueDataOptions } from "./venue-data.ts";
export { openVenueData, VENUE_DATA_GROUP, VENUE_DATA_STATE_TOPIC } from "./venue-data.ts";
export type { VenueDataRules } from "./venue-data-rules.ts";
