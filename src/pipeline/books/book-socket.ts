import { type BookContext, BookLevels, type BookReader } from "../../domain/index.ts";

/** A socket that runs: one epoch of a connection, with what reads it. */
export interface BookSocket {
  readonly connection: string;
  readonly epoch: number;
  /** Of the record of its opening; of its first frame where the log begins in the midst of it. */
  readonly openedOffset: number;
  readonly reader: BookReader;
  /** Receive time of its last frame; of its opening before there was one. */
  lastUs: number;
  /** False for one that a checkpoint names without its reader's state, until its frames have been read again. */
  isReady: boolean;
}

/** What a reader tells while its frames are read again: nothing that has not been told. */
export function silentContext(listing: BookContext["listing"]): BookContext {
  return { levels: new BookLevels(), listing, message: () => {}, lost: () => {}, refuse: () => {} };
}
