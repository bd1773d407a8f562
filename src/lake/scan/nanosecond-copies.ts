import { constants, rmSync } from "node:fs";
import { copyFile, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Abortable } from "../../base/index.ts";
import type { Field, Type } from "../core/types.ts";
import { LakeCorruptError } from "../errors.ts";
import type { FileIo, FileLease, FileToRead } from "../io/file-io.ts";
import { setUtcMarks } from "./utc-marks.ts";

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

/** Ids of the fields of that type, those within structs, lists and maps too. */
export function utcNanosecondIds(fields: readonly Field[]): ReadonlySet<number> {
  return new Set(fields.flatMap(({ id, type }) => [...idsOf(id, type)]));
}

function* idsOf(id: number, type: Type): Generator<number> {
  switch (type.kind) {
    case "struct":
      for (const field of type.fields) yield* idsOf(field.id, field.type);
      break;
    case "list":
      yield* idsOf(type.elementId, type.element);
      break;
    case "map":
      yield* idsOf(type.keyId, type.key);
      yield* idsOf(type.valueId, type.value);
      break;
    case "timestamptz_ns":
      yield id;
      break;
    default:
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

/** The files of which every one has these fields, without marks where it needs them off. */
export async function leaseUnmarked(
  io: FileIo,
  files: readonly FileToRead[],
  fields: readonly Field[],
  options: Abortable = {},
): Promise<FileLease> {
  const lease = await io.lease(files, options);
  if (!fields.some(({ type }) => holdsUtcNanoseconds(type))) return lease;
  return leaseCopies(
    lease,
    files.map(({ location }) => location),
  );
}

async function removeMarks(path: string, location: string): Promise<void> {
  try {
    await setUtcMarks(path, (mark) => (mark.isUtc ? false : undefined));
  } catch (cause) {
    throw new LakeCorruptError(`Cannot read ${location}: its Parquet footer is malformed`, { cause });
  }
}
