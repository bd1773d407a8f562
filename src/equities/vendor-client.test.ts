import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import type { Clock } from "../base/index.ts";
import { VendorClient, type VendorClientOptions } from "./vendor-client.ts";
import { alphaVantageRequest, yahooChartRequest } from "./vendor-requests.ts";

const GOOD = '{"Global Quote":{"01. symbol":"XYZ","05. price":"10.50","07. latest trading day":"2024-01-02"}}';

interface Vendor extends AsyncDisposable {
  readonly url: string;
  readonly requests: string[];
}

/** Answers in turn; the last answer again and again. */
async function vendor(...answers: readonly ((response: ServerResponse) => void)[]): Promise<Vendor> {
  const requests: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    requests.push(request.url ?? "");
    (answers[Math.min(requests.length, answers.length) - 1] ?? ((each) => each.end(GOOD)))(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function says(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): (response: ServerResponse) => void {
  return (response) => response.writeHead(status, headers).end(body);
}

/** A clock that passes by sleeping, and tells how long. */
function sleepingClock(): Clock & { readonly sleeps: number[] } {
  const sleeps: number[] = [];
  let ms = 1_700_000_000_000;
  return {
    sleeps,
    nowNs: () => BigInt(ms) * 1_000_000n,
    monotonicMs: () => ms,
    async sleep(durationMs, { signal } = {}) {
      signal?.throwIfAborted();
      sleeps.push(durationMs);
      ms += durationMs;
    },
  };
}

const half = { next: () => 0.5, int: () => 0 };
const ask = (
  server: Vendor,
  options: Partial<VendorClientOptions>,
  signal?: AbortSignal,
): ReturnType<VendorClient["ask"]> =>
  new VendorClient({ spacingMs: 0, random: half, ...options }).ask(
    { address: `${server.url}/q?apikey=SECRETKEY`, url: `${server.url}/q` },
    { signal },
  );

test("notes and 429 are waited for, as long as Retry-After says or ever longer, and then the answer is taken", async () => {
  await using server = await vendor(
    says(200, '{"Note":"Our standard API call frequency is 5 calls per minute."}'),
    says(429, "Too Many Requests", { "retry-after": "7" }),
    says(503, "busy"),
    says(200, GOOD),
  );
  const clock = sleepingClock();
  const reasons: string[] = [];
  const fetched = await ask(server, { clock, onWait: (reason) => void reasons.push(reason) });
  expect(fetched.answer.rawSymbol).toBe("XYZ");
  expect(fetched.bytes.url).toBe(`${server.url}/q`);
  expect(clock.sleeps).toEqual([60_000, 7_000, 3_000]); // The notice counts calls by the minute.
  expect(reasons[0]).toContain("5 calls per minute");
  expect(server.requests).toHaveLength(4);
});

test("an error of the vendor is told at once, without the key and without another try", async () => {
  await using server = await vendor(says(200, '{"Error Message":"Invalid API call."}'));
  const failure = await ask(server, {}).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "K2_VENDOR_REFUSED", remedy: "fix-input" });
  expect(String(failure)).toContain("Invalid API call");
  expect(String(failure)).not.toContain("SECRETKEY");
  expect(server.requests).toHaveLength(1);
});

test("a vendor that never answers is given up after so many attempts, whatever breaks", async () => {
  await using server = await vendor((response) => response.destroy());
  const clock = sleepingClock();
  const failure = await ask(server, { clock, attemptsMax: 3 }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "K2_VENDOR_UNAVAILABLE", remedy: "retry" });
  expect(String(failure)).not.toContain("SECRETKEY");
  expect(server.requests).toHaveLength(3);
  expect(clock.sleeps).toHaveLength(2);
});

test("an answer that is too large or too slow is not waited for", async () => {
  await using large = await vendor(says(200, "x".repeat(5_000)));
  await expect(ask(large, { bodyBytesMax: 1_000, attemptsMax: 1 })).rejects.toThrow("too large");
  await using slow = await vendor(() => {});
  await expect(ask(slow, { timeoutMs: 20, attemptsMax: 1 })).rejects.toThrow(/timeout/i);
});

test("questions are asked so far apart as allowed, also when several ask at once", async () => {
  await using server = await vendor(says(200, GOOD));
  const clock = sleepingClock();
  const client = new VendorClient({ spacingMs: 12_000, clock, random: half });
  const request = { address: `${server.url}/q`, url: `${server.url}/q` };
  await Promise.all([client.ask(request), client.ask(request), client.ask(request)]);
  expect(clock.sleeps).toEqual([12_000, 12_000]);
});

test("aborting ends the wait with its reason, and holds up nobody behind", async () => {
  await using server = await vendor(says(429, "later", { "retry-after": "3600" }), says(200, GOOD));
  const stop = new AbortController();
  const asked = ask(server, { onWait: () => setImmediate(() => stop.abort(new Error("enough"))) }, stop.signal);
  await expect(asked).rejects.toThrow("enough");
  await expect(ask(server, {})).resolves.toMatchObject({ answer: { rawSymbol: "XYZ" } });
});

test("requests name what is wanted, and their keys only in the address that is used", () => {
  const question = { rawSymbol: "BRK-B", interval: "1h", startUs: 1_700_000_000_500_000, endUs: 1_700_000_100_500_000 };
  expect(yahooChartRequest("https://host/", question).url).toBe(
    "https://host/v8/finance/chart/BRK-B?interval=60m&period1=1700000000&period2=1700000101&events=div%7Csplit&includePrePost=false",
  );
  const request = alphaVantageRequest("https://host", "KEY1", { ...question, interval: "1d" });
  expect(request.url).toBe(
    "https://host/query?function=TIME_SERIES_DAILY_ADJUSTED&symbol=BRK-B&outputsize=full&datatype=json",
  );
  expect(request.address).toBe(`${request.url}&apikey=KEY1`);
});
