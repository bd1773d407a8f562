import { inspect } from "node:util";

/*
 * One line a check, for a person and for run.ts alike: `ok`, `FAIL` or `skip`, the engine, what was checked.
 */

const DETAIL_CHARACTERS_MAX = 4_000;
let checks = 0;
let failures = 0;

/** Runs one check and prints its line; `name` begins with the engine's name. Never throws. */
export async function check(name: string, act: () => Promise<void> | void): Promise<boolean> {
  checks += 1;
  try {
    await act();
    console.log(`ok    ${name}`);
    return true;
  } catch (error) {
    failures += 1;
    const text = error instanceof Error ? (error.stack ?? error.message) : inspect(error);
    console.log(`FAIL  ${name}\n${text.slice(0, DETAIL_CHARACTERS_MAX)}`);
    return false;
  }
}

/** What could not be checked here, and why. */
export function skip(engine: string, reason: string): void {
  console.log(`skip  ${engine}: ${reason}`);
}

/** Prints the verdict; the exit code is 1 after any difference. */
export function conclude(): void {
  console.log(`${checks} checks, ${failures} differences`);
  process.exitCode = failures === 0 ? 0 : 1;
}

/** Rows of text, in the same order. @throws {Error} naming the first row that differs */
export function expectSameRows(theirs: Rows, ours: Rows): void {
  for (let index = 0; index < Math.max(theirs.length, ours.length); index += 1) {
    const [their, our] = [JSON.stringify(theirs[index]), JSON.stringify(ours[index])];
    if (their === our) continue;
    throw new Error(`${theirs.length} rows against our ${ours.length}; row ${index} is\n  ${their}, ours\n  ${our}`);
  }
  if (ours.length === 0) throw new Error("There are no rows: nothing was compared");
}

export type Rows = readonly (readonly (string | null)[])[];
