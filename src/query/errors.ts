import { K2Error } from "../base/index.ts";

/** Between what the lake has and where the store starts rows are missing: an answer would be silently partial. */
export class StoreBehindLakeError extends K2Error {
  readonly code = "K2_STORE_BEHIND_LAKE";
  readonly remedy = "retry";

  constructor(at: {
    readonly table: string;
    readonly partition: number;
    readonly lakeEnd: number;
    readonly storeStart: number;
  }) {
    super(
      `Cannot answer from ${at.table}: in partition ${at.partition} the lake has the rows before offset ${at.lakeEnd}, ` +
        `and the store starts at ${at.storeStart}, so those between are in neither. Nothing was read. ` +
        "Ask again; if it repeats, restart K2: the store is then rebuilt from the event log after the lake's offsets",
    );
  }
}
