import type { FaultyFrame } from "../faults/index.ts";
import type { LedgerRow, SentTrade } from "../ledger/index.ts";

/** A frame of a tape or a market on its way to one or more clients. */
export interface PlayedFrame extends FaultyFrame {
  readonly isBinary: boolean;
  /** The recorder's clock when it came; undefined where nobody recorded it. */
  readonly timeNs: bigint | undefined;
  /** The recorder's connection; empty where nobody recorded it. */
  readonly connection: string;
  /** What enters the ledger when the frame is written unharmed. */
  readonly trades: readonly { readonly row: LedgerRow; readonly trade: SentTrade }[];
}

/** A frame that was written to a client's socket just now. */
export interface SentFrame {
  readonly feed: string;
  /** The server's number for the client's connection, from 1. */
  readonly session: number;
  /** The recorder's connection; empty where nobody recorded it. */
  readonly connection: string;
  readonly timeNs: bigint | undefined;
  /** As sent: a fault may have changed it. */
  readonly payload: Uint8Array;
  readonly harmed: boolean;
}
