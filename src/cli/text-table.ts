/** Rows as an aligned table for a terminal: numbers to the right, the rest to the left. */
export function textTable(columns: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const texts = rows.map((row) => row.map(cellText));
  const widths = columns.map((column, index) =>
    Math.max(width(column), ...texts.map((row) => width(row[index] ?? ""))),
  );
  const numeric = columns.map(
    (_, index) => texts.length > 0 && texts.every((row) => /^-?[\d.,]*( [a-zµ%/]+)?$/.test(row[index] ?? "")),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => pad(cell, widths[index] ?? 0, numeric[index] ?? false))
      .join("  ")
      .trimEnd();
  return [line(columns), widths.map((size) => "─".repeat(size)).join("  "), ...texts.map(line)].join("\n");
}

export function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "object") return JSON.stringify(value);
  return String(value).replaceAll("\n", "⏎");
}

/** One line of CSV (RFC 4180), without its end. */
export function csvLine(values: readonly unknown[]): string {
  return values
    .map((value) => {
      const text =
        value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(",");
}

function width(text: string): number {
  return [...text].length;
}

function pad(text: string, size: number, right: boolean): string {
  const space = " ".repeat(Math.max(0, size - width(text)));
  return right ? space + text : text + space;
}
