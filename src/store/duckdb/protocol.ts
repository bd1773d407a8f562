import type { SqlTable } from "../store.ts";

/*
 * Between the store and its worker. Requests are answered by id; appends, creations and seals are done in the order
 * sent, statements beside them. Bytes are transferred, never cloned.
 */

export interface WorkerOptions {
  readonly memoryBytes: number;
  readonly threads: number;
  /** Appends are committed in large groups: see StoreConfig. */
  readonly isBulk: boolean;
  /** Where DuckDB may spill what does not fit into memory. */
  readonly spillFolder: string;
}

export type Request =
  | AppendRequest
  | { readonly kind: "create"; readonly topic: string; readonly segment: string }
  | { readonly kind: "seal"; readonly topic: string; readonly segment: string; readonly sealed: string }
  | { readonly kind: "drop"; readonly segment: string }
  | RunRequest
  | { readonly kind: "openSession"; readonly session: string }
  | { readonly kind: "closeSession"; readonly session: string }
  | { readonly kind: "close" };

export interface AppendRequest {
  readonly kind: "append";
  readonly topic: string;
  /** The table to append to; for listings it is ignored. */
  readonly segment: string;
  readonly partition: number;
  readonly firstOffset: number;
  readonly count: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly ends: Uint32Array<ArrayBuffer>;
}

/** What an append found in the rows. */
export interface AppendResult {
  readonly rows: number;
  /** -1 where rows have no listing. */
  readonly listingMax: number;
  /** Of the layout's time column, microseconds. */
  readonly timeMinUs: number;
  readonly timeMaxUs: number;
}

export interface RunRequest {
  readonly kind: "run";
  readonly sql: string;
  readonly parameters: readonly (string | number | boolean | null)[];
  readonly rowsMax: number | undefined;
  readonly lane: "reader" | "long";
  readonly session: string | undefined;
}

export type Answer = AppendResult | SqlTable | undefined;

export interface RequestMessage {
  readonly id: number;
  /** Instead of a request: interrupt the statement that has this id. */
  readonly interrupt?: true;
  readonly request?: Request;
}

export interface AnswerMessage {
  readonly id: number;
  readonly answer?: Answer;
  readonly error?: { readonly message: string; readonly sql: boolean };
}
