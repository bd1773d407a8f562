import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ndjsonRelation, type TableInput } from "../index.ts";
import { TestLake } from "../test-lake.ts";

const FRAMES: TableInput = {
  schema: [
    { id: 1, name: "offset", type: "long", required: true },
    { id: 2, name: "payload", type: "binary", required: false },
    { id: 3, name: "price", type: "decimal(18,8)", required: false },
    { id: 4, name: "at", type: "timestamptz", required: false },
    { id: 5, name: "venue", type: "string", required: false },
    { id: 6, name: "live", type: "boolean", required: false },
  ],
};

async function land(t: TestLake, lines: readonly unknown[]): Promise<void> {
  const path = join(t.folder, "spool.ndjson");
  await writeFile(path, lines.map((line) => JSON.stringify(line)).join("\n"));
  const table = await t.lake.ensureTable("raw.frames", FRAMES);
  const { files } = await t.lake.stageFiles(table, {
    run: t.db.run,
    relation: ndjsonRelation(table.schema.fields, [path]),
  });
  await t.lake.append("raw.frames", { files });
}

test("a spool of JSON lines lands with every digit and byte of it", async () => {
  await using t = await TestLake.open();
  const payload = Buffer.from([0, 255, 10, 34]).toString("base64");
  await land(t, [
    {
      offset: "9007199254740993",
      payload,
      price: "1234567890.12345678",
      at: "2024-03-01T12:00:00.123456Z",
      venue: 'a "b"',
    },
    { offset: 2, price: "7.500", at: "2024-03-01T13:00:00.123456000+01:00", venue: null, live: true, unknown: 1 },
    { offset: 3, price: 12 },
  ]);
  expect(await t.rows("raw.frames", '"offset", hex(payload), price, epoch_us("at"), venue, live')).toEqual([
    ["2", null, "7.50000000", "1709294400123456", null, true],
    ["3", null, "12.00000000", null, null, null],
    ["9007199254740993", "00FF0A22", "1234567890.12345678", "1709294400123456", 'a "b"', null],
  ]);
});

test.each([
  [
    "a decimal with too many digits",
    { offset: 1, price: "0.123456789" },
    /column price: more than 8 digits: 0.123456789/,
  ],
  ["a decimal that has been a double", { offset: 1, price: 0.1 }, /column price: a fraction must be text/],
  ["a time with nanoseconds", { offset: 1, at: "2024-03-01T12:00:00.123456789Z" }, /column at: more than 6 digits/],
  ["a line without what is required", { price: "1" }, /have no offset/],
])("%s is refused", async (_what, line, message) => {
  await using t = await TestLake.open();
  await expect(land(t, [line])).rejects.toThrow(message);
});
