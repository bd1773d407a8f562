export const LATENCY_ATLAS = "latency_atlas";

/**
 * The latency atlas: receive minus event time of each venue, hour by hour, over `ops.quality`. A view and no table, so that it
 * says the same as the minutes it is made of. `floor_us` is what the least latency of a minute is above in nine of ten
 * minutes: our clock minus the venue's, and the quickest way from it. `drift_ppm` is how fast the least latency moved, by
 * least squares; null of fewer than twenty minutes.
 */
export const LATENCY_ATLAS_VIEW: string = `CREATE VIEW ops.${LATENCY_ATLAS} AS
  WITH minutes AS (
    SELECT venue, source, start, min(latency_min_us) AS least, median(latency_p50_us) AS typical,
      max(latency_p99_us) AS slow, max(latency_max_us) AS most, sum(trades)::BIGINT AS trades
    FROM ops.quality WHERE latency_min_us IS NOT NULL AND NOT contains(flags, 'again') GROUP BY ALL)
  SELECT venue, source, time_bucket(INTERVAL 1 HOUR, start) AS hour, count(*) AS minutes, sum(trades)::BIGINT AS trades,
    min(least) AS least_us, quantile_disc(least, 0.1) AS floor_us, median(typical) AS typical_us, max(slow) AS slow_us,
    max(most) AS most_us, CASE WHEN count(*) >= 20 THEN regr_slope(least, epoch(start)) END AS drift_ppm
  FROM minutes GROUP BY ALL`;
