import { type Files, InvalidInputError, type OpenFile } from "../../base/index.ts";

/** What a zip file says of one of its files. */
export interface ZipEntry {
  readonly name: string;
  /** 0: stored as it is; 8: deflate. */
  readonly method: number;
  readonly crc32: number;
  readonly compressedBytes: number;
  readonly bytes: number;
  readonly headerOffset: number;
}

const END_SIGNATURE = 0x06054b50;
const END64_SIGNATURE = 0x06064b50;
const END64_LOCATOR_SIGNATURE = 0x07064b50;
const ENTRY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const END64_BYTES = 56;
const END64_LOCATOR_BYTES = 20;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const COMMENT_BYTES_MAX = 65_535;
const ENTRIES_MAX = 100_000;
const DIRECTORY_BYTES_MAX = 64 * 1024 * 1024;
const ENCRYPTED = 1;
const ALL_ONES_16 = 0xffff;
const ALL_ONES_32 = 0xffff_ffff;
const ZIP64_FIELD = 1;

interface Directory {
  readonly offset: number;
  readonly byteLength: number;
  readonly entries: number;
}

/**
 * The central directory of a zip file, zip64 included: the only list of its files that can be trusted.
 *
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT sections 4.3.12 to 4.3.16
 * @throws {InvalidInputError} when the file is no zip, is encrypted, or is packed in a way that K2 does not read
 */
export async function readZipDirectory(files: Files, path: string): Promise<readonly ZipEntry[]> {
  await using file = await files.open(path, "r");
  const size = await file.size();
  const directory = await findDirectory(file, size, path);
  if (directory.entries > ENTRIES_MAX || directory.byteLength > DIRECTORY_BYTES_MAX)
    throw damaged(path, `it lists ${directory.entries} files, more than the ${ENTRIES_MAX} that K2 takes`);
  const bytes = await readExactly(file, directory.offset, directory.byteLength, path);
  const entries: ZipEntry[] = [];
  for (let at = 0; entries.length < directory.entries; ) {
    if (at + ENTRY_BYTES > bytes.byteLength || u32(bytes, at) !== ENTRY_SIGNATURE)
      throw damaged(path, `entry ${entries.length + 1} of its directory is not one`);
    const nameBytes = u16(bytes, at + 28);
    const extraBytes = u16(bytes, at + 30);
    entries.push(readEntry(bytes, at, path));
    at += ENTRY_BYTES + nameBytes + extraBytes + u16(bytes, at + 32);
  }
  return entries.filter(({ name }) => !name.endsWith("/"));
}

/** Where the packed bytes of an entry begin: its own header repeats the name, with another length of extra fields. */
export async function zipDataStart(files: Files, path: string, entry: ZipEntry): Promise<number> {
  await using file = await files.open(path, "r");
  const header = await readExactly(file, entry.headerOffset, LOCAL_BYTES, path);
  if (u32(header, 0) !== LOCAL_SIGNATURE) throw damaged(path, `${entry.name} does not begin where its directory says`);
  return entry.headerOffset + LOCAL_BYTES + u16(header, 26) + u16(header, 28);
}

async function findDirectory(file: OpenFile, size: number, path: string): Promise<Directory> {
  const tailBytes = Math.min(size, END_BYTES + COMMENT_BYTES_MAX);
  const tail = await readExactly(file, size - tailBytes, tailBytes, path);
  for (let at = tailBytes - END_BYTES; at >= 0; at -= 1) {
    if (u32(tail, at) !== END_SIGNATURE || at + END_BYTES + u16(tail, at + 20) !== tailBytes) continue;
    const found = { entries: u16(tail, at + 10), byteLength: u32(tail, at + 12), offset: u32(tail, at + 16) };
    const isWhole = found.entries !== ALL_ONES_16 && found.byteLength !== ALL_ONES_32 && found.offset !== ALL_ONES_32;
    return isWhole ? found : readEnd64(file, size - tailBytes + at - END64_LOCATOR_BYTES, path);
  }
  throw damaged(path, "it has no directory at its end; it may be cut");
}

async function readEnd64(file: OpenFile, locatorAt: number, path: string): Promise<Directory> {
  const locator = await readExactly(file, locatorAt, END64_LOCATOR_BYTES, path);
  if (u32(locator, 0) !== END64_LOCATOR_SIGNATURE) throw damaged(path, "its zip64 directory is not where it should be");
  const end = await readExactly(file, u64(locator, 8), END64_BYTES, path);
  if (u32(end, 0) !== END64_SIGNATURE) throw damaged(path, "its zip64 directory is not one");
  return { entries: u64(end, 32), byteLength: u64(end, 40), offset: u64(end, 48) };
}

function readEntry(bytes: Uint8Array, at: number, path: string): ZipEntry {
  const nameBytes = u16(bytes, at + 28);
  const name = new TextDecoder().decode(bytes.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes));
  const method = u16(bytes, at + 10);
  if ((u16(bytes, at + 8) & ENCRYPTED) !== 0)
    throw new InvalidInputError(
      `${name} in ${path} is encrypted. Nothing was imported; unpack it with its password first`,
    );
  if (method !== 0 && method !== 8)
    throw new InvalidInputError(
      `${name} in ${path} is packed by method ${method}; K2 reads deflate and plain. Unpack it first`,
    );
  const wide = zip64Fields(bytes, at + ENTRY_BYTES + nameBytes, u16(bytes, at + 30));
  // The 64-bit field holds, in this order, only those of the three that do not fit their own place.
  const take = (value: number): number => (value === ALL_ONES_32 ? (wide.shift() ?? value) : value);
  const uncompressed = take(u32(bytes, at + 24));
  const compressed = take(u32(bytes, at + 20));
  return {
    name,
    method,
    crc32: u32(bytes, at + 16),
    bytes: uncompressed,
    compressedBytes: compressed,
    headerOffset: take(u32(bytes, at + 42)),
  };
}

function zip64Fields(bytes: Uint8Array, start: number, length: number): number[] {
  const end = Math.min(start + length, bytes.byteLength);
  for (let at = start; at + 4 <= end; at += 4 + u16(bytes, at + 2)) {
    if (u16(bytes, at) !== ZIP64_FIELD) continue;
    const fieldEnd = Math.min(end, at + 4 + u16(bytes, at + 2));
    const values: number[] = [];
    for (let value = at + 4; value + 8 <= fieldEnd; value += 8) values.push(u64(bytes, value));
    return values;
  }
  return [];
}

async function readExactly(file: OpenFile, at: number, byteLength: number, path: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(byteLength);
  if (at < 0 || (await file.read(bytes, at)) < byteLength) throw damaged(path, "it ends too early");
  return bytes;
}

export function damaged(path: string, seen: string): InvalidInputError {
  return new InvalidInputError(
    `${path} is damaged: ${seen}. Fetch it anew; what was imported of it before stays and is not doubled`,
  );
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}
function u32(bytes: Uint8Array, at: number): number {
  return (u16(bytes, at) | (u16(bytes, at + 2) << 16)) >>> 0;
}
function u64(bytes: Uint8Array, at: number): number {
  return u32(bytes, at) + u32(bytes, at + 4) * 4_294_967_296;
}
