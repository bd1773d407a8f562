import { QUALITY, SOURCES, TOPICS } from "../../domain/index.ts";
import { enumType, type Layout, LISTING_TEXT, POSITION, system } from "./layout-parts.ts";

export const QUALITY_LAYOUT: Layout = {
  topic: TOPICS.quality,
  definition: QUALITY,
  prefix: "quality",
  columns: [
    ["listing", "UINTEGER NOT NULL"],
    ["start", "TIMESTAMPTZ NOT NULL"],
    ["trades", "BIGINT NOT NULL"],
    ["duplicates", "BIGINT NOT NULL"],
    ["refused", "BIGINT NOT NULL"],
    ["out_of_order", "BIGINT NOT NULL"],
    ["gap_us", "BIGINT NOT NULL"],
    ["latency_min_us", "BIGINT"],
    ["latency_p50_us", "BIGINT"],
    ["latency_p99_us", "BIGINT"],
    ["latency_max_us", "BIGINT"],
    ["price_outliers", "BIGINT NOT NULL"],
    ["size_outliers", "BIGINT NOT NULL"],
    ["outlier_ids", "VARCHAR NOT NULL"],
    ["divergence_ppm", "BIGINT"],
    ["expected_trades", "BIGINT"],
    ["flags", "VARCHAR NOT NULL"],
    ["source", `${enumType(SOURCES)} NOT NULL`],
    ...POSITION,
  ],
  hasListing: true,
  time: "start",
  sealedOrder: 'listing, "start"',
  expressions: { ...LISTING_TEXT, ...system(TOPICS.quality) },
};
