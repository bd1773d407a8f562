import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks of /proc are hundredths of a second on every Linux that Node runs on. */
const MS_PER_TICK = 10;

/** What a process has used so far, from /proc: Linux only. */
export interface ProcessUsage {
  readonly atMs: number;
  readonly cpuMs: number;
  /** By the thread's role. */
  readonly threadsMs: ReadonlyMap<string, number>;
}

/** @throws {Error} when there is no such process, or no /proc */
export function processUsage(pid: number): ProcessUsage {
  const threadsMs = new Map<string, number>();
  let cpuMs = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "latin1");
    const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ms = (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
    const role = Number(thread) === pid ? "main thread" : roleOf(name);
    threadsMs.set(role, (threadsMs.get(role) ?? 0) + ms);
    cpuMs += ms;
  }
  return { atMs: performance.now(), cpuMs, threadsMs };
}

/** Node names its threads since version 24; DuckDB's have the name of the thread that started them. */
function roleOf(name: string): string {
  if (name.startsWith("libuv")) return "files and DuckDB";
  if (/V8|Delayed|Signal/.test(name)) return "garbage collection and compiling";
  return "store worker";
}

/** Resident bytes now, and at most so far. */
export function residentBytes(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const of = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024;
  return { now: of("VmRSS"), peak: of("VmHWM") };
}

/** CPU between two looks, in percent of one core, by thread: `main thread 82 %, …`. */
export function cpuText(before: ProcessUsage, after: ProcessUsage): string {
  const elapsedMs = after.atMs - before.atMs;
  const percent = (ms: number): string => `${Math.round((100 * ms) / elapsedMs)} %`;
  const threads = [...after.threadsMs]
    .map(([role, ms]) => ({ role, ms: ms - (before.threadsMs.get(role) ?? 0) }))
    .sort((one, other) => other.ms - one.ms)
    .filter(({ ms }) => ms / elapsedMs >= 0.005)
    .map(({ role, ms }) => `${role} ${percent(ms)}`);
  return `${percent(after.cpuMs - before.cpuMs)} of a core: ${threads.join(", ")}`;
}
