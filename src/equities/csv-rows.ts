/** A comma-separated text without quotes, as vendors of prices write it. */
export interface CsvRows {
  /** In lower case. */
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function csvRows(text: string): CsvRows {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const [header = [], ...rows] = lines.map((line) => line.split(",").map((cell) => cell.trim()));
  return { header: header.map((name) => name.toLowerCase()), rows };
}

/** The cells of a row by the names of the header; undefined when there are more or fewer of them. */
export function rowCells(
  { header }: CsvRows,
  row: readonly string[],
): ((name: string) => string | undefined) | undefined {
  if (row.length !== header.length) return undefined;
  return (name) => {
    const cell = row[header.indexOf(name)];
    return cell === undefined || cell === "" || cell === "null" ? undefined : cell;
  };
}
