import { afterAll, beforeAll, expect, test } from "vitest";
import { BareClient } from "../testing/bare-client.ts";
import { startBusyMarket } from "../testing/dialogues.ts";
import type { VenueServer } from "../venue-server.ts";

let server: VenueServer;
beforeAll(async () => {
  server = await startBusyMarket();
});
afterAll(() => server[Symbol.asyncDispose]());

test("a path that is no feed's is not found", async () => {
  const url = `ws://127.0.0.1:${server.port}/nyse`;
  await expect(BareClient.connect(url)).rejects.toThrow("404");
});
