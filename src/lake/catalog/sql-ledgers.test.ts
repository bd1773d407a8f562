import { expect } from "vitest";
import { type Clock, systemClock } from "../../base/index.ts";
import { newTable } from "./catalog-fixture.ts";
import type { Receipt } from "./change-options.ts";
import { parseIdentifier } from "./identifier.ts";
import { ReceiptTakenError } from "./receipts.ts";
import { onBothDatabases } from "./test-databases.ts";

const check = onBothDatabases();

function settableClock(startMs: number): Clock & { nowMs: number } {
  const clock = { ...systemClock, nowMs: startMs, nowNs: () => BigInt(clock.nowMs) * 1_000_000n };
  return clock;
}

function receipt(key: string, answer: string, expiresMs = 2_000): Receipt {
  return { key, request: "POST /x", answer, expiresMs };
}

check("a lease is one holder's until it ends, and each change of hands has a higher epoch", async ({ catalogs }) => {
  const clock = settableClock(1_000_000);
  const { leases } = await catalogs.open({ clock });
  const { leases: seenByOther } = await catalogs.open({ clock });
  const first = await leases.acquire("compaction", "ann", 1_000);
  expect(first).toEqual({ name: "compaction", holder: "ann", epoch: 1, untilMs: 1_001_000 });
  expect(await seenByOther.acquire("compaction", "bob", 1_000)).toBeUndefined();
  expect((await seenByOther.current("compaction"))?.holder).toBe("ann");
  expect((await seenByOther.acquire("expiry", "bob", 1_000))?.epoch).toBe(1);
  clock.nowMs += 999;
  expect(await seenByOther.acquire("compaction", "bob", 1_000)).toBeUndefined();
  clock.nowMs += 1;
  expect(await leases.current("compaction")).toBeUndefined();
  const second = await seenByOther.acquire("compaction", "bob", 1_000);
  expect(second?.epoch).toBe(2);
  if (first === undefined || second === undefined) throw new Error("no lease");
  expect(await leases.renew(first, 1_000)).toBeUndefined();
  await leases.release(first); // Has been outgrown: no effect.
  expect((await leases.current("compaction"))?.holder).toBe("bob");
});

check("a lease is prolonged, given up, and taken anew by a holder that has started again", async ({ catalogs }) => {
  const clock = settableClock(1_000_000);
  const { leases } = await catalogs.open({ clock });
  const lease = await leases.acquire("jobs", "ann", 1_000);
  if (lease === undefined) throw new Error("no lease");
  clock.nowMs += 900;
  expect((await leases.renew(lease, 1_000))?.untilMs).toBe(1_001_900);
  clock.nowMs += 5_000;
  expect((await leases.renew(lease, 1_000))?.epoch).toBe(1); // Late, and nobody was faster.
  const again = await leases.acquire("jobs", "ann", 1_000);
  expect(again?.epoch).toBe(2);
  expect(await leases.renew(lease, 1_000)).toBeUndefined();
  if (again !== undefined) await leases.release(again);
  expect((await leases.acquire("jobs", "bob", 1_000))?.epoch).toBe(3);
  await expect(leases.acquire("", "bob", 1_000)).rejects.toThrow(/names of 1 to 255/);
});

check("of many that want a free lease, one has it", async ({ catalogs }) => {
  const [one, other] = [await catalogs.open(), await catalogs.open()];
  const wanted = Array.from({ length: 12 }, (_, index) =>
    (index % 2 === 0 ? one : other).leases.acquire("jobs", `holder ${index}`, 60_000),
  );
  const had = (await Promise.all(wanted)).filter((lease) => lease !== undefined);
  expect(had).toHaveLength(1);
  expect(had[0]?.epoch).toBe(1);
});

check("a change and its receipt are made together or not at all", async ({ catalogs }) => {
  const catalog = await catalogs.open({ clock: settableClock(1_000) });
  await catalog.createNamespace(["a"], {}, { receipt: () => receipt("k1", "made") });
  expect(await catalog.receipts.find("k1")).toEqual(receipt("k1", "made"));
  await expect(catalog.createNamespace(["a"], {}, { receipt: () => receipt("k2", "made") })).rejects.toThrow();
  expect(await catalog.receipts.find("k2")).toBeUndefined();
  await expect(catalog.createNamespace(["b"], {}, { receipt: () => receipt("k1", "again") })).rejects.toThrow(
    ReceiptTakenError,
  );
  expect(await catalog.loadNamespace(["b"])).toBeUndefined();
  const identifier = parseIdentifier("a.t");
  const table = await catalog.create(identifier, newTable(catalogs.folder, "a.t"), {
    receipt: ({ metadataLocation }) => receipt("k3", metadataLocation),
  });
  expect((await catalog.receipts.find("k3"))?.answer).toBe(table.metadataLocation);
  expect(
    await catalog.drop(parseIdentifier("a.none"), { receipt: (found) => (found ? receipt("k4", "") : undefined) }),
  ).toBe(false);
  expect(await catalog.receipts.find("k4")).toBeUndefined();
});

check("of two changes under one key at once, one is made", async ({ catalogs }) => {
  const [one, other] = [await catalogs.open(), await catalogs.open()];
  const expiresMs = Date.now() + 60_000;
  const make = (catalog: typeof one, name: string) =>
    catalog.createNamespace([name], {}, { receipt: () => receipt("k", name, expiresMs) });
  const outcomes = await Promise.allSettled([make(one, "p"), make(other, "q"), make(one, "r")]);
  const made = outcomes.filter(({ status }) => status === "fulfilled");
  expect(made).toHaveLength(1);
  expect(await one.listNamespaces()).toEqual([[(await one.receipts.find("k"))?.answer]]);
});

check("a receipt is kept until it expires, and its key is free afterwards", async ({ catalogs }) => {
  const clock = settableClock(1_000);
  const { receipts } = await catalogs.open({ clock });
  expect(await receipts.save(receipt("k", "first"))).toBe(true);
  expect(await receipts.save(receipt("k", "second"))).toBe(false);
  clock.nowMs = 1_999;
  expect((await receipts.find("k"))?.answer).toBe("first");
  expect(await receipts.forgetExpired()).toBe(0);
  clock.nowMs = 2_000;
  expect(await receipts.find("k")).toBeUndefined();
  expect(await receipts.save(receipt("k", "third", 3_000))).toBe(true);
  clock.nowMs = 4_000;
  expect(await receipts.forgetExpired()).toBe(1);
});
