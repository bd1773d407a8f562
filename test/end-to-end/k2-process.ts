import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { HealthReport } from "../../src/api/index.ts";

const LAUNCHER = fileURLToPath(new URL("../../bin/k2.js", import.meta.url));
const ERROR_LEVEL = 50; // pino's number.

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A line of the program's own log, as far as tests look at it. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly error?: string;
}

/** One run of the command line as a process of its own, which a signal can end at any instruction. */
export class K2Process implements AsyncDisposable {
  readonly startedMs: number = performance.now();
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #url: PromiseWithResolvers<string> = Promise.withResolvers();
  #output = "";
  #errors = "";

  /** @param environment beside the PATH */
  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [LAUNCHER, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env["PATH"], ...environment }, // No K2_… of whoever runs the tests.
    });
    this.#url.promise.catch(() => {}); // Only who waits for it wants to know.
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#printed(text));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text;
    });
    this.ended = new Promise((resolve) => {
      this.#child.on("close", (code, signal) => {
        this.#url.reject(new Error(`K2 ended before it was up: ${code ?? signal}\n${this.#output}${this.#errors}`));
        resolve({ code, signal });
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get output(): string {
    return this.#output;
  }

  /** All of standard error. */
  get errors(): string {
    return this.#errors;
  }

  /** What it logged as an error, and what was printed beside the log. */
  get complaints(): readonly string[] {
    return this.#errors
      .split("\n")
      .filter((line) => line !== "")
      .filter((line) => !line.startsWith("{") || (JSON.parse(line) as LogLine).level >= ERROR_LEVEL);
  }

  /** Of its API, once it is up; rejects when it ends before. */
  get url(): Promise<string> {
    return this.#url.promise;
  }

  /** Megabytes of memory at the most so far; 0 where the system does not tell. */
  get memoryPeakMb(): number {
    try {
      const [, kilobytes = "0"] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, "utf8")) ?? [];
      return Math.round(Number(kilobytes) / 1024);
    } catch {
      return 0;
    }
  }

  async health(): Promise<HealthReport> {
    const response = await fetch(`${await this.url}/v1/health`);
    return (await response.json()) as HealthReport;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
    this.signal(signal);
    return this.ended;
  }

  #printed(text: string): void {
    this.#output += text;
    const url = /Page\s+(http:\S+)\n/.exec(this.#output)?.[1];
    if (url !== undefined) this.#url.resolve(url);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
  }
}

/** Writes a configuration file into the folder; returns its path. */
export function writeConfig(folder: string, config: Readonly<Record<string, unknown>>): string {
  const path = join(folder, "k2.config.json");
  writeFileSync(path, JSON.stringify(config));
  return path;
}

export function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

/** Resolves once `holds` does, asking every few milliseconds; rejects, saying what it waited for, after `msMax`. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  { msMax = 60_000, everyMs = 20 }: { readonly msMax?: number; readonly everyMs?: number } = {},
): Promise<void> {
  const startedMs = performance.now();
  while (!(await holds())) {
    if (performance.now() - startedMs > msMax) throw new Error(`Waited ${msMax} ms in vain: ${what}`);
    await pause(everyMs);
  }
}
