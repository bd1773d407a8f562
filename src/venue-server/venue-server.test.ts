import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedData } from "../../test/shared-data.ts";
import type { Frame } from "../domain/index.ts";
import { readCapture } from "./captures/index.ts";
import type { LedgerReport } from "./ledger/index.ts";
import type { VenueServerOptions } from "./options.ts";
import { BareClient } from "./testing/bare-client.ts";
import {
  BOTH,
  heardTotals,
  isTrade,
  market,
  recorded,
  sentTotals,
  settled,
  subscribe,
  textOf,
} from "./testing/fixtures.ts";
import { startVenueServer } from "./venue-server.ts";

describe("control over HTTP", () => {
  const post = (url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(`${url}/control`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });

  test("does what it is asked, several things at once, and tells what was sent", async () => {
    await using server = await startVenueServer({ source: market(), speed: "max", paused: true });
    const client = await BareClient.connect(server.url("binance"));
    client.say(subscribe("btcusdt@trade"));
    await client.next();
    const faults = { seed: 1, rules: [{ kind: "duplicate", at: [0] }] };
    expect((await post(server.httpUrl, { faults, speed: 500, resume: true })).status).toBe(200);
    await client.hear(20, isTrade);
    await post(server.httpUrl, {
      pause: true,
      rewind: { feed: "binance", afterTradeId: "0" },
      disconnect: { feed: "binance", closeCode: 1012 },
    });
    expect((await client.closed).code).toBe(1012);
    const report = (await (await fetch(`${server.httpUrl}/ledger`)).json()) as LedgerReport;
    expect(report).toEqual(server.ledger());
    expect(report.faults).toEqual([{ feed: "binance", kind: "duplicate", times: 1, frames: 1, trades: 1 }]);
    await using again = await BareClient.connect(server.url("binance"));
    again.say(subscribe("btcusdt@trade"));
    const [first = ""] = await again.hear(20, isTrade);
    expect((JSON.parse(first) as { data: { t: number } }).data.t).toBe(1);
    expect(await (await fetch(server.httpUrl)).json()).toEqual({ feeds: { binance: server.url("binance") } });
  });

  test.each([
    [{ speed: 0 }, "/speed"],
    [{ speed: "fast" }, "/speed"],
    [{ stop: true }, 'properties [\\"stop\\"]'],
    [{ faults: { seed: 1, rules: [{ kind: "gremlins" }] } }, "/faults/rules/0/kind"],
    [{ faults: { seed: 1, rules: [{ kind: "corrupt", probability: 2 }] } }, "/faults/rules/0/probability"],
    [{ disconnect: { closeCode: 7 } }, "/disconnect/closeCode"],
    [{ rewind: { feed: "nyse", trades: 1 } }, "nyse"],
    [{ rewind: { feed: "binance", frames: 1 } }, "frames"],
    [{ rewind: { feed: "binance", symbol: "NOPE", trades: 1 } }, "NOPE"],
    [[], "root"],
  ])("refuses %j and says why", async (body, said) => {
    await using server = await startVenueServer({ source: market(), paused: true });
    const response = await post(server.httpUrl, body);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(said);
  });

  test("refuses pages of other origins, other content and other paths", async () => {
    await using server = await startVenueServer({ source: market(), paused: true });
    expect((await post(server.httpUrl, { pause: true }, { origin: "https://evil.example" })).status).toBe(400);
    expect((await post(server.httpUrl, { pause: true }, { "content-type": "text/plain" })).status).toBe(400);
    expect((await fetch(`${server.httpUrl}/elsewhere`)).status).toBe(404);
  });
});

describe("startVenueServer()", () => {
  test.each([
    [{ source: market({ feeds: ["nyse"] }) }, "nyse"],
    [{ source: market({ assets: ["GOLD"] }) }, "GOLD"],
    [{ source: market(), speed: -1 }, "speed"],
    [{ source: market(), faults: { seed: 1, rules: [{ kind: "corrupt", probability: -1 }] } }, "probability"],
  ] as const)("refuses wrong options %#", async (options, said) => {
    await expect(startVenueServer(options as VenueServerOptions)).rejects.toThrow(said);
  });

  test("says when its port is taken", async () => {
    await using server = await startVenueServer({ source: market(), paused: true });
    await expect(startVenueServer({ source: market(), port: server.port })).rejects.toThrow(`127.0.0.1:${server.port}`);
  });

  test("closing it ends every connection", async () => {
    const server = await startVenueServer({ source: market(), speed: 1 });
    const client = await BareClient.connect(server.url("binance"));
    client.say(subscribe("btcusdt@trade"));
    await client.next();
    await server[Symbol.asyncDispose]();
    expect([1001, 1006]).toContain((await client.closed).code);
  });
});

describe("capture files", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "k2-venue-server-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("a line that cannot be read ends the play with its number, and the clients are told", async () => {
    const path = join(folder, "broken.txt");
    const line = `1723161255088176367 ${textOf(recorded(1)[0] as Frame)}\n`;
    await writeFile(path, `${line}${line}nonsense\n`);
    await using server = await startVenueServer({
      source: { kind: "captures", captures: [{ feed: "binance", paths: [path] }] },
      speed: "max",
    });
    await using client = await BareClient.connect(server.url("binance"));
    client.say(subscribe(...BOTH));
    await expect(server.finished).rejects.toThrow("broken.txt, line 3");
    expect(await client.closed).toEqual({ code: 1011, reason: "playing failed" });
    expect(client.heard.filter(isTrade)).toHaveLength(2);
  });

  const CAPTURES = [
    ["binance", "binance/hftbacktest/usdm_btcusdt_20230404.dat.gz"],
    ["binance", "binance/cryptofeed-spot-20211011.jsonl.gz"],
    ["kraken", "kraken/v2-book/kraken_btcusd_l2.jsonl.gz"],
    ["kraken-v1", "kraken/v1/cryptofeed-kraken-20210417.jsonl.gz"],
    ["coinbase", "coinbase/advanced-trade-20260809-part1.jsonl.gz"],
    ["coinbase-exchange", "coinbase/exchange-feed-20210417.jsonl.gz"],
    ["bybit-linear", "bybit/v5-linear-20260809.jsonl.gz"],
    ["bybit-v2", "bybit/v2-inverse-20210417.jsonl.gz"],
    ["okx", "other/okx-20220513.jsonl.gz"],
  ] as const;
  for (const [feed, name] of CAPTURES) {
    const path = sharedData(`ws/${name}`);
    test.skipIf(path === undefined)(`verbatim, ${name} arrives byte for byte`, async () => {
      const expected: string[] = [];
      for await (const record of readCapture(path ?? ""))
        if (record.direction === "received") expected.push(textOf(record));
      await using server = await startVenueServer({
        source: {
          kind: "captures",
          captures: [{ feed, paths: [path ?? ""] }],
          mode: "verbatim",
          answers: false,
          onEnd: "close",
        },
        speed: "max",
      });
      await using client = await BareClient.connect(server.url(feed));
      await client.closed;
      expect(client.heard.length).toBe(expected.length);
      expect(client.heard.findIndex((text, index) => text !== expected[index])).toBe(-1);
    });
  }

  const bitcoin = sharedData("ws/binance/hftbacktest/usdm_btcusdt_20240808.gz");
  test.skipIf(bitcoin === undefined)(
    "a subscription gets the trades of a capture, as many and as much as its notes say",
    async () => {
      await using server = await startVenueServer({
        source: { kind: "captures", captures: [{ feed: "binance-usdm", paths: [bitcoin ?? ""] }] },
        speed: "max",
      });
      await using client = await BareClient.connect(server.url("binance-usdm"));
      client.say(subscribe("btcusdt@trade"));
      await server.finished;
      await client.hear(21_313, isTrade);
      const report = server.ledger();
      expect(report.trades).toMatchObject([
        { symbol: "BTCUSDT", trades: 21_313, sizeSum: "2429.366", firstId: "5266583935" },
      ]);
      expect(sentTotals(report, "binance-usdm")).toEqual(heardTotals("binance-usdm", client.heard));
    },
  );

  const exchange = sharedData("ws/coinbase/exchange-feed-20210417.jsonl.gz");
  test.skipIf(exchange === undefined)("a subscription to a product gets its matches and its last match", async () => {
    await using server = await startVenueServer({
      source: { kind: "captures", captures: [{ feed: "coinbase-exchange", paths: [exchange ?? ""] }] },
      speed: "max",
    });
    await using client = await BareClient.connect(server.url("coinbase-exchange"));
    client.say({ type: "subscribe", product_ids: ["SKL-BTC"], channels: ["matches"] });
    await server.finished;
    await settled(client);
    const frames = client.heard.filter((text) => text.includes("match") && text.includes("maker_order_id"));
    expect(frames[0]).toContain('"type":"last_match"');
    expect(new Set(frames.map((text) => (JSON.parse(text) as { product_id: string }).product_id))).toEqual(
      new Set(["SKL-BTC"]),
    );
    expect(server.ledger().trades).toHaveLength(1);
  });
});
