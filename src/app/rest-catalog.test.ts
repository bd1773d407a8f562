import { expect, test } from "vitest";
import type { RequestedChange } from "../lake/index.ts";
import { refusal } from "./rest-catalog.ts";

function change(action: RequestedChange["action"], table: string, isAuthenticated = false): RequestedChange {
  const [namespace = "", name] = table.split(".");
  return { action, namespace: [namespace], name, isAuthenticated };
}

const OPEN = { readOnly: false };

test("clients write tables of their own, on this machine without a token", () => {
  expect(refusal(change("create", "mine.t"), OPEN, true)).toBeUndefined();
  expect(refusal(change("commit", "silver.mine"), OPEN, true)).toBeUndefined();
  expect(refusal(change("create", "mine"), OPEN, true)).toBeUndefined();
});

test("K2's own tables take commits from who shows a token, and stay where they are", () => {
  expect(refusal(change("commit", "silver.trades"), OPEN, true)).toMatch(/configure lake.rest.tokens/);
  expect(refusal(change("commit", "silver.trades", true), OPEN, true)).toBeUndefined();
  for (const action of ["create", "remove", "replace"] as const) {
    expect(refusal(change(action, "gold.bars", true), OPEN, true)).toMatch(/K2's own/);
  }
});

test("other machines write nothing without a token, and a read-only catalog takes nothing at all", () => {
  expect(refusal(change("create", "mine.t"), OPEN, false)).toMatch(/lake.rest.tokens/);
  expect(refusal(change("create", "mine.t", true), OPEN, false)).toBeUndefined();
  expect(refusal(change("create", "mine.t", true), { readOnly: true }, true)).toMatch(/readOnly/);
});
