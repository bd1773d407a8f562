import { createHash } from "node:crypto";
import type { LoadedTable } from "../catalog/catalog.ts";
import type { LoadedView } from "../catalog/view-catalog.ts";
import { formatJson } from "../core/json.ts";
import { formatMetadata } from "../metadata/metadata-json.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import { formatView } from "../metadata/view-json.ts";
import type { RestAnswer } from "./rest-answer.ts";
import type { TableAccess } from "./storage-credentials.ts";

/** Which snapshots a client wants: all, or those of branches and tags. */
export type SnapshotMode = "all" | "refs";

const NO_ACCESS: TableAccess = { config: {}, credentials: [] };

/** The answer that holds a table: `LoadTableResult` of the protocol. */
export function tableAnswer(
  table: LoadedTable,
  mode: SnapshotMode = "all",
  access: TableAccess = NO_ACCESS,
): RestAnswer {
  const headers = { etag: tableTag(table.metadataLocation, mode) };
  return { status: 200, headers, body: tableBody(table.metadata, table.metadataLocation, mode, access) };
}

/** A table that is not committed yet has no metadata location, and no tag. */
export function stagedAnswer(metadata: TableMetadata, access: TableAccess = NO_ACCESS): RestAnswer {
  return { status: 200, body: tableBody(metadata, undefined, "all", access) };
}

function tableBody(
  metadata: TableMetadata,
  location: string | undefined,
  mode: SnapshotMode,
  { config, credentials }: TableAccess,
): string {
  // Put together as text: a table may hold ten thousand snapshots, printed once and kept.
  const members = [
    ...(location === undefined ? [] : [`"metadata-location":${formatJson(location)}`]),
    `"metadata":${formatMetadata(mode === "all" ? metadata : withReferredSnapshots(metadata))}`,
    `"config":${formatJson(config)}`,
    ...(credentials.length === 0 ? [] : [`"storage-credentials":${formatJson(credentials)}`]),
  ];
  return `{${members.join(",")}}`;
}

function withReferredSnapshots(metadata: TableMetadata): TableMetadata {
  const referred = new Set(Object.values(metadata.refs).map(({ snapshotId }) => snapshotId));
  return { ...metadata, snapshots: metadata.snapshots.filter(({ snapshotId }) => referred.has(snapshotId)) };
}

/** One version of the table, as one mode shows it. */
export function tableTag(metadataLocation: string, mode: SnapshotMode): string {
  return `"${createHash("sha256").update(`${mode} ${metadataLocation}`).digest("hex").slice(0, 32)}"`;
}

/** Whether the client has this version already: RFC 9110, 13.1.2. */
export function hasTag(ifNoneMatch: string | undefined, tag: string): boolean {
  const tags = ifNoneMatch?.split(",").map((each) => each.trim().replace(/^W\//, "")) ?? [];
  return tags.includes(tag) || tags.includes("*");
}

/** The answer that holds a view: `LoadViewResult` of the protocol. */
export function viewAnswer({ metadata, metadataLocation }: LoadedView): RestAnswer {
  const body = `{"metadata-location":${formatJson(metadataLocation)},"metadata":${formatView(metadata)},"config":{}}`;
  return { status: 200, body };
}
