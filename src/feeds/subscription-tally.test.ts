import { expect, test } from "vitest";
import { SubscriptionTally } from "./subscription-tally.ts";

const accepted = (count: number) => ({ kind: "accepted", count }) as const;
const refused = { kind: "refused", reason: "unknown symbol" } as const;

test("SubscriptionTally is complete when every symbol has an answer, accepted or refused", () => {
  const tally = new SubscriptionTally({ subscriptions: 3, requests: 3 });
  tally.take(accepted(1));
  tally.take(refused);
  expect(tally.answered).toBe("none");
  tally.take(accepted(1));
  expect([tally.answered, tally.accepted, tally.refused]).toEqual(["all", 2, 1]);
});

test("SubscriptionTally takes one answer a request for perhaps all, where it does not say about how many symbols", () => {
  const tally = new SubscriptionTally({ subscriptions: 50, requests: 2 });
  tally.take(accepted(1));
  expect(tally.answered).toBe("none");
  tally.take(refused);
  expect(tally.answered).toBe("perhaps");
});

test("SubscriptionTally takes what is said to be all by now for the whole, not for more", () => {
  const tally = new SubscriptionTally({ subscriptions: 4, requests: 3 });
  tally.take({ ...accepted(2), isTotal: true });
  expect([tally.answered, tally.accepted]).toEqual(["none", 2]);
  tally.take({ ...accepted(4), isTotal: true });
  expect([tally.answered, tally.accepted]).toEqual(["all", 4]);
});
