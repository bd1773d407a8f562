import { describeError, type Logger } from "../base/index.ts";

/** The long-running parts of a process: each is waited for, and the first failure is told. */
export class BackgroundTasks {
  /** Rejects with the first failure; never resolves. */
  readonly failed: Promise<never>;
  readonly problems: string[] = [];
  readonly failures: unknown[] = [];
  readonly #running = new Map<string, Promise<void>>();
  readonly #logger: Logger;
  readonly #reject: (reason: unknown) => void;

  constructor(logger: Logger) {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {}); // Who wants to know awaits it; nobody has to.
    this.failed = promise;
    this.#reject = reject;
    this.#logger = logger;
  }

  run(name: string, task: Promise<void>): void {
    const watched = task.catch((error: unknown) => {
      const problem = `${name} stopped: ${describeError(error)}`;
      this.problems.push(problem);
      this.failures.push(error);
      this.#logger.error({ part: name, error: describeError(error) }, "a part of K2 stopped");
      this.#reject(error);
    });
    this.#running.set(name, watched);
  }

  async allEnded(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  /** Resolves when the task has ended, well or not. */
  async ended(name: string): Promise<void> {
    await this.#running.get(name);
  }
}
