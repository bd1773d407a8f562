import { expect, test } from "vitest";
import { TestLake } from "../test-lake.ts";

const ROWS = 300_000; // Three row groups a file.

test.each([2, 3] as const)(
  "positions of format v%i hold over row groups that a filter, a limit or an order skips, in several files",
  async (formatVersion) => {
    await using t = await TestLake.open();
    const schema = [
      { id: 1, name: "n", type: "long", required: true },
      { id: 2, name: "word", type: "string", required: false },
    ] as const;
    await t.lake.createTable("a.p", { schema, formatVersion });
    for (const from of [0, ROWS]) {
      await t.append("a.p", `SELECT range AS n, 'w' || (range % 7) AS word FROM range(${from}, ${from + ROWS})`);
    }
    const values = Array.from({ length: 300 }, (_, index) => index * 1_999 + 5);
    await t.lake.deleteRows("a.p", { run: t.db.run, filter: { column: "n", is: "in", values }, mode: "merge-on-read" });
    const gone = `n NOT IN (${values.join()})`;
    const sql = await (await t.lake.table("a.p")).scan({ columns: ["n", "word", "_pos"] }).sql();
    const expected = `(SELECT range AS n, 'w' || (range % 7) AS word, range % ${ROWS} AS _pos FROM range(${2 * ROWS}) r(range) WHERE range NOT IN (${values.join()}))`;
    for (const rest of [
      "WHERE n >= 250000 AND n < 420000",
      "WHERE n BETWEEN 130000 AND 130100 OR n > 590000",
      "WHERE word = 'w3'",
    ]) {
      const sums = "count(*)::INT, sum(n)::BIGINT::VARCHAR, sum(_pos)::BIGINT::VARCHAR";
      expect(await t.db.rows(`SELECT ${sums} FROM ${sql} ${rest}`)).toEqual(
        await t.db.rows(`SELECT ${sums} FROM ${expected} ${rest}`),
      );
    }
    for (const order of [
      "ORDER BY n DESC LIMIT 700",
      "ORDER BY n LIMIT 20 OFFSET 299990",
      "ORDER BY word, n LIMIT 50",
    ]) {
      expect(await t.db.rows(`SELECT * FROM ${sql} ${order}`)).toEqual(
        await t.db.rows(`SELECT * FROM ${expected} ${order}`),
      );
    }
    expect(await t.db.rows(`SELECT count(*)::INT FROM ${sql} WHERE NOT (${gone})`)).toEqual([[0]]);
  },
);
