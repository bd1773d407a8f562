import { QUOTE_QUALITY, SOURCES, TOPICS } from "../../domain/index.ts";
import { enumType, type Layout, LISTING_TEXT, POSITION, system } from "./layout-parts.ts";

export const QUOTE_QUALITY_LAYOUT: Layout = {
  topic: TOPICS.quoteQuality,
  definition: QUOTE_QUALITY,
  prefix: "quote_quality",
  columns: [
    ["listing", "UINTEGER NOT NULL"],
    ["start", "TIMESTAMPTZ NOT NULL"],
    ["changes", "BIGINT NOT NULL"],
    ["quoted_us", "BIGINT NOT NULL"],
    ["own_crossed_us", "BIGINT NOT NULL"],
    ["compared_us", "BIGINT NOT NULL"],
    ["locked_us", "BIGINT NOT NULL"],
    ["crossed_us", "BIGINT NOT NULL"],
    ["spread_min_ppb", "BIGINT"],
    ["spread_mean_ppb", "BIGINT"],
    ["spread_max_ppb", "BIGINT"],
    ["locked_with", "VARCHAR"],
    ["crossed_with", "VARCHAR"],
    ["crossed_max_ppb", "BIGINT"],
    ["flags", "VARCHAR NOT NULL"],
    ["source", `${enumType(SOURCES)} NOT NULL`],
    ...POSITION,
  ],
  hasListing: true,
  time: "start",
  sealedOrder: 'listing, "start"',
  expressions: { ...LISTING_TEXT, ...system(TOPICS.quoteQuality) },
};
