import { expect, test } from "vitest";
import { chooseFormat, streamRows } from "./formats.ts";

test.each([
  [undefined, "json"],
  ["", "json"],
  ["*/*", "json"],
  ["text/csv", "csv"],
  ["application/x-ndjson", "ndjson"],
  ["application/jsonl, text/csv", "ndjson"],
  ["text/csv;q=0.4, application/x-ndjson;q=0.7", "ndjson"],
  ["text/csv; q=0.1, application/json", "json"],
  ["text/html, application/xhtml+xml, */*;q=0.8", "json"],
  ["Text/CSV ; header=present", "csv"],
  ["text/csv;q=0, image/png", "json"],
])("Accept %s chooses %s", (accept, format) => {
  expect(chooseFormat(undefined, accept)).toBe(format);
});

test("the parameter wins over the header", () => {
  expect(chooseFormat("csv", "application/json")).toBe("csv");
});

test("CSV quotes what needs it (RFC 4180), leaves null empty and joins lists by a space", async () => {
  const rows = [
    { a: 'say "hi"', b: null, c: ["x", "y"], d: 1.5 },
    { a: "line\r\nbreak", b: "", c: [], d: false },
  ];
  const text = (await streamRows(rows, "csv", ["a", "b", "c", "d"]).toArray()).join("");
  expect(text).toBe('a,b,c,d\r\n"say ""hi""",,x y,1.5\r\n"line\r\nbreak",,,false\r\n');
});
