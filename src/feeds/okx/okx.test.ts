import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import { formatShortest, parseInstrument } from "../../domain/index.ts";
import { countOutcomes, decodeFrames, decodeTexts, recordedFrames } from "../decode/test-decode.ts";
import * as fixtures from "./fixtures.ts";
import { okx } from "./okx.ts";

const SYMBOLS = ["BTC-USDT-SPOT", "BTC-USDT-PERP", "BTC-USD:BTC-FUT-20220624"];

describe("okx", () => {
  test("a record that stands for several executions says so, under the last one's id", () => {
    const { outcomes, trades } = decodeTexts(okx, { symbols: SYMBOLS }, [fixtures.SPOT_TRADE]);
    expect(outcomes).toEqual(["trades"]);
    expect(trades).toMatchObject([
      {
        venue: "okx",
        symbol: "BTC-USDT-SPOT",
        rawSymbol: "BTC-USDT",
        tradeId: "731204518",
        price: { mantissa: 8_501_230_000_000n, scale: 8 },
        size: { mantissa: 412_306n, scale: 8 },
        takerSide: "buy",
        eventTimeNs: 1_763_712_000_346_000_000n,
        sequence: 731_204_518n,
        executions: 3,
        flags: ["aggregated"],
      },
    ]);
  });

  test("sizes of swaps and futures count contracts; a price improved for retail is flagged", () => {
    const frames = [fixtures.SWAP_TRADES, fixtures.FUTURE_TRADE_OLD];
    const { trades } = decodeTexts(okx, { symbols: SYMBOLS }, frames);
    expect(trades.map(({ symbol, executions, flags }) => [symbol, executions, flags])).toEqual([
      ["BTC-USDT-PERP", 1, ["contracts"]],
      ["BTC-USDT-PERP", 1, ["retailImprovement", "contracts"]],
      ["BTC-USD:BTC-FUT-20220624", 1, ["contracts"]],
    ]);
  });

  test("trades-all is another channel unless it is the one chosen", () => {
    const texts = [fixtures.SPOT_TRADE, fixtures.SINGLE_TRADE];
    expect(decodeTexts(okx, { symbols: SYMBOLS }, texts).outcomes).toEqual(["trades", "other"]);
    const { outcomes, trades } = decodeTexts(okx, { symbols: SYMBOLS, channels: ["trades-all"] }, texts);
    expect(outcomes).toEqual(["other", "trades"]);
    expect(trades).toMatchObject([{ tradeId: "731204516", executions: 1, flags: ["retailImprovement"] }]);
    // Beside each other the two tell the same executions: only those told one by one are trades.
    const both = decodeTexts(okx, { symbols: SYMBOLS, channels: ["trades", "trades-all"] }, texts);
    expect([both.outcomes, both.trades.length]).toEqual([["other", "trades"], 1]);
  });

  test.each([
    ["pong", "control", undefined],
    [fixtures.ACCEPTED, "control", undefined],
    [fixtures.NOTICE, "control", undefined],
    [fixtures.BOOK, "other", undefined],
    [fixtures.REFUSED, "refused", "venue_error"],
    ["ping", "refused", "malformed"],
    ['{"arg":{"channel":"weather","instId":"BTC-USDT"},"data":[]}', "refused", "unknown_message"],
    ['{"arg":{"channel":"trades","instId":"BTC-USDT"}}', "refused", "malformed"],
    ['{"table":"spot/trade","data":[]}', "refused", "unknown_message"],
  ])("%s is %s", (text, outcome, reason) => {
    const { outcomes, refusals } = decodeTexts(okx, { symbols: SYMBOLS }, [text]);
    expect(outcomes).toEqual([outcome]);
    expect(refusals.map((refusal) => refusal.reason)).toEqual(reason === undefined ? [] : [reason]);
  });

  test.each(['"0"', '"01"', '"4294967296"', "3", '""'])("a count of %s is refused, on either path", (count) => {
    const { trades, refusals } = decodeTexts(okx, { symbols: SYMBOLS }, [
      fixtures.FUTURE_TRADE_OLD,
      fixtures.SPOT_TRADE.replace('"count":"3"', `"count":${count}`),
    ]);
    expect(trades).toHaveLength(1);
    expect(refusals).toMatchObject([{ reason: "malformed", rawSymbol: "BTC-USDT" }]);
  });
});

test("canonical instruments are spelled as OKX spells them", () => {
  const spelled = (id: string): string | undefined => okx.rawSymbol(parseInstrument(id));
  expect(spelled("BTC-USDT-SPOT")).toBe("BTC-USDT");
  expect(spelled("BTC-USDT-PERP")).toBe("BTC-USDT-SWAP");
  expect(spelled("BTC-USDC-PERP")).toBe("BTC-USDC-SWAP");
  expect(spelled("BTC-USD:BTC-PERP")).toBe("BTC-USD-SWAP");
  expect(spelled("BTC-USDT-FUT-20261225")).toBe("BTC-USDT-261225");
  expect(spelled("BTC-USD:BTC-FUT-20220527")).toBe("BTC-USD-220527");
  expect(spelled("BTC-USD-PERP")).toBeUndefined();
  expect(spelled("BTC-USDT:BTC-PERP")).toBeUndefined();
});

test("requests hold at most a hundred channels; each is answered by itself", () => {
  const symbols = Array.from({ length: 120 }, (_, index) => `A${index}-USDT`);
  const requests = okx.subscribe(symbols, ["trades"]).map((text) => JSON.parse(text));
  expect(requests.map(({ id, op, args }) => [id, op, args.length, args[0]])).toEqual([
    ["1", "subscribe", 100, { channel: "trades", instId: "A0-USDT" }],
    ["2", "subscribe", 20, { channel: "trades", instId: "A100-USDT" }],
  ]);
  expect(okx.readAnswer(fixtures.ACCEPTED)).toEqual({ kind: "accepted", count: 1 });
  expect(okx.readAnswer(fixtures.REFUSED)).toMatchObject({ kind: "refused", reason: expect.stringMatching(/60018/) });
  for (const text of ["pong", fixtures.NOTICE, fixtures.SPOT_TRADE]) expect(okx.readAnswer(text)).toBeUndefined();
});

const RECORDING = "ws/other/okx-20220513.jsonl.gz";
const frames = recordedFrames(RECORDING);
const RECORDED_SYMBOLS = ["BTC-USDT-SPOT", "UNI-USD:UNI-PERP", "BTC-USD:BTC-FUT-20220527"];

test.skipIf(frames === undefined)("recorded: 74 trades, none refused", () => {
  const decoded = decodeFrames(okx, { symbols: RECORDED_SYMBOLS }, frames ?? []);
  expect(decoded.refusals).toEqual([]);
  expect(countOutcomes(decoded)).toEqual({ trades: 74, control: 18, other: 28 + 290 });
  expect(decoded.trades).toHaveLength(74);
  const spot = decoded.trades.filter(({ rawSymbol }) => rawSymbol === "BTC-USDT").map(({ sequence }) => sequence);
  expect(spot).toHaveLength(69);
  expect(spot.map((id, index) => id - BigInt(index))).toEqual(spot.map(() => spot[0]));
});

/** What the venue says of an instrument in the answers that the recorder fetched. */
interface Listed {
  readonly instType: string;
  readonly instId: string;
  readonly state: string;
  readonly baseCcy: string;
  readonly quoteCcy: string;
  readonly uly: string;
  readonly settleCcy: string;
  readonly expTime: string;
  readonly ctVal: string;
  readonly ctValCcy: string;
  readonly lotSz: string;
}

function listed(): readonly Listed[] {
  const lines = gunzipSync(readFileSync(sharedData(RECORDING) ?? ""))
    .toString("utf8")
    .split("\n")
    .filter((line) => line.startsWith('{"t":"http"'));
  return lines.slice(0, 5).flatMap((line) => JSON.parse((JSON.parse(line) as { data: string }).data).data as Listed[]);
}

/** The canonical id from the venue's own fields; undefined for what K2 does not capture. */
function canonical({ instType, baseCcy, quoteCcy, uly, settleCcy, expTime }: Listed): string | undefined {
  const [base = "", quote = ""] = instType === "SPOT" ? [baseCcy, quoteCcy] : uly.split("-");
  const pair = `${base}-${quote}${settleCcy === "" || settleCcy === quote ? "" : `:${settleCcy}`}`;
  if (instType === "SPOT") return `${pair}-SPOT`;
  if (instType === "SWAP") return `${pair}-PERP`;
  const day = new Date(Number(expTime)).toISOString().slice(0, 10).replaceAll("-", "");
  return instType === "FUTURES" ? `${pair}-FUT-${day}` : undefined;
}

test.skipIf(frames === undefined)("every instrument that OKX listed in 2022 is spelled from its own fields", () => {
  const spelled = listed().flatMap((instrument) => {
    const id = canonical(instrument);
    return id === undefined ? [] : [[instrument.instId, okx.rawSymbol(parseInstrument(id))]];
  });
  expect(spelled.length).toBeGreaterThan(700);
  expect(spelled.filter(([instId, raw]) => instId !== raw)).toEqual([]);
});

test.skipIf(frames === undefined)(
  "recorded sizes of contracts are whole contracts, of the value that OKX lists",
  () => {
    const terms = new Map(listed().map((instrument) => [instrument.instId, instrument]));
    const { trades } = decodeFrames(okx, { symbols: RECORDED_SYMBOLS }, frames ?? []);
    const contracts = trades.filter(({ flags }) => flags.includes("contracts"));
    expect(contracts).toHaveLength(5);
    for (const { rawSymbol, size } of contracts) {
      expect(formatShortest(size)).toMatch(/^\d+$/);
      const { ctVal, ctValCcy, lotSz } = terms.get(rawSymbol) ?? {};
      expect([rawSymbol, ctVal, ctValCcy, lotSz]).toEqual(
        rawSymbol === "UNI-USD-SWAP" ? [rawSymbol, "10", "USD", "1"] : [rawSymbol, "100", "USD", "1"],
      );
    }
  },
);
