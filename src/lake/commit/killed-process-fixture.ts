import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";

/**
 * Every so many steps a process is killed; 1 is the whole proof, minutes long. By default odd, so that deaths before a step
 * and after it take turns.
 */
export const KILL_EVERY: number = Number(process.env["K2_KILL_EVERY"] ?? 13);
/** Of each of many jobs, fewer: the same deaths within a process come at every seventh step. */
export const JOB_KILL_EVERY: number = Number(process.env["K2_KILL_EVERY"] ?? 29);
/** More steps than any job takes: the search for its end is bounded. */
const STEPS_MAX = 1_000;

/** @returns how the process ended: the signal that killed it, or undefined where it came to its end */
async function endOf(program: string, args: readonly string[]): Promise<NodeJS.Signals | undefined> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  if (signal === null && code !== 0) throw new Error(`the process ended with ${code}: ${errors}`);
  return signal ?? undefined;
}

/** One step at which a process was to die. */
export interface KilledAt {
  readonly step: number;
  /** The program's process, killed as it comes to that step. */
  readonly run: (...args: readonly string[]) => Promise<NodeJS.Signals | undefined>;
}

/**
 * Has `act` kill a process at every `every`th step, several at a time, until one lives to its end.
 *
 * @param act returns how its process ended
 * @returns how many were killed
 */
export async function killAtSteps(
  program: string,
  every: number,
  act: (killed: KilledAt) => Promise<NodeJS.Signals | undefined>,
): Promise<number> {
  let next = 2;
  let deaths = 0;
  const killOneAfterTheOther = async (): Promise<void> => {
    for (let step = next; step < STEPS_MAX; step = next) {
      next = step + every;
      const signal = await act({ step, run: (...args) => endOf(program, args) });
      if (signal === undefined)
        next = STEPS_MAX; // It came to its end: so would all later ones.
      else deaths += 1;
      if (signal !== undefined && signal !== "SIGKILL") throw new Error(`the process ended by ${signal}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, killOneAfterTheOther));
  return deaths;
}
