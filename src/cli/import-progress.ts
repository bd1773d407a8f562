import type { RunningImport } from "../app/index.ts";

/** Where lines go: a terminal, or anything else. */
interface Output {
  readonly isTTY?: boolean;
  write(text: string): boolean;
}

const TERMINAL_EVERY_SECONDS = 0.2;
const PLAIN_EVERY_SECONDS = 10;

/** Tells how an import goes: one line that changes on a terminal, a line now and then elsewhere. */
export class ImportProgressLine {
  readonly #output: Output;
  #shownSeconds = 0;
  #isShown = false;

  constructor(output: Output) {
    this.#output = output;
  }

  show({ text, rows, rowsOfRun, seconds }: RunningImport): void {
    const isTerminal = this.#output.isTTY === true;
    if (seconds - this.#shownSeconds < (isTerminal ? TERMINAL_EVERY_SECONDS : PLAIN_EVERY_SECONDS)) return;
    this.#shownSeconds = seconds;
    const rate = Math.round(rowsOfRun / seconds).toLocaleString("en");
    const line = `${text}: ${rows.toLocaleString("en")} rows, ${rate} rows/s`;
    this.#output.write(isTerminal ? `\r\u001b[K${line}` : `${line}\n`);
    this.#isShown = isTerminal;
  }

  /** Clears the line, so that what follows begins anew. */
  end(): void {
    if (this.#isShown) this.#output.write("\r\u001b[K");
    this.#isShown = false;
  }
}
