import type { Clock } from "../base/index.ts";
import type { Capture } from "./capture.ts";
import type { DataPath } from "./data-path.ts";

const SETTLE_EVERY_MS = 5;

export interface Settling {
  readonly capture: Capture;
  readonly path: Pick<DataPath, "behind" | "isVisible">;
  readonly clock: Clock;
  readonly giveUp: () => boolean;
}

/** Resolves when all that was received is in the event log, and visible to queries; or when it has to be given up. */
export async function untilSettled({ capture, path, clock, giveUp }: Settling): Promise<void> {
  const isTaken = async (): Promise<boolean> =>
    capture.status().every(({ unflushedBytes }) => unflushedBytes === 0) && (await path.behind()) === 0;
  while (!giveUp() && (!(await isTaken()) || !(await path.isVisible()))) await clock.sleep(SETTLE_EVERY_MS);
}
