/*
 * The door of the application. Its commands load what they run only when they run it: `k2 --help` needs no database.
 */
import type { Feed } from "../feeds/index.ts";
import type { VenueServer } from "../venue-server/index.ts";
import type { Config } from "./config.ts";
import type { TopicRow } from "./describe-topics.ts";
import type { FetchEquitiesOptions } from "./equities/fetch-equities.ts";
import type { ImportEquitiesOptions } from "./equities/import-equities.ts";
import type { LandedReport } from "./equities/land-answers.ts";
import type { PublishQuotesOptions, PublishReport } from "./equities/publish-quotes.ts";
import type { SeriesRow, ShowEquitiesOptions, ShownEquities } from "./equities/show-equities.ts";
import type { BackfillOptions, BackfillReport } from "./healing/backfill.ts";
import type { ImportOptions, RunningImport } from "./import/import-files.ts";
import type { ImportReport, TextReport } from "./import/import-report.ts";
import type { LakeDesk } from "./lake-jobs/lake-desk.ts";
import type { Offline } from "./offline.ts";
import type { RecordOptions, RecordReport } from "./record.ts";
import type { ReplayOptions } from "./replay.ts";
import type { Verification, VerifyOptions } from "./verify.ts";
import type { K2, StartOptions } from "./wire.ts";

export type { HealthReport } from "../api/index.ts";
export type { PriceBasis, QuoteEvent, Vendor } from "../equities/index.ts";
export type {
  CheckReport,
  CompactReport,
  ExpireReport,
  OrphansReport,
  RowDiff,
  Snapshot,
  SnapshotDiff,
  TableHealth,
} from "../lake/index.ts";
export type { AsOf, BookAnswer, QualityRow, QueryEngine, QuoteQualityRow, SqlResult } from "../query/index.ts";
export type { FaultKind, FaultPlan, Speed } from "../venue-server/index.ts";
export { parseAsOf } from "./as-of.ts";
export { type Config, configSchema, readConfig } from "./config.ts";
export { qualityFinding, quoteFinding } from "./quality-findings.ts";
export { VERSION } from "./version.ts";
export type {
  BackfillReport,
  Feed,
  ImportOptions,
  ImportReport,
  K2,
  LakeDesk,
  LandedReport,
  Offline,
  PublishReport,
  RecordReport,
  RunningImport,
  SeriesRow,
  ShownEquities,
  TextReport,
  TopicRow,
  Verification,
};

/** Starts all roles in this process. */
export async function startK2(config: Config, options: StartOptions): Promise<K2> {
  return (await import("./wire.ts")).startK2(config, options);
}

/** Opens K2's data for questions, beside a running K2 or when none runs. */
export async function openOffline(config: Config): Promise<Offline> {
  return (await import("./offline.ts")).openOffline(config);
}

/** Opens the lake's tables to be looked at and looked after by hand. */
export async function openLakeDesk(config: Config): Promise<LakeDesk> {
  return (await import("./lake-jobs/lake-desk.ts")).openLakeDesk(config);
}

/** Proves that nothing was lost, doubled or changed from the raw log to the lake. */
export async function verify(config: Config, options: VerifyOptions = {}): Promise<Verification> {
  return (await import("./verify.ts")).verify(config, options);
}

/** Takes files of history in, by the path of live data. */
export async function importFiles(config: Config, options: ImportOptions): Promise<ImportReport> {
  return (await import("./import/import-files.ts")).importFiles(config, options);
}

/** Asks a venue for trades of the past, and takes them in. */
export async function backfill(config: Config, options: BackfillOptions): Promise<BackfillReport> {
  return (await import("./healing/backfill.ts")).backfill(config, options);
}

/** Writes frames of the raw log to a capture file. */
export async function recordFrames(config: Config, options: RecordOptions): Promise<RecordReport> {
  return (await import("./record.ts")).recordFrames(config, options);
}

/** Serves a recording in the venues' own protocols. */
export async function startReplay(config: Config, options: ReplayOptions): Promise<VenueServer> {
  return (await import("./replay.ts")).startReplay(config, options);
}

/** Every partition of the log, and how far its consumers have come. */
export async function describeTopics(config: Config): Promise<readonly TopicRow[]> {
  return (await import("./describe-topics.ts")).describeTopics(config);
}

/** The protocols that K2 speaks. */
export async function listFeeds(): Promise<readonly Feed[]> {
  return (await import("../feeds/index.ts")).FEEDS;
}

/** Takes in files of vendors of equity data, whatever formats they are. */
export async function importEquities(config: Config, options: ImportEquitiesOptions): Promise<readonly LandedReport[]> {
  return (await import("./equities/import-equities.ts")).importEquities(config, options);
}

/** Asks a vendor for candles and corporate actions, and keeps the answers. */
export async function fetchEquities(config: Config, options: FetchEquitiesOptions): Promise<readonly LandedReport[]> {
  return (await import("./equities/fetch-equities.ts")).fetchEquities(config, options);
}

/** A vendor's candles as traded or adjusted, as known at a time. */
export async function showEquities(config: Config, options: ShowEquitiesOptions): Promise<ShownEquities> {
  return (await import("./equities/show-equities.ts")).showEquities(config, options);
}

/** The series of equity candles that there are. */
export async function listEquities(config: Config): Promise<readonly SeriesRow[]> {
  return (await import("./equities/show-equities.ts")).listEquities(config);
}

/** Asks a vendor for last prices at a cadence, tells each and keeps it. */
export async function publishQuotes(config: Config, options: PublishQuotesOptions): Promise<PublishReport> {
  return (await import("./equities/publish-quotes.ts")).publishQuotes(config, options);
}
