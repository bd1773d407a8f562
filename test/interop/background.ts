import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

const OUTPUT_CHARACTERS_MAX = 20_000;
const STOP_MS_MAX = 10_000;
const POLL_MS = 50;

export interface BackgroundOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly startMsMax: number;
  /** Whether it serves yet; asked until it does. */
  ready(output: string): Promise<boolean> | boolean;
}

/** A program that serves until it is disposed of. */
export class Background implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #kill = (): void => {
    this.#child.kill("SIGKILL");
  };
  #output = "";

  private constructor(program: string, args: readonly string[], { cwd, environment }: BackgroundOptions) {
    const env = { ...process.env, ...environment };
    this.#child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    process.once("exit", this.#kill); // Also where this process ends halfway, nothing serves on.
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on("data", (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString("utf8")).slice(-OUTPUT_CHARACTERS_MAX);
      });
    this.#child.once("error", (error) => {
      this.#output += error.message;
    });
  }

  /** @throws {Error} with what it printed, when it ends or does not serve in time */
  static async start(program: string, args: readonly string[], options: BackgroundOptions): Promise<Background> {
    const background = new Background(program, args, options);
    const deadline = Date.now() + options.startMsMax;
    while (!(await options.ready(background.#output))) {
      const ended = background.#ended();
      if (ended || Date.now() > deadline) {
        await background[Symbol.asyncDispose]();
        throw new Error(`${program} ${ended ? "ended" : "does not serve"}: ${background.#output.slice(-2_000)}`);
      }
      await delay(POLL_MS);
    }
    return background;
  }

  /** The last of what it printed. */
  get output(): string {
    return this.#output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.removeListener("exit", this.#kill);
    if (this.#ended()) return;
    const closed = once(this.#child, "close");
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS_MAX);
    await closed;
    clearTimeout(timer);
  }

  #ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined;
  }
}

/** Whether an HTTP GET is answered, whatever the answer's status below 500. */
export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.status < 500;
  } catch {
    return false;
  }
}
