import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SESSION = fileURLToPath(new URL("python/session.py", import.meta.url));
const ASK_MS_MAX = 180_000;
const STOP_MS_MAX = 15_000;
const WARNINGS_CHARACTERS_MAX = 8_000;

export interface PythonSessionOptions {
  /** The engine's beginning, a file in python/. */
  readonly beginning: string;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A Python that runs what it is told, until it is disposed of. One thing at a time. */
export class PythonSession implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #warnings = "";

  private constructor(executable: string, { beginning, args = [], environment, cwd }: PythonSessionOptions) {
    const env = { ...process.env, TZ: "UTC", PYTHONUTF8: "1", ...environment };
    this.#child = spawn(executable, [SESSION, beginning, ...args], { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#warnings = (this.#warnings + chunk.toString("utf8")).slice(-WARNINGS_CHARACTERS_MAX);
    });
    this.#child.stdin?.on("error", () => {}); // Its end is told by the reply that does not come.
    this.#child.once("error", (error) => {
      this.#warnings += error.message;
    });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error("no output to read");
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** @throws {Error} with what it printed, where the engine does not start */
  static async open(executable: string, options: PythonSessionOptions): Promise<PythonSession> {
    const session = new PythonSession(executable, options);
    try {
      await session.#reply(ASK_MS_MAX);
      return session;
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs the code. @returns what it has left in `answer` @throws {Error} with Python's traceback */
  ask<Answer>(code: string, durationMsMax: number = ASK_MS_MAX): Promise<Answer> {
    this.#child.stdin?.write(`${JSON.stringify({ code })}\n`);
    return this.#reply<Answer>(durationMsMax);
  }

  async #reply<Answer>(durationMsMax: number): Promise<Answer> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), durationMsMax);
    const { value, done } = await this.#lines.next();
    clearTimeout(timer);
    if (done === true) throw new Error(`Python ended, or took over ${durationMsMax} ms: ${this.#warnings}`);
    const { answer, error } = JSON.parse(value) as { readonly answer?: Answer; readonly error?: string };
    if (error !== undefined) throw new Error(shortened(error));
    return answer as Answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    const closed = once(this.#child, "close");
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS_MAX);
    await closed;
    clearTimeout(timer);
  }
}

/** Both ends of a long traceback: what was asked for, and what it came to; Java's causes are the lines in between. */
function shortened(error: string): string {
  const lines = error.split("\n").filter((line) => !/^\s+at (?!org\.apache\.iceberg)/.test(line));
  const text = lines.join("\n");
  return text.length <= 6_000 ? text : `${text.slice(0, 4_000)}\n…\n${text.slice(-2_000)}`;
}
