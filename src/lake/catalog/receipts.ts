import type { Receipt } from "./change-options.ts";

/**
 * The answers already given, by the key of the request, so that a request that is sent again is answered again and not
 * carried out again. A change writes its receipt in its own transaction: `ChangeOptions.receipt`.
 */
export interface Receipts {
  /** Undefined where the key was never used, or has expired. */
  find(key: string): Promise<Receipt | undefined>;
  /** Remembers an answer to a request that changed nothing. @returns false where the key has an answer already */
  save(receipt: Receipt): Promise<boolean>;
  /** Forgets what has expired; how many. */
  forgetExpired(): Promise<number>;
}

/** A change was to be made under a key that has its answer already. Nothing was changed. */
export class ReceiptTakenError extends Error {}
