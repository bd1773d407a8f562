/** What one database does unlike the others. */
export interface SqlFlavour {
  readonly name: "sqlite" | "postgres";
  /** Whether a row that was read in a transaction can be locked until its end; otherwise a writer is alone anyway. */
  readonly locksRows: boolean;
  /** Another was in the way: a lock not had in time, a deadlock, a serialisation failure. The statement had no effect. */
  isContention(error: unknown): boolean;
  /** The database refused the commit itself and says that it was rolled back: the outcome is known. */
  isRolledBack(error: unknown): boolean;
}

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;

function isBusy(error: unknown): boolean {
  return (
    error instanceof Error && "errcode" in error && (error.errcode === SQLITE_BUSY || error.errcode === SQLITE_LOCKED)
  );
}

export const sqliteFlavour: SqlFlavour = {
  name: "sqlite",
  locksRows: false,
  isContention: isBusy,
  isRolledBack: isBusy,
};
