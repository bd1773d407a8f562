import type { Abortable, Clock, Logger } from "../../base/index.ts";
import type { ChangeTools } from "../commit/change-tools.ts";
import type { Committed, TableChange } from "../commit/commit.ts";
import type { Table } from "../table.ts";

/** What the upkeep of a lake works with: handed in by the lake. */
export interface MaintenanceContext {
  readonly tools: ChangeTools;
  readonly clock: Clock;
  readonly logger: Logger;
  /** @throws {LakeNotFoundError} */
  table(name: string): Promise<Table>;
  listTables(): Promise<readonly string[]>;
  commit(changes: readonly TableChange[], options: Abortable): Promise<Committed>;
}

export function nowMsOf({ clock }: Pick<MaintenanceContext, "clock">): number {
  return Number(clock.nowNs() / 1_000_000n);
}
