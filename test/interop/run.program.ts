/**
 * `npm run test:interop`: other engines read what K2 writes, and K2 what they write. Installs the engines where they are
 * not yet, runs every *.interop.ts beside this file, and says what each engine found.
 *
 *     npm run test:interop -- [--all] [part of a file's name …]
 *
 * `--all` (or K2_INTEROP_ALL=1) also runs the engines that are too slow for every run. What cannot be had here, or is not
 * part of this run, is a printed skip, with the reason; any difference makes the exit code 1.
 */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { installReferees } from "./referees.ts";

/** Scripts that run side by side; each waits much for the engine that it starts. */
const AT_ONCE = 2;
const OUTCOMES = { ok: "passed", FAIL: "failed", skip: "skipped" } as const;
type Outcome = (typeof OUTCOMES)[keyof typeof OUTCOMES];

class Tally {
  readonly #counts = new Map<string, Record<Outcome, number>>();

  /** Takes a line of a script: the outcome, then the engine, then what was checked. @returns the outcome; "" of other lines */
  read(line: string): string {
    const [, word = "", engine = "K2"] =
      /^(ok|FAIL|skip) +(PyIceberg|ClickHouse|DuckDB|Spark(?: [\d.]+)?|Trino|RCK|Nessie|Iceberg)?/.exec(line) ?? [];
    if (word in OUTCOMES) this.add(engine, OUTCOMES[word as keyof typeof OUTCOMES]);
    return word;
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

/** Runs a script to its end, then prints what it said: others run beside it. */
async function runScript(path: string, environment: NodeJS.ProcessEnv, tally: Tally): Promise<void> {
  const name = basename(path);
  const startMs = performance.now();
  const child = spawn(process.execPath, [path], { stdio: ["ignore", "pipe", "inherit"], env: environment });
  const ended = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  const lines: string[] = [];
  let namesDifference = false;
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    namesDifference ||= tally.read(line) === "FAIL";
  }
  const status = await ended;
  if (status !== 0 && !namesDifference) {
    lines.push(`FAIL  ${name} ended with ${status} and named no difference`);
    tally.add("K2", "failed");
  }
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(0);
  console.log(`\n${name}\n${lines.join("\n")}\n${name}: ${seconds} s`);
}

const { values, positionals } = parseArgs({
  options: { all: { type: "boolean", default: process.env["K2_INTEROP_ALL"] === "1" } },
  allowPositionals: true,
});
const tally = new Tally();
const environment: NodeJS.ProcessEnv = { ...process.env };
const absent: string[] = [];
for (const { engine, variables, reason } of await installReferees(values)) {
  Object.assign(environment, variables);
  if (variables === undefined) absent.push(`${engine} is not here, its checks are skipped: ${reason}`);
}
const folder = new URL(".", import.meta.url);
const scripts = readdirSync(folder)
  .filter((file) => file.endsWith(".interop.ts"))
  .filter((file) => positionals.length === 0 || positionals.some((part) => file.includes(part)))
  .sort();
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let file = scripts.shift(); file !== undefined; file = scripts.shift())
      await runScript(fileURLToPath(new URL(file, folder)), environment, tally);
  }),
);
console.log("");
for (const line of absent) console.log(line);
tally.print();
process.exitCode = tally.total("failed") === 0 ? 0 : 1;
