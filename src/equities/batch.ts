import { createHash } from "node:crypto";
import { fetchedPayload } from "../domain/index.ts";
import type { VendorBytes } from "./read-answer.ts";
import type { Vendor } from "./vendor-answer.ts";

/** One answer of a vendor, or one file: where each record of it came from. */
export interface Batch {
  /** The first 32 hexadecimal digits of the payload's SHA-256: the same question with the same answer has the same id. */
  readonly id: string;
  readonly vendor: Vendor;
  /** What was asked, without keys. */
  readonly url: string;
  /** SHA-256 of the body alone, hexadecimal. */
  readonly contentDigest: string;
  /** When the vendor said it, microseconds since the Unix epoch. */
  readonly knownAtUs: number;
  /** Of the frame that is kept: the request, then the body untouched; see fetched-answer.ts in domain. */
  readonly payload: Uint8Array;
}

const ID_DIGITS = 32;

export function batchOf(vendor: Vendor, bytes: VendorBytes, knownAtUs: number): Batch {
  const payload = fetchedPayload(bytes);
  const id = sha256(payload).slice(0, ID_DIGITS);
  return { id, vendor, url: bytes.url, contentDigest: sha256(bytes.body), knownAtUs, payload };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
