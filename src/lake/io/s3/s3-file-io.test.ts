import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { seededRandom } from "../../../base/index.ts";
import { LakeExistsError, LakeNotFoundError, StorageRefusedError, StorageUnavailableError } from "../../errors.ts";
import { describeFileIo } from "../file-io.contract.ts";
import { openStorage } from "../storage.ts";
import { TestS3Storage } from "./test-s3-storage.ts";

describeFileIo("S3FileIo", () => TestS3Storage.open());
describeFileIo("S3FileIo without conditional writes", () => TestS3Storage.open({}, { isConditional: false }));
describeFileIo("S3FileIo with payloads signed only by length", () =>
  TestS3Storage.open({ signPayload: false }, { pageMax: 2 }),
);
describeFileIo("S3FileIo while 30 % of requests fail", async () => {
  const t = await TestS3Storage.open({ attemptsMax: 25, silenceMsMax: 300 });
  t.server.failAtRandom(seededRandom(11), 0.3);
  return t;
});

const bytesOf = (text: string): Uint8Array => Buffer.from(text, "utf8");

async function stage({ io, root }: TestS3Storage, name: string, bytes: Uint8Array): Promise<string> {
  const location = `${root}/${name}`;
  await writeFile(await io.beginFile(location), bytes);
  return location;
}

/** Every byte tells its place, so that parts in a wrong order show. */
function numbered(byteLength: number): Buffer {
  return Buffer.from(Uint32Array.from({ length: byteLength / 4 }, (_, index) => index).buffer);
}

test("a large file goes up in parts, in parallel, and comes back whole", async () => {
  await using t = await TestS3Storage.open(
    { partBytes: 5 << 20, multipartThresholdBytes: 6 << 20, silenceMsMax: 20_000 },
    { partBytesMin: 5 << 20 },
  );
  const bytes = numbered(18 << 20);
  const location = await stage(t, "data/large.parquet", bytes);
  await t.io.finishFile(location);
  expect(t.server.requests.filter((request) => request.includes("partNumber")).length).toBe(4);
  expect(t.server.uploads.size).toBe(0);
  expect(bytes.equals(Buffer.from(await t.io.read(location)))).toBe(true);
  await using anew = (await openStorage({ ...t.config, cacheFolder: join(t.folder, "other-cache") })).io;
  using lease = await anew.lease([{ location, byteLength: bytes.byteLength }]);
  expect(bytes.equals(await readFile(lease.pathOf(location)))).toBe(true);
});

test("a PUT that took effect and was never answered is done once, and is no error", async () => {
  await using t = await TestS3Storage.open();
  t.server.failNext("hang-after", "PUT");
  await t.io.write(`${t.root}/a`, bytesOf("1"));
  expect(t.server.requests).toEqual(["PUT lake/warehouse/a", "PUT lake/warehouse/a", "HEAD lake/warehouse/a"]);
  expect(Buffer.from(await t.io.read(`${t.root}/a`)).toString()).toBe("1");
});

test("a PUT whose last try was never answered is looked up", async () => {
  await using t = await TestS3Storage.open({ attemptsMax: 1 });
  t.server.failNext("error-after", "PUT");
  await t.io.write(`${t.root}/a`, bytesOf("1"));
  t.server.failNext("error", "PUT");
  await expect(t.io.write(`${t.root}/b`, bytesOf("1"))).rejects.toBeInstanceOf(StorageUnavailableError);
});

test("a completed upload that was never answered is done once", async () => {
  await using t = await TestS3Storage.open();
  const location = await stage(t, "data/a.parquet", numbered(200_000));
  t.server.failNext("cut-after", "POST lake/warehouse/data/a.parquet?uploadId");
  await t.io.finishFile(location);
  expect(numbered(200_000).equals(Buffer.from(await t.io.read(location)))).toBe(true);
});

test("a part that was torn, refused or slow is sent again, alone", async () => {
  await using t = await TestS3Storage.open();
  const location = await stage(t, "data/a.parquet", numbered(200_000));
  for (const fault of ["error", "slow-down", "cut", "cut-after", "error-after"] as const)
    t.server.failNext(fault, "partNumber");
  await t.io.finishFile(location);
  expect(t.server.requests.filter((request) => request.includes("partNumber")).length).toBe(10);
  expect(numbered(200_000).equals(Buffer.from(await t.io.read(location)))).toBe(true);
});

test("an upload whose completion fails with 200 and an error in the body is completed again", async () => {
  await using t = await TestS3Storage.open();
  const location = await stage(t, "data/a.parquet", numbered(200_000));
  const body = Buffer.from("<Error><Code>InternalError</Code></Error>");
  t.server.failNext({ status: 200, body }, "POST lake/warehouse/data/a.parquet?uploadId");
  await t.io.finishFile(location);
  expect((await t.io.read(location)).byteLength).toBe(200_000);
});

test("an upload that fails is given up; one that a crash left is listed and removed", async () => {
  await using t = await TestS3Storage.open({ attemptsMax: 2 });
  const location = await stage(t, "data/a.parquet", numbered(200_000));
  for (let n = 0; n < 20; n += 1) t.server.failNext("error", "partNumber");
  await expect(t.io.finishFile(location)).rejects.toBeInstanceOf(StorageUnavailableError);
  expect([t.server.uploads.size, t.server.objects.size]).toEqual([0, 0]);

  t.server.uploads.set("left-behind", {
    key: "warehouse/data/b c.parquet",
    metadata: {},
    parts: new Map(),
    initiatedMs: 5_000,
  });
  const listed = [];
  for await (const file of t.io.list(t.root)) listed.push(file);
  expect(listed).toEqual([
    { location: `${t.root}/data/b c.parquet#k2-upload=left-behind`, byteLength: 0, modifiedMs: 5_000 },
  ]);
  await t.io.remove(listed[0]?.location ?? "");
  expect(t.server.uploads.size).toBe(0);
});

test("a torn body is fetched again, and never served", async () => {
  await using t = await TestS3Storage.open();
  const bytes = numbered(300_000);
  await t.io.write(`${t.root}/a`, bytes);
  for (const fault of ["torn", "cut", "torn", "cut-after"] as const) t.server.failNext(fault, "GET");
  using lease = await t.io.lease([{ location: `${t.root}/a`, byteLength: 300_000 }]);
  expect(bytes.equals(await readFile(lease.pathOf(`${t.root}/a`)))).toBe(true);
  t.server.failNext("torn", "GET");
  expect(bytes.equals(Buffer.from(await t.io.read(`${t.root}/a`)))).toBe(true);
});

test("what was just written is read from the local copy", async () => {
  await using t = await TestS3Storage.open();
  const location = await stage(t, "data/a.parquet", numbered(40_000));
  await t.io.finishFile(location);
  t.server.requests.length = 0;
  using lease = await t.io.lease([{ location, byteLength: 40_000 }]);
  expect(numbered(40_000).equals(await readFile(lease.pathOf(location)))).toBe(true);
  expect(t.server.requests).toEqual([]);
});

test("staged files of a process that was killed are gone when the folder is opened again", async () => {
  await using t = await TestS3Storage.open();
  await stage(t, "data/a.parquet", numbered(400));
  await t.io[Symbol.asyncDispose]();
  await using anew = (await openStorage(t.config)).io;
  expect(await readdir(join(t.config.cacheFolder, "0", "staging"))).toEqual([]);
  await anew.write(`${t.root}/x`, bytesOf("1"));
});

test("another file's name is not taken: not by PUT, not by parts", async () => {
  await using t = await TestS3Storage.open();
  await t.io.write(`${t.root}/small`, bytesOf("theirs"));
  await t.io.write(`${t.root}/large`, bytesOf("theirs"));
  const [small, large] = [await stage(t, "small", numbered(400)), await stage(t, "large", numbered(200_000))];
  await expect(t.io.finishFile(small)).rejects.toBeInstanceOf(LakeExistsError);
  await expect(t.io.finishFile(large)).rejects.toBeInstanceOf(LakeExistsError);
  expect(Buffer.from(await t.io.read(large)).toString()).toBe("theirs");
  expect(t.server.uploads.size).toBe(0);
});

test("keys in the bucket's root, and Hadoop's schemes, are the same objects", async () => {
  await using t = await TestS3Storage.open();
  await t.io.write("s3://lake/top", bytesOf("1"));
  expect(Buffer.from(await t.io.read("s3a://lake/top")).toString()).toBe("1");
  const listed: string[] = [];
  for await (const { location } of t.io.list("s3n://lake")) listed.push(location);
  expect(listed).toEqual(["s3n://lake/top"]);
});

test("a clock that is wrong is corrected by the store's answer", async () => {
  await using t = await TestS3Storage.open();
  t.server.clockSkewMs = 3_600_000;
  await t.io.write(`${t.root}/a`, bytesOf("1"));
  expect(t.server.requests.length).toBe(2);
  await t.io.read(`${t.root}/a`);
  expect(t.server.requests.length).toBe(3);
});

test("keys that have expired are asked for anew, once", async () => {
  const asked: string[] = [];
  const given = { accessKeyId: "AKIDTEST", secretAccessKey: "s", sessionToken: "t1" };
  await using t = await TestS3Storage.open(
    {
      credentials: async () => {
        asked.push("once");
        return { ...given, sessionToken: `t${asked.length}` };
      },
    },
    { credentials: given },
  );
  await t.io.write(`${t.root}/a`, bytesOf("1"));
  t.server.credentials = { ...given, sessionToken: "t2" };
  await t.io.write(`${t.root}/b`, bytesOf("1"));
  expect(asked.length).toBe(2);
  t.server.credentials = { ...given, sessionToken: "never" };
  await expect(t.io.write(`${t.root}/c`, bytesOf("1"))).rejects.toThrow(/session has ended/);
});

test("refusals say what to do", async () => {
  await using wrongRegion = await TestS3Storage.open({ region: "eu-west-1" });
  await expect(wrongRegion.io.read(`${wrongRegion.root}/a`)).rejects.toThrow(/region us-east-1: set storage.s3.region/);
  await using wrongKey = await TestS3Storage.open({ credentials: { accessKeyId: "NOBODY", secretAccessKey: "x" } });
  await expect(wrongKey.io.read(`${wrongKey.root}/a`)).rejects.toThrow(/does not know the access key/);
  await using wrongSecret = await TestS3Storage.open({
    credentials: { accessKeyId: "AKIDTEST", secretAccessKey: "x" },
  });
  await expect(wrongSecret.io.read(`${wrongSecret.root}/a`)).rejects.toThrow(/secret key does not belong/);
  await using anonymous = await TestS3Storage.open({ credentials: "anonymous" });
  await expect(anonymous.io.read(`${anonymous.root}/a`)).rejects.toThrow(/lack a permission: s3:GetObject/);
  await using t = await TestS3Storage.open();
  await expect(t.io.read("s3://nowhere/a")).rejects.toThrow(/Make the bucket/);
  t.server.failNext({ status: 301, headers: { "x-amz-bucket-region": "ap-south-1" } });
  const error = await t.io.read(`${t.root}/a`).catch((each: unknown) => each);
  expect(error).toBeInstanceOf(StorageRefusedError);
  expect(String(error)).toMatch(/region ap-south-1/);
  await expect(t.io.read(`${t.root}/a`)).rejects.toBeInstanceOf(LakeNotFoundError);
});

test("a store that is away is StorageUnavailableError after the tries, each noted", async () => {
  await using t = await TestS3Storage.open({ attemptsMax: 3 });
  for (let n = 0; n < 3; n += 1) t.server.failNext("slow-down");
  await expect(t.io.read(`${t.root}/a`)).rejects.toThrow(/3 tries failed, the last with: .*503 SlowDown/);
  expect(t.server.requests.length).toBe(3);
  await t.server[Symbol.asyncDispose]();
  await expect(t.io.read(`${t.root}/a`)).rejects.toBeInstanceOf(StorageUnavailableError);
});

test("aborting ends a request that hangs", async () => {
  await using t = await TestS3Storage.open({ silenceMsMax: 60_000 });
  t.server.failNext("hang-after");
  const controller = new AbortController();
  const reason = new Error("enough");
  const read = t.io.read(`${t.root}/a`, { signal: controller.signal });
  await expect.poll(() => t.server.requests.length).toBe(1);
  controller.abort(reason);
  await expect(read).rejects.toBe(reason);
});
