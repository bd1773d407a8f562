import { FRAMES, rawTopic, readFetched } from "../../domain/index.ts";
import { type Batch, batchOf, readVendorBytes, type Vendor, type VendorAnswer } from "../../equities/index.ts";
import { type EquitiesLake, microseconds, tableRows } from "./equities-lake.ts";

/** A frame that was kept: which answer it is, and where it lies. */
export interface StoredFrame {
  readonly batchId: string;
  readonly knownAtUs: number;
  readonly rawOffset: number;
}

/** Of answers and files; quotes have another. */
export const BATCH_PARTITION = 0;
export const QUOTE_PARTITION = 1;

/** The connection that a frame names: whose answers follow each other. */
export function connectionOf(vendor: Vendor, rawSymbol: string | undefined, interval: string | undefined): string {
  return [vendor, rawSymbol ?? "unknown", ...(interval === undefined ? [] : [interval])].join("/");
}

/** The frames of a connection, oldest first. */
export async function storedFrames(lake: EquitiesLake, vendor: Vendor, connection: string): Promise<StoredFrame[]> {
  const rows = await tableRows(lake, FRAMES, {
    filter: { feed: vendor, connection, _topic: rawTopic(vendor), _partition: BATCH_PARTITION },
    select: ["substr(sha256(payload), 1, 32)", microseconds("ts_recv"), "_offset::VARCHAR"],
    orderBy: "ts_recv, _offset",
  });
  return rows.map(([batchId, knownAt, offset]) => ({
    batchId: String(batchId),
    knownAtUs: Number(knownAt),
    rawOffset: Number(offset),
  }));
}

/** What a kept frame says, read again. */
export async function readStoredFrame(
  lake: EquitiesLake,
  vendor: Vendor,
  { rawOffset, knownAtUs }: StoredFrame,
): Promise<{ readonly batch: Batch; readonly answer: VendorAnswer } | undefined> {
  const rows = await tableRows(lake, FRAMES, {
    filter: { feed: vendor, _topic: rawTopic(vendor), _partition: BATCH_PARTITION, _offset: rawOffset },
    select: ["to_base64(payload)"],
  });
  const bytes = readFetched(new Uint8Array(Buffer.from(String(rows[0]?.[0] ?? ""), "base64")));
  if (bytes === undefined) return undefined;
  const { reading } = readVendorBytes(bytes);
  return reading.kind === "answer" ? { batch: batchOf(vendor, bytes, knownAtUs), answer: reading.answer } : undefined;
}
