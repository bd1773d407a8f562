import type { DataFile } from "../manifest/data-file.ts";

const keys = new WeakMap<DataFile, string>();

/** Equal for files of one spec and one partition, and only for them. */
export function partitionKey(file: DataFile): string {
  const known = keys.get(file);
  if (known !== undefined) return known;
  const key = `${file.specId}:${JSON.stringify(file.partition.map(valueKey))}`;
  keys.set(file, key);
  return key;
}

function valueKey(value: DataFile["partition"][number]): unknown {
  if (value === undefined) return null;
  if (value instanceof Uint8Array) return ["bytes", Buffer.from(value).toString("hex")];
  return [typeof value, Object.is(value, -0) ? "-0" : String(value)];
}
