import { createReadStream, readFileSync } from "node:fs";
import { basename } from "node:path";
import { createGunzip, gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import { OrderEvents } from "../../domain/index.ts";
import { decodeText } from "../test-support.ts";
import { LobsterMessages, LobsterReplay, LobsterRows, parseLobsterFileName } from "./index.ts";
import { lobsterTradesText } from "./lobster-trades.ts";

const NAME = "AMZN_2012-06-21_34200000_57600000";
const MESSAGES = sharedData(`book-l3/lobster/${NAME}_message_1.csv.gz`);
const ROWS = sharedData(`book-l3/lobster/${NAME}_orderbook_1.csv.gz`);

test.skipIf(MESSAGES === undefined || ROWS === undefined)(
  "AMZN 2012-06-21: 57,515 messages make 49,347 rows before they are seen; the other 8,168 reveal a level",
  () => {
    const file = parseLobsterFileName(basename(MESSAGES ?? ""));
    expect(file).toEqual({
      kind: "message",
      ticker: "AMZN",
      date: 20_120_621,
      levels: 1,
      midnightUs: Date.UTC(2012, 5, 21, 4) * 1000,
    });
    const events = new OrderEvents();
    const refuse = (line: number, detail: string): never => expect.fail(`line ${line}: ${detail}`);
    const messages = new LobsterMessages(file?.midnightUs ?? 0);
    const bytes = gunzipSync(readFileSync(MESSAGES ?? ""));
    for (let at = 0; at < bytes.length; at += 1000) messages.write(bytes.subarray(at, at + 1000), events, refuse);
    messages.end(events, refuse);
    expect(events.length).toBe(57_515);
    const replay = new LobsterReplay();
    const rows = new LobsterRows(1);
    let row = 0;
    const check = (levels: Parameters<LobsterReplay["apply"]>[2]): void => {
      replay.apply(events, row, levels);
      row += 1;
    };
    rows.write(gunzipSync(readFileSync(ROWS ?? "")), check, refuse);
    rows.end(check, refuse);
    expect([row, replay.reproduced, replay.revealed]).toEqual([57_515, 49_347, 8_168]);
    console.info(
      `lobster: ${replay.reproduced} of ${row} rows reproduced before they were seen, ${replay.revealed} reveals; ` +
        `doubts ${JSON.stringify(Object.fromEntries(replay.book.doubts.all()))}`,
    );
  },
);

test.skipIf(MESSAGES === undefined)("AMZN 2012-06-21: 11,419 trades, hidden ones with their side", async () => {
  const file = parseLobsterFileName(basename(MESSAGES ?? ""));
  if (file === undefined) expect.fail("the name is LOBSTER's");
  const read = (): AsyncIterable<Uint8Array> => createReadStream(MESSAGES ?? "").pipe(createGunzip());
  const parts: Uint8Array[] = [];
  for await (const part of lobsterTradesText({ name: `${NAME}_message_1.csv`, read }, file).read()) parts.push(part);
  const context = await decodeText(Buffer.concat(parts), {
    format: "lobster-trades",
    listings: [{ venue: "nasdaq", rawSymbol: "AMZN", symbol: "AMZN-XNAS-EQ" }],
  });
  expect(context.refusals).toEqual([]);
  const trades = context.rows();
  expect([trades.length, new Set(trades.map(({ tradeId }) => tradeId)).size]).toEqual([8_974 + 2_445, 11_419]);
  expect(context.lines()[0]).toBe("nasdaq AMZN 1340285400017459617/0/0 223.82 × 1 buy 1340285400017459617 syntheticId");
});
