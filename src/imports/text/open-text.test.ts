import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateRawSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTextFile } from "./open-text.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "k2-open-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Made {
  readonly name: string;
  readonly text: string;
  readonly stored?: boolean;
  readonly encrypted?: boolean;
  readonly method?: number;
}

/** A zip as the format's description has it; with zip64 fields where asked. */
function zip(entries: readonly Made[], { zip64 = false } = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, text, stored = false, encrypted = false, method = stored ? 0 : 8 } of entries) {
    const data = stored ? Buffer.from(text) : deflateRawSync(text);
    const sum = crc32(Buffer.from(text));
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    local.writeUInt16LE(4, 28); // An extra field that the directory does not repeat.
    const wide = Buffer.alloc(zip64 ? 28 : 0);
    if (zip64) {
      wide.writeUInt16LE(1, 0);
      wide.writeUInt16LE(24, 2);
      wide.writeBigUInt64LE(BigInt(text.length), 4);
      wide.writeBigUInt64LE(BigInt(data.length), 12);
      wide.writeBigUInt64LE(BigInt(offset), 20);
    }
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(encrypted ? 1 : 0, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(sum, 16);
    entry.writeUInt32LE(zip64 ? 0xffff_ffff : data.length, 20);
    entry.writeUInt32LE(zip64 ? 0xffff_ffff : text.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt16LE(wide.length, 30);
    entry.writeUInt32LE(zip64 ? 0xffff_ffff : offset, 42);
    directory.push(entry, Buffer.from(name), wide);
    const whole = [local, Buffer.from(name), Buffer.alloc(4), data];
    parts.push(...whole);
    offset += whole.reduce((sum_, part) => sum_ + part.length, 0);
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(zip64 ? 0xffff : entries.length, 10);
  end.writeUInt32LE(zip64 ? 0xffff_ffff : list.length, 12);
  end.writeUInt32LE(zip64 ? 0xffff_ffff : offset, 16);
  const end64 = Buffer.alloc(zip64 ? 76 : 0);
  if (zip64) {
    end64.writeUInt32LE(0x06064b50, 0);
    end64.writeBigUInt64LE(BigInt(entries.length), 32);
    end64.writeBigUInt64LE(BigInt(list.length), 40);
    end64.writeBigUInt64LE(BigInt(offset), 48);
    end64.writeUInt32LE(0x07064b50, 56);
    end64.writeBigUInt64LE(BigInt(offset + list.length), 64);
  }
  return Buffer.concat([...parts, list, end64, end]);
}

async function written(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

async function texts(path: string): Promise<readonly (readonly [string, string])[]> {
  const file = await openTextFile(path);
  const found: [string, string][] = [];
  for (const { name, read } of file.texts) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of read()) chunks.push(chunk);
    found.push([name, Buffer.concat(chunks).toString()]);
  }
  return found;
}

const ROWS = "1,2,3\n".repeat(100_000);

test("a plain file, a .gz of one and of two members, and a zip give the same text, whatever they are called", async () => {
  expect(await texts(await written("a.csv", Buffer.from(ROWS)))).toEqual([["a.csv", ROWS]]);
  expect(await texts(await written("b.csv.gz", gzipSync(ROWS)))).toEqual([["b.csv", ROWS]]);
  const two = Buffer.concat([gzipSync(ROWS), gzipSync("4,5,6\n")]);
  expect(await texts(await written("c.txt", two))).toEqual([["c.txt", `${ROWS}4,5,6\n`]]);
  const packed = zip([
    { name: "in/d.csv", text: ROWS },
    { name: "in/", text: "" },
    { name: "e.csv", text: "7,8\n", stored: true },
  ]);
  expect(await texts(await written("d.dat", packed))).toEqual([
    ["d.csv", ROWS],
    ["e.csv", "7,8\n"],
  ]);
});

test("a zip with 64-bit sizes and places is read", async () => {
  const packed = zip(
    [
      { name: "x.csv", text: ROWS },
      { name: "y.csv", text: "1\n" },
    ],
    { zip64: true },
  );
  expect(await texts(await written("z64.zip", packed))).toEqual([
    ["x.csv", ROWS],
    ["y.csv", "1\n"],
  ]);
});

test("an encrypted zip, one packed otherwise and one that is cut are refused by what they are", async () => {
  const encrypted = await written("e.zip", zip([{ name: "x.csv", text: "1\n", encrypted: true }]));
  await expect(openTextFile(encrypted)).rejects.toThrow("x.csv in");
  await expect(openTextFile(encrypted)).rejects.toThrow("is encrypted");
  const bzip = await written("m.zip", zip([{ name: "x.csv", text: "1\n", method: 12 }]));
  await expect(openTextFile(bzip)).rejects.toThrow("packed by method 12");
  const cut = await written("cut.zip", zip([{ name: "x.csv", text: ROWS }]).subarray(0, 200));
  await expect(openTextFile(cut)).rejects.toThrow("no directory at its end");
});

test("damage within is found by length and checksum, in zip and in gzip", async () => {
  const packed = zip([{ name: "x.csv", text: "1,2\n", stored: true }]);
  packed[30 + 5 + 4] = 0x39;
  const path = await written("damaged.zip", packed);
  await expect(texts(path)).rejects.toThrow("x.csv has 4 bytes with CRC");
  const gzip = gzipSync(ROWS);
  await expect(texts(await written("cut.gz", gzip.subarray(0, gzip.length - 6)))).rejects.toThrow("is damaged");
  gzip[gzip.length - 8] = (gzip[gzip.length - 8] ?? 0) ^ 1;
  await expect(texts(await written("wrong.gz", gzip))).rejects.toThrow("is damaged");
});

test("a zip's entry that unpacks to more than it says is stopped at that", async () => {
  const packed = zip([{ name: "bomb.csv", text: ROWS }]);
  const at = packed.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02])) + 24;
  packed.writeUInt32LE(1000, at);
  await expect(texts(await written("bomb.zip", packed))).rejects.toThrow("unpacks to more than the 1000 bytes");
});

test("a file that is not there is an error that says so", async () => {
  await expect(openTextFile(join(folder, "absent.csv"))).rejects.toThrow("Cannot read");
  expect((await readFile(join(folder, "a.csv"))).length).toBe(ROWS.length);
});
