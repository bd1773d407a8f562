import { constants, rmSync } from "node:fs";
import { copyFile, mkdtemp, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Field, Type } from "../core/types.ts";
import { LakeCorruptError } from "../errors.ts";
import type { FileLease } from "../io/file-io.ts";
import { utcNanosecondMarks } from "./utc-nanoseconds.ts";

const TRAILER_BYTES = 8;

/** Whether a value of the type holds nanoseconds that the file marks as UTC. */
export function holdsUtcNanoseconds(type: Type): boolean {
  switch (type.kind) {
    case "struct":
      return type.fields.some((field) => holdsUtcNanoseconds(field.type));
    case "list":
      return holdsUtcNanoseconds(type.element);
    case "map":
      return holdsUtcNanoseconds(type.key) || holdsUtcNanoseconds(type.value);
    default:
      return type.kind === "timestamptz_ns";
  }
}

/** The fields as they are once the marks are gone. */
export function withoutUtcMarks(fields: readonly Field[]): readonly Field[] {
  return fields.map((field) => ({ ...field, type: unmarked(field.type) }));
}

function unmarked(type: Type): Type {
  switch (type.kind) {
    case "struct":
      return { ...type, fields: withoutUtcMarks(type.fields) };
    case "list":
      return { ...type, element: unmarked(type.element) };
    case "map":
      return { ...type, key: unmarked(type.key), value: unmarked(type.value) };
    default:
      return type.kind === "timestamptz_ns" ? { kind: "timestamp_ns" } : type;
  }
}

/**
 * Copies of files in which nanoseconds are not marked as UTC: DuckDB reads those that are as microseconds, and cuts the rest
 * off. A mark is half a byte of the footer; the values are the same. The copies are gone once the lease is disposed of.
 */
export async function leaseCopies(lease: FileLease, locations: readonly string[]): Promise<FileLease> {
  const folder = await mkdtemp(join(tmpdir(), "k2-nanoseconds-"));
  const paths = new Map<string, string>();
  try {
    for (const [index, location] of locations.entries()) {
      const path = join(folder, `${index}.parquet`);
      await copyFile(lease.pathOf(location), path, constants.COPYFILE_FICLONE); // Shares the blocks where the disk can.
      await removeMarks(path, location);
      paths.set(location, path);
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    pathOf: (location) => paths.get(location) ?? lease.pathOf(location),
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true, force: true });
      lease[Symbol.dispose]();
    },
  };
}

async function removeMarks(path: string, location: string): Promise<void> {
  await using file = await open(path, "r+");
  const { size } = await file.stat();
  const trailer = Buffer.alloc(TRAILER_BYTES);
  await file.read(trailer, 0, TRAILER_BYTES, size - TRAILER_BYTES);
  const footer = Buffer.alloc(trailer.readUInt32LE());
  const start = size - TRAILER_BYTES - footer.byteLength;
  await file.read(footer, 0, footer.byteLength, start);
  try {
    for (const at of utcNanosecondMarks(footer)) {
      await file.write(Buffer.of(((footer[at] ?? 0) & 0xf0) | 2), 0, 1, start + at);
    }
  } catch (cause) {
    throw new LakeCorruptError(`Cannot read ${location}: its Parquet footer is malformed`, { cause });
  }
}
