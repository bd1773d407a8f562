import { expect, test } from "vitest";
import { barsChunk, seededTrades, testBar, tradesChunk } from "../store/test-records.ts";
import { TestApi, tradeBatch } from "./test-api.ts";

interface Answer {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

test("a trade and a bar are the same row over REST and over the stream, in snapshot and update", async () => {
  await using api = await TestApi.open({ platform: {} });
  const trades = [...seededTrades(1, 30), { id: "a-text", listing: 2, eventUs: 1_800_000_000_000_000, flags: 127 }];
  const bars = [
    testBar(),
    testBar({ listing: 2, open: 1n, low: 1n, quoteVolume: 12_345n, startUs: 1_700_000_040_000_000 }),
  ];
  await api.platform.store.apply(tradesChunk(trades));
  await api.platform.store.apply(barsChunk(bars));
  const client = await api.connect();
  const ofStream: Readonly<Record<string, unknown>>[] = [];
  await client.ask({ op: "subscribe", id: 1, channel: "trades", snapshot: 0 });
  api.server.hub.publishTrades(tradeBatch(trades));
  while (ofStream.length < trades.length) ofStream.push(...((await client.next()).rows ?? []));
  const ofRest = (await api.json<Answer>("/v1/trades?order=asc")).rows;
  const inOrder = (rows: Answer["rows"]): readonly string[] => rows.map((row) => JSON.stringify(row)).sort();
  expect(inOrder(ofStream)).toEqual(inOrder(ofRest));
  const snapshot = await client.ask({ op: "subscribe", id: 2, channel: "trades", snapshot: trades.length });
  expect(snapshot.rows).toEqual(ofStream);
  const barSnapshot = await client.ask({ op: "subscribe", id: 3, channel: "bars" });
  const { rows: barRows } = await api.json<Answer>("/v1/bars?order=asc");
  expect(barSnapshot.rows).toEqual(barRows);
  api.server.hub.publishBars(bars);
  expect((await client.next()).rows).toEqual(barRows);
});
