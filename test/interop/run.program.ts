/**
 * `npm run test:interop`: other engines read what K2 writes, and K2 what they write. Installs the engines where they are
 * not yet, runs every *.interop.ts beside this file, and says what each engine found.
 *
 * What cannot be had here is a printed skip, with the reason; any difference makes the exit code 1.
 */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { installReferees } from "./referees.ts";

const OUTCOMES = { ok: "passed", FAIL: "failed", skip: "skipped" } as const;
type Outcome = (typeof OUTCOMES)[keyof typeof OUTCOMES];

class Tally {
  readonly #counts = new Map<string, Record<Outcome, number>>();

  /** Takes a line of a script: the outcome, then the engine, then what was checked. */
  read(line: string): void {
    const [, word = "", engine = "K2"] = /^(ok|FAIL|skip) +(PyIceberg|ClickHouse|DuckDB)?/.exec(line) ?? [];
    if (word in OUTCOMES) this.add(engine, OUTCOMES[word as keyof typeof OUTCOMES]);
  }

  add(engine: string, outcome: Outcome): void {
    const counts = this.#counts.get(engine) ?? { passed: 0, failed: 0, skipped: 0 };
    counts[outcome] += 1;
    this.#counts.set(engine, counts);
  }

  total(outcome: Outcome): number {
    return [...this.#counts.values()].reduce((sum, counts) => sum + counts[outcome], 0);
  }

  print(): void {
    for (const [engine, { passed, failed, skipped }] of [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)))
      console.log(`${engine.padEnd(12)} ${passed} passed, ${failed} failed, ${skipped} skipped`);
    console.log(`${this.total("passed")} passed, ${this.total("failed")} failed, ${this.total("skipped")} skipped`);
  }
}

async function runScript(path: string, environment: NodeJS.ProcessEnv, tally: Tally): Promise<void> {
  const name = basename(path);
  console.log(`\n${name}`);
  const child = spawn(process.execPath, [path], { stdio: ["ignore", "pipe", "inherit"], env: environment });
  const ended = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  const failed = tally.total("failed");
  for await (const line of createInterface({ input: child.stdout })) {
    console.log(line);
    tally.read(line);
  }
  const status = await ended;
  if (status === 0 || tally.total("failed") > failed) return;
  console.log(`FAIL  ${name} ended with ${status} and named no difference`);
  tally.add("K2", "failed");
}

const tally = new Tally();
const environment: NodeJS.ProcessEnv = { ...process.env };
for (const { engine, variable, value, reason } of await installReferees()) {
  if (value === undefined) console.log(`${engine} cannot be had here, its checks are skipped: ${reason}`);
  else environment[variable] = value;
}
const folder = new URL(".", import.meta.url);
for (const file of readdirSync(folder).sort()) {
  if (file.endsWith(".interop.ts")) await runScript(fileURLToPath(new URL(file, folder)), environment, tally);
}
console.log("");
tally.print();
process.exitCode = tally.total("failed") === 0 ? 0 : 1;
