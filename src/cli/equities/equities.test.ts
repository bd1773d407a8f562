import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeError } from "../../base/index.ts";
import { addEquities } from "./equities.ts";

/** Commands as a user types them, in this process. */

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "k2-equities-cli-"));
  const header = "timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient";
  const rows = [
    "2020-08-31,127.58,131,126,129.04,1,225,0,4.0",
    "2020-08-28,504.05,505.77,498.31,499.23,1,46,0,1.0",
    "2020-08-07,452.82,454.7,441.17,444.45,1,49,0.8200,1.0",
  ];
  await writeFile(join(folder, "daily_adjusted_AAPL.csv"), [header, ...rows].join("\n"));
  await writeFile(join(folder, "note.json"), '{"Note":"Our standard API call frequency is 5 calls per minute."}');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function k2(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly error: string }> {
  const program = new Command("k2").exitOverride();
  addEquities(program);
  const [out, error]: [string[], string[]] = [[], []];
  const writes = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write }));
  const listeners = process.listeners("SIGINT").length;
  process.stdout.write = (text: unknown) => out.push(String(text)) > 0;
  process.stderr.write = (text: unknown) => error.push(String(text)) > 0;
  try {
    await program.parseAsync(["equities", ...args, "--data", join(folder, "data")], { from: "user" });
  } catch (failure) {
    process.exitCode = 1;
    error.push(describeError(failure));
  } finally {
    for (const { stream, write } of writes) stream.write = write;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      for (const listener of process.listeners(signal).slice(listeners)) process.off(signal, listener);
    }
  }
  const code = Number(process.exitCode ?? 0);
  process.exitCode = undefined;
  return { code, out: out.join(""), error: error.join("") };
}

test("import, list, bars, actions and adjusted speak of the same candles", async () => {
  const imported = await k2("import", join(folder, "daily_adjusted_AAPL.csv"));
  expect(imported).toMatchObject({ code: 0 });
  expect(imported.out).toMatch(/daily_adjusted_AAPL\.csv +landed +AAPL-XNAS-EQ +1d +3 +3 +2 +0 +2020-09-01/);
  expect((await k2("list")).out).toMatch(/AAPL-XNAS-EQ +alphavantage +1d +3 +3 +2020-08-07 +2020-08-31 +2020-09-01/);
  const bars = await k2("bars", "AAPL", "--vendor", "alphavantage", "--rows", "2");
  expect(bars.out).toMatch(/2020-08-28 +504\.05 +505\.77 +498\.31 +499\.23 +46\n2020-08-31 +127\.58 /);
  expect(bars.error).toContain("1 older ones are not shown");
  const adjusted = await k2("adjusted", "aapl", "--vendor", "alphavantage", "--end", "2020-08-29", "--digits", "4");
  expect(adjusted.out).toMatch(/2020-08-28 +126\.0125 +126\.4425 +124\.5775 +124\.8075 +184/);
  const early = await k2("adjusted", "AAPL", "--vendor", "alphavantage", "--as-of", "2020-08-30");
  expect(early.out).not.toContain("2020");
  expect(early.error).toContain("nothing of it was known before 2020-09-01");
  expect((await k2("bars", "AAPL", "--vendor", "alphavantage", "--end", "2020-01-01")).error).toContain("none of them");
  expect((await k2("bars", "AAPL", "--vendor", "yahoo")).error).toContain("no 1d series of AAPL-XNAS-EQ from yahoo");
  expect((await k2("actions", "AAPL", "--vendor", "alphavantage")).out).toMatch(
    /2020-08-07 +dividend +0\.82 .*\n2020-08-31 +split +4 for 1 /,
  );
  const json = await k2("bars", "AAPL-XNAS-EQ", "--vendor", "alphavantage", "--json", "--rows", "1");
  expect(JSON.parse(json.out)).toMatchObject([{ close: "129.04", volume: "225" }]);
});

test("what is no data ends with 1, and mistakes name what would be right", async () => {
  const note = await k2("import", join(folder, "note.json"));
  expect(note).toMatchObject({ code: 1 });
  expect(note.out).toContain("refused: Our standard API call frequency");
  expect(await k2("bars", "ZZZZ")).toMatchObject({ code: 1, error: expect.stringContaining("such as AAPL-XNAS-EQ") });
  expect((await k2("bars", "AAPL", "--as-of", "123")).error).toContain("is a time here, not a snapshot");
  expect((await k2("bars", "AAPL", "--vendor", "reuters")).error).toContain("yahoo or alphavantage");
  expect((await k2("adjusted", "AAPL", "--basis", "raw")).error).toContain("k2 equities bars shows what was traded");
  expect((await k2("import", join(folder, "nowhere.csv"))).error).toContain("Cannot read");
  expect((await k2("publish", "--every", "soon")).error).toContain("500ms, 15s or 1m");
  expect((await k2("fetch", "BTC-USDT-SPOT")).error).toContain("is no share");
  expect((await k2("fetch", "AAPL-XNAS-EQ", "--vendor", "alphavantage")).error).toContain("ALPHAVANTAGE_API_KEY");
});
