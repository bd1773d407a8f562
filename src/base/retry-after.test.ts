import { expect, test } from "vitest";
import { RETRY_AFTER_MS_MAX, retryAfterMs } from "./retry-after.ts";

const now = Date.parse("2026-01-01T00:00:00Z");

test("retryAfterMs() reads seconds and dates, and bounds them", () => {
  expect(retryAfterMs("120", now)).toBe(120_000);
  expect(retryAfterMs("Thu, 01 Jan 2026 00:00:30 GMT", now)).toBe(30_000);
  expect(retryAfterMs("Wed, 31 Dec 2025 23:59:00 GMT", now)).toBe(0);
  expect(retryAfterMs("99999999999", now)).toBe(RETRY_AFTER_MS_MAX);
});

test("retryAfterMs() says nothing of a header that is absent or not readable", () => {
  expect([undefined, "", "soon"].map((header) => retryAfterMs(header, now))).toEqual([undefined, undefined, undefined]);
});
