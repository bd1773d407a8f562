import { expect, test } from "vitest";
import { InvalidInputError } from "../../base/index.ts";
import { ChangeConflictError, LakeUnsupportedError } from "../index.ts";
import { COUNTED, counted, TestLake } from "../test-lake.ts";

async function stage(t: TestLake, from: number, to: number) {
  return (await t.lake.stageFiles(await t.lake.table("a.b"), { run: t.db.run, relation: counted(from, to) })).files;
}

async function count(t: TestLake, ref: string): Promise<unknown> {
  const sql = await (await t.lake.table("a.b")).scan({ ref }).sql();
  return (await t.db.rows(`SELECT count(*)::INT FROM ${sql}`))[0]?.[0];
}

test("rows are written to a branch, seen there alone, and taken over once they are found good", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  await t.append("a.b", counted(0, 10));
  const audit = await t.lake.append("a.b", {
    files: await stage(t, 10, 15),
    branch: "audit",
    summary: { "wap.id": "w1" },
  });
  expect([await count(t, "main"), await count(t, "audit")]).toEqual([10, 15]);
  expect(audit.table.metadata.currentSnapshotId).not.toBe(audit.snapshotId);
  const moved = await t.lake.cherryPick("a.b", { snapshotId: audit.snapshotId ?? 0n });
  expect([moved.snapshotId, await count(t, "main")]).toEqual([audit.snapshotId, 15]); // It followed: nothing is written.
  await expect(t.lake.cherryPick("a.b", { snapshotId: audit.snapshotId ?? 0n })).rejects.toThrow(/in it already/);
});

test("a branch that main has left behind is taken over by appending its files, once", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  await t.append("a.b", counted(0, 10));
  const audit = await t.lake.append("a.b", {
    files: await stage(t, 10, 15),
    branch: "audit",
    summary: { "wap.id": "w1" },
  });
  await t.append("a.b", counted(20, 30));
  const picked = await t.lake.cherryPick("a.b", { snapshotId: audit.snapshotId ?? 0n });
  expect([await count(t, "main"), await count(t, "audit")]).toEqual([25, 15]);
  expect(picked.table.snapshot?.summary).toMatchObject({
    "source-snapshot-id": String(audit.snapshotId),
    "published-wap-id": "w1",
    "added-records": "5",
    "total-records": "25",
  });
  await expect(t.lake.cherryPick("a.b", { snapshotId: audit.snapshotId ?? 0n })).rejects.toThrow(InvalidInputError);
  const filter = { column: "n", is: "eq", value: 3 } as const;
  const gone = await t.lake.deleteRows("a.b", { run: t.db.run, filter, branch: "audit" });
  expect([await count(t, "main"), await count(t, "audit")]).toEqual([25, 14]);
  await expect(t.lake.cherryPick("a.b", { snapshotId: gone.snapshotId ?? 0n })).rejects.toThrow(LakeUnsupportedError);
});

test("a branch moves forward to what it led to, and elsewhere only when it is replaced", async () => {
  await using t = await TestLake.open();
  await t.lake.createTable("a.b", COUNTED);
  await t.append("a.b", counted(0, 10));
  await t.lake.append("a.b", { files: await stage(t, 10, 15), branch: "next" });
  await t.lake.append("a.b", { files: await stage(t, 15, 17), branch: "next" });
  await t.lake.moveBranch("a.b", { branch: "main", to: "next", isFastForward: true });
  expect(await count(t, "main")).toBe(17);
  const first = (await t.lake.table("a.b")).metadata.snapshots[0]?.snapshotId ?? 0n;
  const back = { branch: "main", to: first, isFastForward: true };
  await expect(t.lake.moveBranch("a.b", back)).rejects.toThrow(ChangeConflictError);
  await t.lake.moveBranch("a.b", { ...back, isFastForward: false });
  await t.lake.moveBranch("a.b", { ...back, branch: "made", isFastForward: true });
  expect([await count(t, "main"), await count(t, "next"), await count(t, "made")]).toEqual([10, 17, 10]);
  const progress = { writer: "w", epoch: 1, continuesFrom: undefined, positions: "1" };
  await expect(t.lake.append("a.b", { files: [], progress, branch: "next" })).rejects.toThrow(
    /progress to branch next/,
  );
});
