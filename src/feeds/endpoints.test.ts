import fc from "fast-check";
import { expect, test } from "vitest";
import { systemClock } from "../base/index.ts";
import { Endpoints } from "./endpoints.ts";
import { runFeed } from "./feed-run.ts";
import { TestClock, until } from "./test-clock.ts";
import { KeptFrames, testRunOptions } from "./test-feed.ts";
import { TestVenue } from "./test-venue.ts";

const settings = { failoverFailures: 3, breakerFailures: 8, breakerPauseMs: 60_000 };

test("after some failures in a row the next endpoint is tried, round and round; a healthy socket stays where it is", () => {
  const endpoints = new Endpoints(["a", "b"], settings);
  const urls: string[] = [];
  for (let failure = 0; failure < 7; failure += 1) {
    endpoints.failed();
    urls.push(endpoints.url);
  }
  expect(urls.join("")).toBe("aabbbaa");
  endpoints.healthy();
  endpoints.failed();
  endpoints.failed();
  expect(endpoints.url).toBe("a");
});

test("too many failures open the breaker; then one try decides", () => {
  const endpoints = new Endpoints(["a"], settings);
  for (let failure = 0; failure < 7; failure += 1) expect(endpoints.failed()).toBe(0);
  expect(endpoints.failed()).toBe(60_000);
  expect(endpoints.breaker).toBe("open");
  endpoints.trying();
  expect(endpoints.breaker).toBe("half-open");
  expect(endpoints.failed()).toBe(60_000);
  expect(endpoints.breaker).toBe("open");
  endpoints.trying();
  endpoints.healthy();
  expect([endpoints.breaker, endpoints.failures, endpoints.failed()]).toEqual(["closed", 0, 0]);
});

test("whatever happens, the endpoint is one of those given, and the breaker is closed whenever nothing failed since it was healthy", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.constantFrom("failed", "trying", "healthy"), { maxLength: 60 }),
      (count, events) => {
        const urls = Array.from({ length: count }, (_, index) => `url${index}`);
        const endpoints = new Endpoints(urls, settings);
        let failures = 0;
        for (const event of events) {
          endpoints[event as "failed" | "trying" | "healthy"]();
          failures = event === "failed" ? failures + 1 : event === "healthy" ? 0 : failures;
          expect(urls).toContain(endpoints.url);
          expect(endpoints.failures).toBe(failures);
          if (failures < settings.breakerFailures) expect(endpoints.breaker).toBe("closed");
        }
      },
    ),
  );
});

test("a feed whose first endpoint refuses is captured from the second; the log and the status say from where", async () => {
  await using down = await TestVenue.open({ refuse: () => "503 Service Unavailable\r\nRetry-After: 0" });
  await using spare = await TestVenue.open();
  const kept = new KeptFrames();
  await using run = runFeed({
    ...testRunOptions({
      sink: kept.sink,
      settings: { retryFirstMs: 1, retryMsMax: 2, refusedMsMin: 1, failoverFailures: 2 },
    }),
    urls: [down.url, spare.url],
    clock: systemClock,
  });
  await until(() => run.status()[0]?.state === "live", "live");
  expect(run.status()[0]).toMatchObject({
    url: spare.url,
    urls: [down.url, spare.url],
    breaker: "closed",
    failuresInRow: 2,
  });
  expect(down.attempts).toBe(2);
  await run[Symbol.asyncDispose]();
  expect(JSON.parse(new TextDecoder().decode(kept.frames()[0]?.payload))).toMatchObject({ url: spare.url });
});

test("a venue that refuses again and again is left alone for a while, with the reason; the probe that succeeds ends it", async () => {
  let isDown = true;
  await using venue = await TestVenue.open({ refuse: () => (isDown ? "503 Service Unavailable" : undefined) });
  const clock = new TestClock();
  await using run = runFeed(
    testRunOptions({
      url: venue.url,
      clock,
      settings: {
        retryFirstMs: 10,
        retryMsMax: 20,
        refusedMsMin: 10,
        breakerFailures: 4,
        breakerPauseMs: 60_000,
        healthyMs: 500,
      },
    }),
  );
  const status = () => run.status()[0];
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    await clock.advance(20);
    await until(() => venue.attempts === attempt && status()?.state === "waiting", `attempt ${attempt}`);
  }
  expect(status()).toMatchObject({ breaker: "open", failuresInRow: 4 });
  expect(status()?.lastError).toMatch(/^4 failures in a row: nothing is tried for 60 s, then once; the last: .*503/);
  await clock.advance(59_000);
  expect(venue.attempts).toBe(4);
  isDown = false;
  await clock.advance(1_000);
  await until(() => venue.attempts === 5, "the probe");
  expect(status()?.breaker).toBe("half-open");
  await until(() => status()?.state === "live", "live");
  await clock.advance(600);
  expect(status()).toMatchObject({ breaker: "closed", failuresInRow: 0 });
});
