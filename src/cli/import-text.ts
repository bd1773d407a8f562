import type { ImportReport, TextReport } from "../app/index.ts";
import { formatInstant } from "../domain/index.ts";

const SYMBOLS_MAX = 5;

/** The report for a person. */
export function importReportText({ texts, leftOut, seconds }: ImportReport): string {
  const rows = texts.reduce((sum, text) => sum + text.rows, 0);
  const rate = Math.round(rows / Math.max(seconds, 0.001));
  const total = `${texts.length} ${texts.length === 1 ? "file" : "files"}, ${number(rows)} rows in ${seconds.toFixed(1)} s (${number(rate)} rows/s)`;
  const left = leftOut.length === 0 ? [] : [`left out, no symbol named: ${leftOut.length}, such as ${leftOut[0]}`];
  return `${[...texts.flatMap(textLines), ...left, total].join("\n")}\n`;
}

function textLines(text: TextReport): readonly string[] {
  const { symbols, format, state, fromRow } = text;
  const more = symbols.length > SYMBOLS_MAX ? ` and ${symbols.length - SYMBOLS_MAX} more` : "";
  const head = `${text.text}  ${format}  ${symbols.slice(0, SYMBOLS_MAX).join(" ")}${more}`;
  if (state === "known") return [head, "  imported before: nothing to add"];
  const resumed =
    state === "resumed" && fromRow !== undefined
      ? [`  went on at row ${number(fromRow)}, where an earlier run stopped`]
      : [];
  const would = state === "dry-run" ? "would be " : "";
  const counts = `  rows ${number(text.rows)}: ${would}added ${number(text.added)}, repeated ${number(text.repeated)}, refused ${number(text.refused)}`;
  const hasBars = text.barsMade > 0 || text.barsRevised > 0;
  const bars = !hasBars ? [] : [`  bars made ${number(text.barsMade)}, revised ${number(text.barsRevised)}`];
  const times =
    text.firstUs === undefined || text.lastUs === undefined
      ? []
      : [`  from ${formatInstant(text.firstUs)} to ${formatInstant(text.lastUs)}`];
  const refusals = text.refusals.flatMap(({ reason, count, examples }) => [
    `  refused ${reason}: ${number(count)}`,
    ...examples.map((example) => `    ${example}`),
  ]);
  return [head, ...resumed, counts, ...bars, ...times, ...refusals];
}

function number(value: number): string {
  return value.toLocaleString("en");
}
