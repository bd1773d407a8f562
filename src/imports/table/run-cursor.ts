import type { RowRun } from "../piece-head.ts";

/** Whether rows, asked one after the other, are in runs of rows. */
export class RunCursor {
  #runs: readonly RowRun[] = [];
  /** The first run that is not passed yet. */
  #at = 0;

  /** At the begin of a piece. */
  begin(runs: readonly RowRun[] = []): void {
    this.#runs = runs;
    this.#at = 0;
  }

  /** @param index not before that of the last call */
  has(index: number): boolean {
    const runs = this.#runs;
    while (this.#at < runs.length && (runs[this.#at]?.[1] ?? 0) < index) this.#at += 1;
    return (runs[this.#at]?.[0] ?? Number.POSITIVE_INFINITY) <= index;
  }
}
